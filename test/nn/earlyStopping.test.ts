import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { splitDataset, subset } from "../../src/data/subset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Model } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { reduceOnPlateau } from "../../src/nn/schedules.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});
afterEach(() => vi.restoreAllMocks());

function compiled(learningRate: number): Promise<Model> {
  const optimizer = sgd({ learningRate });
  return tinyNetwork().compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
}

async function weightsOf(model: Model): Promise<number[]> {
  const all: number[] = [];
  for (const variable of model.compiled.state.variables.values()) all.push(...(await readWeight(model, variable)));
  return all;
}

/** Losses that the validations of a training report, one after the other. */
function scriptValidation(model: Model, losses: readonly number[]): void {
  const spy = vi.spyOn(model, "evaluate");
  for (const loss of losses) spy.mockResolvedValueOnce({ loss, accuracy: 0.5, confusion: [] });
}

describe("early stopping", () => {
  test("ends after so many epochs that are no better than the best", async () => {
    const model = await compiled(0);
    const data = digitSet(gpu, 32);
    const history = await model.fit(data, { epochs: 9, shuffle: false, earlyStopping: { patience: 2 } });
    expect(history.epochs).toHaveLength(3);
    expect(history).toMatchObject({ stoppedEarly: true, stopped: false, bestEpoch: 1 });
    model.dispose();
  });

  test("a training that gets better goes on to its end", async () => {
    const model = await compiled(0.05);
    const history = await model.fit(digitSet(gpu, 32), { epochs: 4, earlyStopping: { patience: 1 } });
    expect(history.epochs).toHaveLength(4);
    expect(history).toMatchObject({ stoppedEarly: false, bestEpoch: 4 });
    model.dispose();
  });

  test("looks at the validation, and goes back to the weights of the best epoch, bit for bit", async () => {
    const [train, validation] = [digitSet(gpu, 64, 1), digitSet(gpu, 32, 2)];
    const model = await compiled(0.05);
    const scripted = [0.9, 0.5, 0.7, 0.8, 0.6];
    scriptValidation(model, scripted);
    const after: number[][] = [];
    const fit = model.fit(train, {
      epochs: 9,
      validationData: validation,
      earlyStopping: { patience: 3, restoreBest: true },
    });
    for await (const { epochEnd } of fit) if (epochEnd) after.push(await weightsOf(model));
    expect(after).toHaveLength(5);
    expect(after[1]).not.toEqual(after[4]);
    expect(await weightsOf(model)).toEqual(after[1]);
    model.dispose();
  });

  test.each(["a break", "a signal"])("%s in the midst of an epoch leaves the weights of the moment", async (how) => {
    const model = await compiled(0.05);
    scriptValidation(model, [0.5, 0.9, 0.9]);
    const data = digitSet(gpu, 64, 1);
    const stop = new AbortController();
    const earlyStopping = { patience: 3, restoreBest: true };
    const options = { epochs: 4, batchSize: 8, validationData: data, earlyStopping, signal: stop.signal };
    for await (const { epoch, step } of model.fit(data, options)) {
      if (epoch < 3 || step < 2) continue;
      if (how === "a break") break;
      stop.abort();
    }
    const twice = await compiled(0.05);
    const trainer = await twice.trainer(data, { batchSize: 8 });
    while (twice.stepsDone < model.stepsDone) trainer.step();
    expect(await weightsOf(model)).toEqual(await weightsOf(twice));
    trainer.dispose();
    model.dispose();
    twice.dispose();
  });

  test("without restoreBest the last weights stay", async () => {
    const model = await compiled(0.05);
    scriptValidation(model, [0.5, 0.7]);
    const data = digitSet(gpu, 32);
    const earlyStopping = { patience: 1 };
    const history = await model.fit(data, { epochs: 9, validationData: data, earlyStopping });
    const twice = await compiled(0.05);
    await twice.fit(data, { epochs: 2 });
    expect(history.bestEpoch).toBe(1);
    expect(await weightsOf(model)).toEqual(await weightsOf(twice));
    model.dispose();
    twice.dispose();
  });

  test("unknown options and values out of range are errors", async () => {
    const model = await compiled(0.05);
    const data = digitSet(gpu, 32);
    await expect(model.fit(data, { earlyStopping: { patience: -1 } })).rejects.toThrow(GraphError);
    await expect(model.fit(data, { earlyStopping: { wait: 3 } as object })).rejects.toThrow(/option wait/);
    await expect(model.fit(data, { reduceOnPlateau: { factor: 0.5 } as never })).rejects.toThrow(/reduceOnPlateau/);
    model.dispose();
  });
});

test("reduceOnPlateau: the updates after a plateau are made at the lower rate", async () => {
  const data = digitSet(gpu, 32);
  const model = await compiled(0.1);
  scriptValidation(model, [0.5, 0.6, 0.4]);
  const plateau = reduceOnPlateau({ factor: 0.25, patience: 1 });
  await model.fit(data, { epochs: 3, validationData: data, reduceOnPlateau: plateau });
  expect(plateau.rate(0.1)).toBe(0.025);

  const byHand = await tinyNetwork().compile({
    gpu,
    optimizer: sgd({ learningRate: (step) => (step < 2 ? 0.1 : 0.025) }),
    loss: "sparseCategoricalCrossentropy",
    seed: 1,
  });
  await byHand.fit(data, { epochs: 3 });
  expect(await weightsOf(model)).toEqual(await weightsOf(byHand));
  model.dispose();
  byHand.dispose();
});

describe("validationSplit", () => {
  test("the first part trains, the last validates", async () => {
    const data = digitSet(gpu, 50);
    const [model, byHand] = [await compiled(0.05), await compiled(0.05)];
    const history = await model.fit(data, { epochs: 2, batchSize: 16, validationSplit: 0.25 });
    // floor(50 * 0.75) = 37 train, in 3 steps an epoch.
    expect(model.stepsDone).toBe(6);
    const [train, validation] = splitDataset(data, 0.25);
    expect([train.count, validation.count]).toEqual([37, 13]);
    const same = await byHand.fit(train, { epochs: 2, batchSize: 16, validationData: validation });
    expect(history.losses).toEqual(same.losses);
    expect(history.epochs.map(({ valLoss }) => valLoss)).toEqual(same.epochs.map(({ valLoss }) => valLoss));
    expect(history.epochs[1]?.valAccuracy).toBe((await model.evaluate(validation)).accuracy);
    model.dispose();
    byHand.dispose();
  });

  test("parts see their own examples alone: those of the whole, in two evaluations", async () => {
    const data = digitSet(gpu, 45);
    const model = await compiled(0.05);
    const [whole, first, last] = [
      await model.evaluate(data),
      await model.evaluate(subset(data, 0, 20)),
      await model.evaluate(subset(subset(data, 10, 35), 10, 25)),
    ];
    const sums = whole.confusion.map((row, i) =>
      row.map((_, k) => (first.confusion[i]?.[k] ?? 0) + (last.confusion[i]?.[k] ?? 0)),
    );
    expect(sums).toEqual(whole.confusion);
    model.dispose();
  });

  test("wrong shares, both kinds of validation, data that cannot be divided", async () => {
    const data = digitSet(gpu, 10);
    const model = await compiled(0.05);
    for (const validationSplit of [0, 1, -0.5, 0.95, Number.NaN]) {
      await expect(model.fit(data, { validationSplit })).rejects.toThrow(GraphError);
    }
    await expect(model.fit(data, { validationSplit: 0.5, validationData: data })).rejects.toThrow(/one of them/);
    const { range: _, ...whole } = data;
    await expect(model.fit(whole, { validationSplit: 0.5 })).rejects.toThrow(/cannot be divided/);
    expect(() => subset(data, 5, 6)).toThrow(/of its 10/);
    model.dispose();
  });
});
