import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import type { Model } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

const loss = "sparseCategoricalCrossentropy";
let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = digitSet(gpu, 70, 3);
});

afterEach(() => vi.restoreAllMocks());

const compiled = () => tinyNetwork().compile({ gpu, optimizer: sgd({ learningRate: 0.1 }), loss, seed: 1 });

let submits = 0;

/** How a work ends that is given up as soon as something is submitted for it; `submits` counts from then. */
async function givenUp(work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  submits = 0;
  const { submit } = GPUQueue.prototype;
  const spy = vi.spyOn(GPUQueue.prototype, "submit").mockImplementation(function (this: GPUQueue, buffers) {
    submits++;
    controller.abort();
    submit.call(this, buffers);
  });
  const error = await work(controller.signal).then(
    () => null,
    (reason: unknown) => reason,
  );
  spy.mockRestore();
  return error;
}

const AbortError = { name: "AbortError" };

describe("given up at the beginning", () => {
  const works: readonly (readonly [string, (model: Model, signal: AbortSignal) => Promise<unknown>])[] = [
    ["compile", (model, signal) => model.compile({ gpu, optimizer: sgd(), loss, signal })],
    ["trainer", (model, signal) => model.trainer(data, { signal })],
    ["evaluate", (model, signal) => model.evaluate(data, { signal })],
    ["predict", (model, signal) => model.predict(new Float32Array(784), { signal })],
  ];
  test.each(works)("%s is rejected with the signal's reason, and the model is as it was", async (_, work) => {
    const model = await compiled();
    const before = model.compiled;
    const weights = await saveWeights(model);
    await expect(work(model, AbortSignal.abort())).rejects.toMatchObject(AbortError);
    await expect(work(model, AbortSignal.abort("enough"))).rejects.toBe("enough");
    expect(model.compiled).toBe(before);
    expect(await saveWeights(model)).toEqual(weights);
    model.dispose();
  });
});

describe("given up on the way", () => {
  test("a compilation leaves the model as it was, and frees what it made", async () => {
    const model = await compiled();
    const before = model.compiled;
    const gone = vi.spyOn(GPUBuffer.prototype, "destroy");
    const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
    expect(await givenUp((signal) => model.compile({ optimizer: sgd(), loss, signal }))).toMatchObject(AbortError);
    expect(model.compiled).toBe(before);
    const buffers = made.mock.results.map(({ value }) => value);
    expect(new Set(gone.mock.contexts)).toEqual(new Set(buffers));
    model.dispose();
  });

  test("its own device too", async () => {
    const own = await Gpu.create();
    vi.spyOn(Gpu, "create").mockResolvedValue(own);
    const model = tinyNetwork();
    expect(await givenUp((signal) => model.compile({ optimizer: sgd(), loss, signal }))).toMatchObject(AbortError);
    expect((await own.device.lost).reason).toBe("destroyed");
    expect(() => model.compiled).toThrow("a model that is not compiled");
  });

  test("a trainer leaves nothing behind", async () => {
    const model = await compiled();
    await model.trainCommands(data, 32);
    const gone = vi.spyOn(GPUBuffer.prototype, "destroy");
    const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
    expect(
      await givenUp((signal) => model.trainer(data, { recovery: recovery({ snapshotEvery: 5 }), signal })),
    ).toMatchObject(AbortError);
    expect(made.mock.results.length).toBeGreaterThan(0);
    expect(new Set(gone.mock.contexts)).toEqual(new Set(made.mock.results.map(({ value }) => value)));
    model.dispose();
  });

  test("an evaluation ends soon, and the next one counts from nothing", async () => {
    const model = await compiled();
    const whole = await model.evaluate(data, { batchSize: 1 });
    expect(await givenUp((signal) => model.evaluate(data, { batchSize: 1, signal }))).toMatchObject(AbortError);
    expect(submits).toBeLessThan(20);
    expect(await model.evaluate(data, { batchSize: 1, signal: new AbortController().signal })).toEqual(whole);
    model.dispose();
  });

  test("a prediction ends with the batch under way", async () => {
    const model = await compiled();
    const x = new Float32Array(784 * 40);
    const y = await model.predict(x, { batchSize: 2 });
    expect(await givenUp((signal) => model.predict(x, { batchSize: 2, signal }))).toMatchObject(AbortError);
    // The batch, and its reading.
    expect(submits).toBe(2);
    expect(await model.predict(x, { batchSize: 2, signal: new AbortController().signal })).toEqual(y);
    model.dispose();
  });

  test("fit stops within a validation, and its epoch has no result", async () => {
    const model = await compiled();
    const few = digitSet(gpu, 2, 5);
    const controller = new AbortController();
    const { submit } = GPUQueue.prototype;
    let submitted = 0;
    vi.spyOn(GPUQueue.prototype, "submit").mockImplementation(function (this: GPUQueue, buffers) {
      submitted++;
      // Two steps, then the batches of the validation.
      if (submitted === 5) controller.abort();
      submit.call(this, buffers);
    });
    const options = { batchSize: 1, epochs: 3, validationData: data, signal: controller.signal };
    const { epochs, losses, stopped } = await model.fit(few, options);
    expect({ epochs, losses: losses.length, stopped }).toEqual({ epochs: [], losses: 2, stopped: true });
    expect(submitted).toBeLessThan(20);
    model.dispose();
    few.dispose();
  });
});

describe("a model or data that go while something runs", () => {
  const works: readonly (readonly [string, (model: Model, own: Dataset) => Promise<unknown>])[] = [
    ["a prediction", (model) => model.predict(new Float32Array(784 * 4), { batchSize: 1 })],
    ["an evaluation", (model, own) => model.evaluate(own, { batchSize: 1 })],
  ];
  // A model that is compiled again is disposed by that.
  const ends: readonly (readonly [string, (model: Model, own: Dataset) => void])[] = [
    ["a model disposed", (model) => model.dispose()],
    ["data disposed", (_, own) => own.dispose()],
  ];
  const cases = works.flatMap(([work, begin]) => ends.map(([end, go]) => [work, end, begin, go] as const));

  test.each(cases)("%s, %s: an error of its own, and none of the device", async (work, end, begin, go) => {
    const model = await compiled();
    const own = digitSet(gpu, 40, 3);
    const isLeft = work === "a prediction" && end === "data disposed";
    await begin(model, own);
    const error = await givenUp(async (signal) => {
      const gone = new Promise((resolve) => signal.addEventListener("abort", resolve)).then(() => go(model, own));
      await Promise.all([begin(model, own), gone]);
    });
    if (isLeft) expect(error).toBeNull();
    else expect(String(error)).toMatch(/^TrainingError: .*disposed/);
    await gpu.idle();
    model.dispose();
    own.dispose();
  });

  test("while kernels are compiled: nothing is left behind", async () => {
    const model = await compiled();
    const gone = vi.spyOn(GPUBuffer.prototype, "destroy");
    const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
    const prediction = model.predict(new Float32Array(784), { batchSize: 7 });
    model.dispose();
    await expect(prediction).rejects.toThrow(
      /^forward: .* disposed, .*\. Await what was begun, then dispose or compile\.$/,
    );
    const buffers = made.mock.results.map(({ value }) => value);
    expect(buffers.filter((buffer) => !gone.mock.contexts.includes(buffer))).toEqual([]);
    await gpu.idle();
  });
});
