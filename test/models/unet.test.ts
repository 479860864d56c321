import { expect, test } from "vitest";
import type { LabelledMasks } from "../../src/data/segmentation.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { unet } from "../../src/models/index.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

const side = 32;

/** Noisy images of 32x32, each with a bright disc; the mask is the disc. */
function discs(count: number): LabelledMasks {
  const images = new Uint8Array(count * side * side);
  const masks = new Uint8Array(count * side * side);
  let noise = 1;
  for (let i = 0; i < images.length; i++) {
    const [n, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    const inside = (y - 10 - 3 * (n % 4)) ** 2 + (x - 20 + 2 * n) ** 2 < 64;
    masks[i] = inside ? 1 : 0;
    images[i] = (inside ? 150 : 60) + (noise >>> 26);
  }
  return { name: "discs", images, masks, count, height: side, width: side, channels: 1, classes: ["ground", "disc"] };
}

test("a small U-Net learns discs: the loss falls to less than half within 10 steps", async () => {
  const gpu = await testGpu();
  const data = segmentationDataset(gpu, discs(4), { size: side });
  const model = unet({ inputShape: [side, side, 1], padding: "same", batchNormalization: true, base: 4, depth: 2 });
  const loss = "sparseCategoricalCrossentropy";
  await model.compile({ gpu, optimizer: adam({ learningRate: 0.02 }), loss, seed: 1 });
  const { losses } = await model.fit(data, { epochs: 10, batchSize: 4, shuffle: false });
  expect(losses).toHaveLength(10);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  const means = [...model.compiled.state.variables.values()].filter(({ name }) => name.endsWith("/movingMean"));
  expect(means).toHaveLength(10);
  for (const mean of means)
    expect(
      (await readWeight(model, mean)).some((value) => value !== 0),
      mean.name,
    ).toBe(true);
  model.dispose();
  data.dispose();
});

test("the paper's form, small: a step on an image whose mask is the middle of it", async () => {
  const gpu = await testGpu();
  const data = segmentationDataset(gpu, discs(2), { size: 28, maskSize: 12 });
  const model = unet({ inputShape: [28, 28, 1], base: 2, depth: 1 });
  expect(model.outputs[0]?.shape).toEqual([12, 12, 2]);
  await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
  const { losses } = await model.fit(data, { epochs: 4, batchSize: data.count });
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
  model.dispose();
  data.dispose();
});
