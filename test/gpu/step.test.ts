import { afterAll, afterEach, expect, test, vi } from "vitest";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { sgd } from "../../src/nn/optimizers.ts";

/** What a training step costs in calls to WebGPU, counted at the prototypes. */

const batchSize = 8;
const steps = 21;

/** A device of their own, for which nothing was compiled before. */
const gpu = await Gpu.create();

afterEach(() => vi.restoreAllMocks());
afterAll(() => gpu.dispose());

async function lenet5OnDigits() {
  const model = lenet5();
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
  const digits = drawDigits({ count: batchSize * steps - 3, seed: 1 });
  const data = imageDataset(gpu, digits, { height: 32, width: 32 });
  return { model, data };
}

/** Every method of the device that makes an object, but for the encoder that each step needs. */
const makers = Object.getOwnPropertyNames(GPUDevice.prototype).filter(
  (name) => name.startsWith("create") && name !== "createCommandEncoder",
) as (keyof GPUDevice)[];

function watch() {
  const made = makers.map((name) => vi.spyOn(GPUDevice.prototype, name as "createBuffer"));
  const encoders = vi.spyOn(GPUDevice.prototype, "createCommandEncoder");
  const submits = vi.spyOn(GPUQueue.prototype, "submit");
  const writes = vi.spyOn(GPUQueue.prototype, "writeBuffer");
  return {
    objects: () => made.flatMap((spy, i) => spy.mock.calls.map(() => makers[i])),
    encoders: () => encoders.mock.calls.length,
    submits: () => submits.mock.calls.length,
    bytesWritten: () => writes.mock.calls.reduce((sum, [, , data]) => sum + (data as ArrayBufferView).byteLength, 0),
  };
}

test("the counters see what they should", async () => {
  expect(makers).toEqual(
    expect.arrayContaining(["createBuffer", "createBindGroup", "createComputePipelineAsync", "createShaderModule"]),
  );
  const seen = watch();
  const { model, data } = await lenet5OnDigits();
  await model.trainCommands(data, batchSize);
  expect(new Set(seen.objects())).toEqual(
    new Set([
      "createBuffer",
      "createBindGroup",
      "createBindGroupLayout",
      "createComputePipelineAsync",
      "createPipelineLayout",
      "createShaderModule",
    ]),
  );
  model.dispose();
  data.dispose();
});

test("after the first step of LeNet-5, a step is one encoder and one submit, and makes no object", async () => {
  const { model, data } = await lenet5OnDigits();
  let seen: ReturnType<typeof watch> | undefined;
  for await (const { step } of model.fit(data, { batchSize })) if (step === 1) seen = watch();
  expect(model.stepsDone).toBe(steps);
  expect(seen?.objects()).toEqual([]);
  // The second step may have been sent before the reading of the first was in.
  expect(seen?.submits()).toBeLessThanOrEqual(steps - 1);
  expect(seen?.submits()).toBe(seen?.encoders());
  // No batch is uploaded: cursor, hyperparameters and step are a few numbers.
  expect(seen?.bytesWritten()).toBeLessThan(steps * 64);
  model.dispose();
  data.dispose();
});

test("twenty steps are twenty submits", async () => {
  const { model, data } = await lenet5OnDigits();
  const commands = await model.trainCommands(data, batchSize);
  const ring = commands.readback(["history", "lossSum", "counts"], 2);
  commands.write("hyper", model.compiled.optimizer.hyper(1, 0.05));
  const maps = vi.spyOn(GPUBuffer.prototype, "mapAsync");
  const seen = watch();
  const readings: Promise<ArrayBuffer[]>[] = [];
  for (let step = 0; step < 20; step++) {
    commands.write("cursor", Uint32Array.of(step * batchSize, 1, 1, 1));
    commands.write("step", Uint32Array.of(step));
    // Nothing is awaited here: `run` returns before the GPU has begun.
    const reading = commands.run(ring);
    expect(seen.submits()).toBe(step + 1);
    if (reading) readings.push(reading);
  }
  expect(seen.encoders()).toBe(20);
  expect(seen.objects()).toEqual([]);
  // The ring has two buffers, and no step waits for one to come back.
  expect(maps).toHaveBeenCalledTimes(2);
  for (const [history] of await Promise.all(readings))
    expect(new Float32Array(history as ArrayBuffer)[0]).toBeGreaterThan(0);
  ring.dispose();
  model.dispose();
  data.dispose();
});

test("steps go on while readings are under way, but not far ahead of them", async () => {
  const { model, data } = await lenet5OnDigits();
  await model.trainCommands(data, batchSize);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const mapAsync = GPUBuffer.prototype.mapAsync;
  vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(async function (this: GPUBuffer, ...args) {
    await held;
    return mapAsync.apply(this, args);
  });
  const submits = vi.spyOn(GPUQueue.prototype, "submit");
  const losses: number[] = [];
  const history = model
    .fit(data, { batchSize, onProgress: (progress) => losses.push(...progress.losses) })
    .then((done) => done);
  await vi.waitFor(() => expect(submits.mock.calls.length).toBeGreaterThanOrEqual(2));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(losses).toEqual([]);
  expect(submits.mock.calls.length).toBeLessThan(steps);
  release();
  expect((await history).losses).toHaveLength(steps);
  expect(losses).toHaveLength(steps);
  model.dispose();
  data.dispose();
});
