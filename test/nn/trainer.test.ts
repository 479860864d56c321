import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError, TrainingError } from "../../src/core/errors.ts";
import type { Dataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { saveCheckpoint } from "../../src/nn/checkpoint.ts";
import { batchNormalization, conv2d, dense, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { exponentialDecay } from "../../src/nn/schedules.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

const count = 70;
let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = digitSet(gpu, count, 3);
});

afterEach(() => vi.restoreAllMocks());

const loss = "sparseCategoricalCrossentropy";

async function compiled(network: Model = tinyNetwork()): Promise<Model> {
  return network.compile({ gpu, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss, seed: 1 });
}

/** Its last batch must be a graph of its own. */
function mixing(): Model {
  return sequential({
    name: "mixing",
    inputShape: [28, 28, 1],
    layers: [conv2d({ filters: 4, kernelSize: 5, strides: 4 }), batchNormalization(), flatten(), dense({ units: 10 })],
  });
}

describe("steps train as fit does, bit for bit", () => {
  test.each([
    ["with a smaller last batch", () => compiled(), 32],
    ["with layers that mix examples", () => compiled(mixing()), 32],
    ["with a batch that is larger than the data", () => compiled(mixing()), 128],
    [
      "with a schedule",
      () =>
        tinyNetwork().compile({
          gpu,
          optimizer: adam({ learningRate: exponentialDecay({ learningRate: 0.01, decaySteps: 2, decayRate: 0.5 }) }),
          loss,
        }),
      35,
    ],
  ] as const)("%s", async (_, make, batchSize) => {
    const [fitted, stepped] = [await make(), await make()];
    const history = await fitted.fit(data, { batchSize, epochs: 2 });
    const trainer = await stepped.trainer(data, { batchSize });
    expect(trainer.stepsPerEpoch).toBe(history.losses.length / 2);
    const losses: number[] = [];
    for (let step = 0; step < history.losses.length; step++) {
      expect(trainer.epoch).toBe(step < trainer.stepsPerEpoch ? 1 : 2);
      expect(trainer.step()).toBe(1);
      losses.push(await trainer.loss());
    }
    expect(losses).toEqual(history.losses);
    expect([stepped.stepsDone, stepped.epochsDone]).toEqual([fitted.stepsDone, fitted.epochsDone]);
    expect(trainer.epoch).toBe(3);
    expect(await saveWeights(stepped)).toEqual(await saveWeights(fitted));
    fitted.dispose();
    stepped.dispose();
  });

  test("from a later epoch on", async () => {
    const [whole, parts] = [await compiled(), await compiled()];
    await whole.fit(data, { batchSize: 32, epochs: 2 });
    await parts.fit(data, { batchSize: 32 });
    const trainer = await parts.trainer(data, { batchSize: 32, initialEpoch: parts.epochsDone });
    for (let step = 0; step < trainer.stepsPerEpoch; step++) trainer.step();
    await trainer.idle();
    expect(parts.epochsDone).toBe(2);
    expect(await saveWeights(parts)).toEqual(await saveWeights(whole));
    whole.dispose();
    parts.dispose();
  });
});

describe("steps that are recorded", () => {
  test.each([
    ["a step an encoder", () => compiled(), 1],
    ["all in one, over the end of an epoch", () => compiled(), 5],
    ["in two, with layers that mix examples", () => compiled(mixing()), 3],
  ] as const)("are the steps that are run, bit for bit: %s", async (_, make, each) => {
    const [stepped, recorded] = [await make(), await make()];
    const options = { batchSize: 32 };
    const one = await stepped.trainer(data, options);
    for (let step = 0; step < 5; step++) one.step();
    const other = await recorded.trainer(data, options);
    const submit = vi.spyOn(GPUQueue.prototype, "submit");
    const encoders: GPUCommandEncoder[] = [];
    while (recorded.stepsDone < 5) {
      const encoder = gpu.device.createCommandEncoder();
      for (let i = 0; i < each && recorded.stepsDone < 5; i++) expect(other.encode(encoder)).toBe(true);
      encoders.push(encoder);
    }
    expect(submit).not.toHaveBeenCalled();
    gpu.device.queue.submit(encoders.map((encoder) => encoder.finish()));
    await other.idle();
    expect([recorded.epochsDone, other.epoch, recorded.epochStep]).toEqual([1, 2, 2]);
    expect(await other.loss()).toBe(await one.loss());
    expect(await saveCheckpoint(recorded)).toEqual(await saveCheckpoint(stepped));
    stepped.dispose();
    recorded.dispose();
  });

  test("among the caller's own commands, and among steps that are run", async () => {
    const [stepped, mixed] = [await compiled(), await compiled()];
    const one = await stepped.trainer(data);
    for (let step = 0; step < 4; step++) one.step();
    const other = await mixed.trainer(data);
    other.step();
    const encoder = gpu.device.createCommandEncoder();
    encoder.beginComputePass().end();
    other.encode(encoder);
    encoder.pushDebugGroup("the app's");
    encoder.popDebugGroup();
    other.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    other.step();
    expect(await saveCheckpoint(mixed)).toEqual(await saveCheckpoint(stepped));
    stepped.dispose();
    mixed.dispose();
  });

  test("are not recorded into anything but an encoder", async () => {
    const model = await compiled();
    const trainer = await model.trainer(data);
    expect(() => trainer.encode({} as GPUCommandEncoder)).toThrow(GraphError);
    expect(model.stepsDone).toBe(0);
    model.dispose();
  });
});

describe("waiting can be given up", () => {
  test("with the reason of the signal; the steps are done all the same", async () => {
    const model = await compiled();
    const trainer = await model.trainer(data);
    trainer.step();
    const controller = new AbortController();
    const waiting = trainer.idle({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await expect(trainer.idle({ signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await trainer.idle({ signal: new AbortController().signal });
    expect(model.stepsDone).toBe(1);
    await expect(trainer.idle({ timeout: 1 } as object)).rejects.toThrow("option timeout; wanted one of signal.");
    model.dispose();
  });
});

test("a trainer that is disposed leaves no buffer behind, with snapshots and readings too", async () => {
  const model = await compiled();
  await model.trainCommands(data, 32);
  const made: GPUBuffer[] = [];
  const { createBuffer } = GPUDevice.prototype;
  vi.spyOn(GPUDevice.prototype, "createBuffer").mockImplementation(function (this: GPUDevice, ...given) {
    const buffer = createBuffer.apply(this, given);
    made.push(buffer);
    return buffer;
  });
  const gone = vi.spyOn(GPUBuffer.prototype, "destroy");
  const trainer = await model.trainer(data, { recovery: recovery({ snapshotEvery: 2 }) });
  for (let step = 0; step < 7; step++) {
    await trainer.submit({ read: true });
    await trainer.idle();
  }
  trainer.dispose();
  await model.fit(data, { epochs: 2, recovery: recovery({ snapshotEvery: 2 }), earlyStopping: { restoreBest: true } });
  expect(made.length).toBeGreaterThan(6);
  expect(new Set(gone.mock.contexts)).toEqual(new Set(made));
  model.dispose();
});

describe("a budget", () => {
  test("is filled with one step until it is known how long that takes, then with as many as fit", async () => {
    const model = await compiled();
    const trainer = await model.trainer(data, { batchSize: 16 });
    let release = () => {};
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const wait = vi.spyOn(GPUQueue.prototype, "onSubmittedWorkDone").mockReturnValue(held);
    const submits = vi.spyOn(GPUQueue.prototype, "submit");
    expect([1, 2, 3].map(() => trainer.step({ budgetMs: 1e6 }))).toEqual([1, 0, 0]);
    expect(submits).toHaveBeenCalledTimes(1);
    wait.mockRestore();
    release();
    await trainer.idle();
    // So small a budget that a step is always longer.
    expect(trainer.step({ budgetMs: 1e-6 })).toBe(1);
    await trainer.idle();
    const steps = trainer.step({ budgetMs: 2000 });
    expect(steps).toBeGreaterThan(1);
    expect(model.stepsDone).toBe(2 + steps);
    await trainer.idle();
    model.dispose();
  });

  test("and steps of a budget are the steps of fit", async () => {
    const [fitted, stepped] = [await compiled(), await compiled()];
    await fitted.fit(data, { batchSize: 32, epochs: 2 });
    const trainer = await stepped.trainer(data, { batchSize: 32 });
    while (stepped.stepsDone < fitted.stepsDone) {
      trainer.step({ budgetMs: 1e-6 });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await saveWeights(stepped)).toEqual(await saveWeights(fitted));
    fitted.dispose();
    stepped.dispose();
  });
});

describe("a trainer refuses", () => {
  test.each([
    [{ batchSize: 0 }, "trainer: batchSize 0; wanted a whole number of at least 1."],
    [{ initialEpoch: -1 }, "trainer: initialEpoch -1; wanted a whole number of at least 0."],
    [
      { epochs: 3 } as object,
      "trainer: option epochs; wanted one of batchSize, shuffle, initialEpoch, initialStep, recovery, signal.",
    ],
  ])("options %o", async (options, message) => {
    const model = await compiled();
    await expect(model.trainer(data, options)).rejects.toThrow(message);
    model.dispose();
  });

  test.each([
    [{ budgetMs: 0 }, "trainer/step: budgetMs 0; wanted budgetMs to be above 0."],
    [{ budgetMs: Number.NaN }, "trainer/step: budgetMs NaN"],
    [{ budget: 8 } as object, "trainer/step: option budget; wanted one of budgetMs."],
  ])("a step with %o", async (options, message) => {
    const model = await compiled();
    const trainer = await model.trainer(data);
    expect(() => trainer.step(options)).toThrow(message);
    expect(model.stepsDone).toBe(0);
    model.dispose();
  });

  test("a loss before the first step", async () => {
    const model = await compiled();
    const trainer = await model.trainer(data);
    await expect(trainer.loss()).rejects.toThrow(
      new TrainingError({ where: "trainer/loss", seen: "no step", wanted: "one or more: trainer.step()" }),
    );
    model.dispose();
  });

  test("a model that was compiled again, or disposed", async () => {
    const model = await compiled();
    const trainer = await model.trainer(data);
    await compiled(model);
    expect(() => trainer.step()).toThrow("trainer: a model that was compiled again");
    expect(() => trainer.step({ budgetMs: 5 })).toThrow(TrainingError);
    await expect(trainer.idle()).rejects.toThrow(TrainingError);
    model.dispose();
    expect(() => trainer.step()).toThrow("a model that is not compiled");
  });
});
