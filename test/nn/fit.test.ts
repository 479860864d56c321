import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError, ShapeError, TrainingError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/nn/fit.ts";
import type { Model } from "../../src/nn/model.ts";
import { type Optimizer, sgd } from "../../src/nn/optimizers.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

const digits = drawDigits({ count: 70, seed: 3 });
let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = imageDataset(gpu, digits);
});

afterEach(() => vi.restoreAllMocks());

async function compiled(optimizer: Optimizer = sgd({ learningRate: 0.05 }), seed = 1): Promise<Model> {
  return tinyNetwork().compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed });
}

async function weightsOf(model: Model): Promise<number[]> {
  const all: number[] = [];
  for (const variable of model.compiled.state.variables.values()) all.push(...(await readWeight(model, variable)));
  return all;
}

/** The 70 digits as the gather kernel makes them: -1 to 1. */
const inputs = Float32Array.from(digits.images, (pixel) => pixel / 127.5 - 1);

/** What the network answers, and the mean of -log softmax(answer)[label] in float64. */
async function reference(model: Model) {
  const logits = await model.predict(inputs);
  const rows = Array.from(digits.labels, (label, row) => {
    const scores = [...logits.subarray(row * 10, row * 10 + 10)];
    const largest = Math.max(...scores);
    const logSum = largest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
    return { label, answer: scores.indexOf(largest), loss: logSum - (scores[label] ?? 0) };
  });
  return { rows, loss: rows.reduce((sum, { loss }) => sum + loss, 0) / rows.length };
}

describe("the last, smaller batch", () => {
  test("counts as what it is: the loss of an epoch is the mean over all examples", async () => {
    const model = await compiled(sgd({ learningRate: 0 }));
    const { rows, loss } = await reference(model);
    const right = rows.filter(({ label, answer }) => label === answer).length;
    const history = await model.fit(data, { batchSize: 32, epochs: 2 });
    expect(history.losses).toHaveLength(2 * 3);
    for (const epoch of history.epochs) {
      expect(epoch.loss).toBeCloseTo(loss, 5);
      expect(epoch.accuracy).toBe(right / 70);
    }
    const { state, store } = model.compiled;
    expect([...(await store.read(state.trainTotals.counts))]).toEqual([right, 70]);
    model.dispose();
  });

  test("is trained: six examples in a batch of 32 move the weights as six in a batch of six", async () => {
    const six = digitSet(gpu, 6, 5);
    const results: number[][] = [];
    for (const batchSize of [6, 32]) {
      const model = await compiled();
      await model.fit(six, { batchSize, epochs: 3, shuffle: false });
      expect(model.stepsDone).toBe(3);
      results.push(await weightsOf(model));
      model.dispose();
    }
    const [whole = [], padded = []] = results;
    // Sums over the batch may be sliced otherwise: the last places of weights of order one.
    expect(Math.max(...whole.map((weight, i) => Math.abs(weight - (padded[i] ?? Number.NaN))))).toBeLessThan(1e-6);
    const untrained = await compiled();
    const before = await weightsOf(untrained);
    untrained.dispose();
    expect(Math.max(...whole.map((weight, i) => Math.abs(weight - (before[i] ?? 0))))).toBeGreaterThan(1e-3);
  });
});

describe("evaluate and predict", () => {
  test.each([1, 32, 70, 128])("count every example exactly once, in batches of %i", async (batchSize) => {
    const model = await compiled();
    await model.fit(data, { batchSize: 32, epochs: 2 });
    const { rows, loss } = await reference(model);
    const confusion = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
    for (const { label, answer } of rows) {
      const row = confusion[label];
      if (row) row[answer] = (row[answer] ?? 0) + 1;
    }
    const result = await model.evaluate(data, { batchSize });
    expect(result.confusion).toEqual(confusion);
    expect(result.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(70);
    expect(result.accuracy).toBe(rows.filter(({ label, answer }) => label === answer).length / 70);
    expect(result.loss).toBeCloseTo(loss, 5);
    expect(await model.evaluate(data, { batchSize })).toEqual(result);
    model.dispose();
  });

  test("predict answers for the last, smaller batch as for a whole one", async () => {
    const model = await compiled();
    const whole = await model.predict(inputs.subarray(0, 7 * 784), { batchSize: 7 });
    const parts = await model.predict(inputs.subarray(0, 7 * 784), { batchSize: 3 });
    expect(whole).toHaveLength(70);
    expect(Math.max(...whole.map((value, i) => Math.abs(value - (parts[i] ?? Number.NaN))))).toBeLessThan(1e-6);
    model.dispose();
  });

  test("predict takes whole examples only", async () => {
    const model = await compiled();
    await expect(model.predict(new Float32Array(785))).rejects.toThrow(
      new ShapeError({
        where: "tiny/predict",
        seen: "785 numbers",
        wanted: "a multiple of 784, for examples of [28, 28, 1]",
      }),
    );
    await expect(model.predict(new Float32Array())).rejects.toThrow(
      "tiny/predict: 0 numbers; wanted a multiple of 784",
    );
    model.dispose();
  });
});

describe("fit", () => {
  test("shows its progress, and every loss once", async () => {
    const model = await compiled();
    const seen: Progress[] = [];
    const called: Progress[] = [];
    const options = { batchSize: 16, epochs: 2, validationData: data, onProgress: (one: Progress) => called.push(one) };
    for await (const progress of model.fit(data, options)) seen.push(progress);
    expect(called).toEqual(seen);
    expect(seen.flatMap(({ losses }) => losses)).toHaveLength(10);
    const ends = seen.filter(({ epochEnd }) => epochEnd);
    expect(ends.map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([
      [1, 5, 5],
      [2, 5, 5],
    ]);
    const last = ends.at(-1)?.epochEnd;
    expect(last?.valAccuracy).toBe((await model.evaluate(data)).accuracy);
    model.dispose();
  });

  test("trains on what a second call gives, from where the first ended", async () => {
    const model = await compiled();
    const one = await model.fit(data, { batchSize: 32 });
    const two = await model.fit(data, { batchSize: 32 });
    expect(model.stepsDone).toBe(6);
    expect(two.losses).toHaveLength(3);
    expect(two.epochs[0]?.loss).toBeLessThan(one.epochs[0]?.loss ?? 0);
    model.dispose();
  });

  test("stops at a signal, after the steps that were sent", async () => {
    const model = await compiled();
    const controller = new AbortController();
    let aborted = 0;
    const history = await model.fit(data, {
      batchSize: 1,
      epochs: 50,
      signal: controller.signal,
      onProgress: ({ epoch, step }) => {
        if (epoch < 2 || step < 3) return;
        aborted ||= 70 + step;
        controller.abort();
      },
    });
    expect(history.stopped).toBe(true);
    expect(history.epochs).toHaveLength(1);
    expect(model.stepsDone).toBeGreaterThanOrEqual(aborted);
    // Two readings ahead of at most 32 steps each.
    expect(model.stepsDone).toBeLessThanOrEqual(aborted + 64);
    expect((await model.evaluate(data)).confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(70);
    model.dispose();
  });

  test("does nothing when the signal was given before", async () => {
    const model = await compiled();
    const history = await model.fit(data, { signal: AbortSignal.abort() });
    expect(history).toMatchObject({ epochs: [], losses: [], stopped: true });
    expect(model.stepsDone).toBe(0);
    model.dispose();
  });

  test("stops at a break, and leaves no reading behind", async () => {
    const model = await compiled();
    const { mapAsync } = GPUBuffer.prototype;
    // Readings come in late, so that some are under way at the break.
    vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(async function (this: GPUBuffer, ...args) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return mapAsync.apply(this, args);
    });
    const rejected: unknown[] = [];
    const listen = (event: PromiseRejectionEvent) => {
      rejected.push(event.reason);
    };
    addEventListener("unhandledrejection", listen);
    for await (const { step } of model.fit(data, { batchSize: 4, epochs: 50 })) if (step >= 2) break;
    expect(model.stepsDone).toBeLessThan(18);
    await new Promise((resolve) => setTimeout(resolve, 200));
    removeEventListener("unhandledrejection", listen);
    expect(rejected).toEqual([]);
    const history = await model.fit(data, { batchSize: 4 });
    expect(history.losses).toHaveLength(18);
    model.dispose();
  });

  test("is refused where another one has begun meanwhile", async () => {
    const model = await compiled();
    const first = model.fit(data, { batchSize: 4, epochs: 50 })[Symbol.asyncIterator]();
    await first.next();
    const second = model.fit(data, { batchSize: 32 }).then();
    const overtaken = (async () => {
      while (!(await first.next()).done);
    })();
    await expect(overtaken).rejects.toThrow(
      "fit: another training of the model, begun meanwhile; wanted one at a time.",
    );
    expect((await second).losses).toHaveLength(3);
    model.dispose();
  });

  test("is a promise: awaited twice, iterated and awaited, caught", async () => {
    const model = await compiled();
    const fit = model.fit(data, { batchSize: 32 });
    const [first, second] = await Promise.all([fit, fit]);
    expect(second).toBe(first);
    expect(await fit).toBe(first);
    const iterated = model.fit(data, { batchSize: 32 });
    for await (const { step } of iterated) expect(step).toBeGreaterThan(0);
    expect((await iterated).losses).toHaveLength(3);
    const left = model.fit(data, { batchSize: 32 });
    for await (const _ of left) break;
    await expect(left).rejects.toThrow("fit: a training that was left; wanted one that came to its end.");
    const refused = model.fit(data, { epochs: 0 });
    const caught = await refused.catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(GraphError);
    await expect(refused).rejects.toBe(caught);
    const ended = vi.fn();
    await model.fit(data, { batchSize: 32 }).finally(ended);
    expect(ended).toHaveBeenCalledOnce();
    model.dispose();
  });

  test("refuses a loss that is no number, and says at which step", async () => {
    const model = await compiled(sgd({ learningRate: 1e30 }));
    const error = await model.fit(data, { batchSize: 8, epochs: 3 }).then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(TrainingError);
    const { message, where } = error as TrainingError;
    const { state, store } = model.compiled;
    const losses = [...(await store.read(state.history))].slice(0, model.stepsDone);
    const wrong = losses.findIndex((loss) => !Number.isFinite(loss));
    expect(wrong).toBeGreaterThan(0);
    expect(where).toBe(`step ${wrong + 1}`);
    expect(message).toMatch(/^step \d+: a loss of (NaN|Infinity); wanted a finite loss\. .*learning rate.*too high/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    model.dispose();
  });

  test.each([
    [{ epochs: 0 }, "fit: epochs 0; wanted a whole number of at least 1."],
    [{ batchSize: 2.5 }, "fit: batchSize 2.5; wanted a whole number of at least 1."],
  ])("refuses %o", async (options, message) => {
    const model = await compiled();
    await expect(model.fit(data, options).then((history) => history)).rejects.toThrow(message);
    model.dispose();
  });

  test("refuses an option that it does not know", async () => {
    const model = await compiled();
    const options = { epoch: 3 } as object;
    await expect(model.fit(data, options).then((history) => history)).rejects.toThrow(GraphError);
    model.dispose();
  });

  test("refuses examples of another shape, in the model's words", async () => {
    const model = await compiled();
    const large = imageDataset(gpu, digits, { height: 32, width: 32 });
    await expect(model.fit(large).then((history) => history)).rejects.toThrow(
      "examples of shape [32, 32, 1]; wanted [28, 28, 1], the model's input. Resize the data, or build the model for their shape.",
    );
    large.dispose();
    model.dispose();
  });
});
