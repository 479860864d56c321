import { expect, test, vi } from "vitest";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { unet } from "../../src/models/unet.ts";
import { adam } from "../../src/nn/optimizers.ts";

test("the second compilation of a network in a session makes no pipeline and takes less than 100 ms", async () => {
  const [batch, side] = [4, 128];
  const gpu = await Gpu.create();
  const images = new Uint8Array(batch * side ** 2);
  const sides = { name: "blank", count: batch, height: side, width: side, channels: 1 };
  const data = segmentationDataset(gpu, { ...sides, images, masks: images, classes: ["a", "b"] }, { size: side });
  const makesPipeline = vi.spyOn(gpu.device, "createComputePipelineAsync");
  const compileMs = async () => {
    const start = performance.now();
    const model = unet({ inputShape: [side, side, 1], padding: "same", batchNormalization: true, base: 16, depth: 3 });
    await model.compile({ gpu, optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
    await model.trainCommands(data, batch);
    const ms = performance.now() - start;
    await gpu.device.queue.onSubmittedWorkDone();
    model.dispose();
    return ms;
  };
  const firstMs = await compileMs();
  const made = makesPipeline.mock.calls.length;
  expect(made).toBe(gpu.pipelines.size);
  // Other work on the machine only ever adds to one.
  const againMs: number[] = [];
  for (let i = 0; i < 10; i++) againMs.push(await compileMs());
  expect(makesPipeline).toHaveBeenCalledTimes(made);
  expect(Math.min(...againMs)).toBeLessThan(100);
  expect(Math.min(...againMs)).toBeLessThan(firstMs / 5);
  gpu.check();
  data.dispose();
  gpu.dispose();
}, 60_000);
