import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Model } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

let gpu: Gpu;
let small: Dataset;
let large: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  [small, large] = [digitSet(gpu, 12, 1), digitSet(gpu, 200, 2)];
});
afterEach(() => vi.restoreAllMocks());

function compiled(): Promise<Model> {
  const optimizer = sgd({ learningRate: 0.05 });
  return tinyNetwork().compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
}

describe("an evaluation", () => {
  test("beside another one comes to what it comes to alone", async () => {
    const model = await compiled();
    const alone = [await model.evaluate(small), await model.evaluate(large, { batchSize: 7 })];
    const together = await Promise.all([model.evaluate(small), model.evaluate(large, { batchSize: 7 })]);
    expect(together).toEqual(alone);
    model.dispose();
  });

  test("that fails does not keep the next one from its turn", async () => {
    const model = await compiled();
    const [failed, next] = await Promise.allSettled([
      model.evaluate(small, { signal: AbortSignal.abort(new Error("given up")) }),
      model.evaluate(small),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: { message: "given up" } });
    expect(next).toMatchObject({ status: "fulfilled" });
    model.dispose();
  });

  test("in the midst of a training leaves its losses alone", async () => {
    const model = await compiled();
    const trainer = await model.trainer(small, { batchSize: 12 });
    trainer.step();
    const loss = await trainer.loss();
    await model.evaluate(large);
    expect(await trainer.loss()).toBe(loss);
    trainer.dispose();
    model.dispose();
  });
});

describe("a data set that was disposed", () => {
  const message = "digits: a data set that was disposed; wanted one that was not.";

  test("is refused, before its first use and after", async () => {
    const model = await compiled();
    const [fresh, used] = [digitSet(gpu, 32, 3), digitSet(gpu, 32, 4)];
    await model.fit(used);
    const trainer = await model.trainer(used);
    fresh.dispose();
    used.dispose();
    for (const data of [fresh, used]) {
      await expect(model.fit(data)).rejects.toThrow(message);
      await expect(model.evaluate(data)).rejects.toThrow(message);
      await expect(model.trainer(data)).rejects.toThrow(message);
    }
    expect(() => trainer.step()).toThrow(message);
    // The device is as it was.
    await gpu.idle();
    expect((await model.evaluate(small)).loss).toBeGreaterThan(0);
    model.dispose();
  });

  test("leaves nothing behind on the GPU once the model is used again", async () => {
    const model = await compiled();
    await model.evaluate(small);
    const alive = new Set<GPUBuffer>();
    const { createBuffer } = GPUDevice.prototype;
    vi.spyOn(GPUDevice.prototype, "createBuffer").mockImplementation(function (this: GPUDevice, ...given) {
      const buffer = createBuffer.apply(this, given);
      alive.add(buffer);
      const { destroy } = buffer;
      buffer.destroy = () => {
        alive.delete(buffer);
        return destroy.call(buffer);
      };
      return buffer;
    });
    const data = digitSet(gpu, 32, 5);
    await model.evaluate(data, { batchSize: 5 });
    data.dispose();
    await model.evaluate(small);
    await new Promise((resolve) => setTimeout(resolve));
    // Slots are the model's, for whatever runs next.
    expect([...alive].map(({ label }) => label).filter((label) => !label.includes("slot"))).toEqual([]);
    model.dispose();
  });
});
