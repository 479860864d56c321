import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { CsvLog } from "../../src/io/csvLog.ts";
import type { Scalar } from "../../src/io/scalars.ts";
import { TensorBoardLog } from "../../src/io/tensorBoard.ts";
import { dense } from "../../src/nn/layers.ts";
import { logProgress } from "../../src/nn/logProgress.ts";
import { sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { exponentialDecay } from "../../src/nn/schedules.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = digitSet(gpu, 70, 3);
});

const schedule = exponentialDecay({ learningRate: 0.1, decaySteps: 3, decayRate: 0.5 });
const compiled = () =>
  tinyNetwork().compile({
    gpu,
    optimizer: sgd({ learningRate: schedule }),
    loss: "sparseCategoricalCrossentropy",
    seed: 1,
  });

/** [step, value] of the points of a curve. */
const curve = (scalars: readonly Scalar[], wanted: string) =>
  scalars.filter(({ name }) => name === wanted).map(({ step, value }) => [step, value]);

describe("loggers of fit", () => {
  test("are told of every step, epoch and validation, by the updates made", async () => {
    const model = await compiled();
    await model.fit(data, { batchSize: 32 });
    const scalars: Scalar[] = [];
    const from = Date.now() / 1000;
    const options = { batchSize: 32, epochs: 2, validationData: data };
    const history = await model.fit(data, { ...options, loggers: [{ scalar: (one) => scalars.push(one) }] });
    expect(curve(scalars, "loss/step")).toEqual(history.losses.map((loss, i) => [4 + i, loss]));
    const { epochs } = history;
    expect(curve(scalars, "loss/epoch")).toEqual(epochs.map(({ loss }, i) => [6 + 3 * i, loss]));
    expect(curve(scalars, "accuracy/epoch")).toEqual(epochs.map(({ accuracy }, i) => [6 + 3 * i, accuracy]));
    expect(curve(scalars, "loss/validation")).toEqual(epochs.map(({ valLoss }, i) => [6 + 3 * i, valLoss]));
    expect(curve(scalars, "accuracy/validation")).toEqual(epochs.map(({ valAccuracy }, i) => [6 + 3 * i, valAccuracy]));
    const rates = curve(scalars, "learningRate");
    expect(rates.at(-1)?.[0]).toBe(9);
    for (const [step = 0, rate] of rates) expect(rate).toBe(schedule(step - 1));
    const speeds = scalars.filter(({ name }) => name === "imagesPerSecond");
    expect(speeds.every(({ value }) => value > 0)).toBe(true);
    expect(scalars.every(({ time }) => time >= from && time <= Date.now() / 1000)).toBe(true);
    model.dispose();
  });

  test("have no point for what a training has not: an accuracy of numbers, a validation", async () => {
    const batch: Dataset["batch"] = (cursor, batchSize) => {
      const { x } = data.batch(cursor, batchSize);
      return { x, y: x };
    };
    const names = new Set<string>();
    const numbers = { ...data, batch, classes: 0 };
    const model = sequential({ inputShape: [28, 28, 1], layers: [dense({ units: 1 })] });
    await model.compile({ gpu, optimizer: sgd({ learningRate: 1e-4 }), loss: "meanSquaredError" });
    await model.fit(numbers, { loggers: [{ scalar: ({ name }) => names.add(name) }] });
    expect([...names].toSorted()).toEqual(["imagesPerSecond", "learningRate", "loss/epoch", "loss/step"]);
    model.dispose();
  });

  test("keep what a training says, in both kinds of file; a loop of progress does so too", async () => {
    const model = await compiled();
    const [board, csv, byHand] = [new TensorBoardLog(), new CsvLog(), new CsvLog()];
    for await (const progress of model.fit(data, { batchSize: 32, loggers: [board, csv] })) {
      logProgress(byHand, progress, 1);
    }
    const timeless = (text: string) => text.split("\r\n").map((line) => line.replace(/^[\d.]+,/, ""));
    expect(timeless(byHand.take())).toEqual(timeless(csv.take()));
    expect(board.take().length).toBeGreaterThan(200);
    model.dispose();
  });
});
