import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError, TrainingError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { readBuffer } from "../../src/gpu/readback.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { activation, conv2d, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { numbers, testGpu } from "../support/run.ts";

let gpu: Gpu;
let model: Model;
beforeAll(async () => {
  gpu = await testGpu();
  model = lenet5();
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
});
afterEach(() => vi.restoreAllMocks());

const optimizer = sgd({ learningRate: 0.05 });
const size = 32 * 32;
const digits = numbers(2 * size, 1);

/** A buffer of the app's. */
function bufferOf(values: Float32Array<ArrayBuffer>, offset = 0): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = gpu.device.createBuffer({ size: offset + values.byteLength, usage });
  gpu.device.queue.writeBuffer(buffer, offset, values);
  return buffer;
}

async function floats({ buffer, offset, size }: { buffer: GPUBuffer; offset: number; size: number }) {
  return new Float32Array(await readBuffer(gpu, buffer, offset, size));
}

describe("a forward pass", () => {
  test("reads the app's buffer, leaves the result in one of its own, and equals predict in every bit", async () => {
    const expected = await model.predict(digits, { batchSize: 2 });
    const forward = await model.forward({ batchSize: 2, x: { buffer: bufferOf(digits, 1024), offset: 1024 } });
    expect([forward.inputShape, forward.outputShape]).toEqual([
      [2, 32, 32, 1],
      [2, 10],
    ]);
    const encoder = gpu.device.createCommandEncoder();
    const submit = vi.spyOn(GPUQueue.prototype, "submit");
    forward.encode(encoder);
    expect(submit).not.toHaveBeenCalled();
    gpu.device.queue.submit([encoder.finish()]);
    expect(await floats(forward.y)).toEqual(expected);
    expect(await forward.read()).toEqual(expected);
    expect(forward.y).toMatchObject({ offset: 0, size: 2 * 10 * 4 });
    forward.dispose();
  });

  test("has a buffer of its own to be filled, where none is given", async () => {
    const forward = await model.forward({ batchSize: 2 });
    gpu.device.queue.writeBuffer(forward.x.buffer, forward.x.offset, digits);
    forward.run();
    expect(await forward.read()).toEqual(await model.predict(digits, { batchSize: 2 }));
    forward.dispose();
  });

  test("writes the app's buffer, where one is given, and leaves it alone when disposed", async () => {
    const buffer = bufferOf(new Float32Array(128));
    const forward = await model.forward({ x: { buffer: bufferOf(digits.slice(0, size)) }, y: { buffer, offset: 256 } });
    forward.run();
    const y = await forward.read();
    forward.dispose();
    expect(await floats({ buffer, offset: 256, size: 40 })).toEqual(y);
    expect(y).toEqual(await model.predict(digits.slice(0, size), { batchSize: 1 }));
  });

  test("feeds another model without a copy", async () => {
    const inner = sequential({ inputShape: [10], layers: [activation({ activation: "relu" })] });
    await inner.compile({ gpu, optimizer, loss: "meanSquaredError" });
    const first = await model.forward({ x: { buffer: bufferOf(digits.slice(0, size)) } });
    const second = await inner.forward({ x: first.y });
    const encoder = gpu.device.createCommandEncoder();
    first.encode(encoder);
    second.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    expect(await second.read()).toEqual((await first.read()).map((value) => Math.max(0, value)));
    inner.dispose();
  });

  test("keeps its result while training goes on, and sees what was learned when it runs again", async () => {
    const own = lenet5();
    await own.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 2 });
    const data = imageDataset(gpu, drawDigits({ count: 16, seed: 1 }), { height: 32, width: 32 });
    const trainer = await own.trainer(data, { batchSize: 8 });
    const forward = await own.forward({ x: { buffer: bufferOf(digits.slice(0, size)) } });
    forward.run();
    const before = await forward.read();
    for (let step = 0; step < 4; step++) trainer.step();
    await own.predict(digits);
    expect(await forward.read()).toEqual(before);
    // In the queue's order: what is recorded after a step sees that step.
    trainer.step();
    forward.run();
    const after = await forward.read();
    expect(after).not.toEqual(before);
    expect(after).toEqual(await own.predict(digits.slice(0, size), { batchSize: 1 }));
    own.dispose();
    data.dispose();
  });

  test("is what model.encode records, the last that was prepared", async () => {
    const fresh = sequential({ inputShape: [4], layers: [activation({ activation: "relu" })] });
    await fresh.compile({ gpu, optimizer, loss: "meanSquaredError" });
    expect(() => fresh.encode(gpu.device.createCommandEncoder())).toThrow(TrainingError);
    expect(() => fresh.encode(gpu.device.createCommandEncoder())).toThrow("await model.forward({ batchSize: 1 })");
    const forward = await fresh.forward({ x: { buffer: bufferOf(Float32Array.of(-1, 2, -3, 4)) } });
    const encoder = gpu.device.createCommandEncoder();
    fresh.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    expect(await forward.read()).toEqual(Float32Array.of(0, 2, 0, 4));
    fresh.dispose();
  });

  test("of a network without kernels hands out its input", async () => {
    const nothing = sequential({ inputShape: [2, 2, 1], layers: [flatten()] });
    await nothing.compile({ gpu, optimizer, loss: "meanSquaredError" });
    const forward = await nothing.forward({ x: { buffer: bufferOf(numbers(4, 1)) } });
    forward.run();
    expect(forward.y).toEqual(forward.x);
    expect(await forward.read()).toEqual(numbers(4, 1));
    nothing.dispose();
  });

  test("of a network that writes what it reads from one buffer is refused", async () => {
    const one = sequential({ inputShape: [8, 8, 1], layers: [conv2d({ filters: 1, kernelSize: 1, useBias: false })] });
    await one.compile({ gpu, optimizer, loss: "meanSquaredError" });
    const buffer = bufferOf(new Float32Array(256));
    await expect(one.forward({ x: { buffer }, y: { buffer, offset: 512 } })).rejects.toThrow("that is written too");
    one.dispose();
  });
});

describe("a forward pass that cannot be made or run", () => {
  test.each([
    [{ batchsize: 2 }, "forward: option batchsize; wanted one of batchSize, x, y."],
    [{ batchSize: 0 }, "forward: batchSize 0; wanted a whole number of at least 1."],
  ])("%o", async (options, message) => {
    await expect(model.forward(options as object)).rejects.toThrow(message);
  });

  test("a buffer for another batch", async () => {
    const failure = model.forward({ batchSize: 3, x: { buffer: bufferOf(digits) } });
    await expect(failure).rejects.toThrow("forward/x: a buffer of 8192 bytes; wanted 12288, offset and tensor.");
    await expect(failure).rejects.toBeInstanceOf(GraphError);
  });

  test("after the model was compiled again, and after dispose", async () => {
    const own = sequential({ inputShape: [4], layers: [activation({ activation: "relu" })] });
    const options = { gpu, optimizer, loss: "meanSquaredError" } as const;
    await own.compile(options);
    const forward = await own.forward();
    await own.compile(options);
    expect(() => forward.run()).toThrow(
      "forward: a model that was compiled again or moved to another device; wanted the weights that the pass was made for.",
    );
    forward.dispose();
    expect(() => own.encode(gpu.device.createCommandEncoder())).toThrow("forward: a pass that was disposed");
    own.dispose();
  });
});
