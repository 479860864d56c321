import { beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { splitDataset } from "../../src/data/subset.ts";
import { tensorDataset } from "../../src/data/tensorDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { batchNormalization, conv1d, dense, globalAveragePooling1d } from "../../src/nn/layers.ts";
import type { LossName } from "../../src/nn/losses.ts";
import { sequential } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import { numbers, testGpu } from "../support/run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("labels that are numbers", () => {
  test("a curve is learned, and its loss is that of float64 at every size of batch", async () => {
    const x = numbers(70, 1);
    const y = x.map((value) => Math.sin(3 * value));
    const data = tensorDataset(gpu, { x, inputShape: [1], y, name: "curve" });
    expect(data).toMatchObject({ count: 70, classes: 0, inputShape: [1] });
    const model = sequential({
      inputShape: [1],
      layers: [dense({ units: 32, activation: "tanh" }), dense({ units: 32, activation: "tanh" }), dense({ units: 1 })],
    });
    await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "meanSquaredError", seed: 1 });
    const { epochs } = await model.fit(data, { epochs: 60, batchSize: 16 });
    expect(epochs.at(-1)?.loss).toBeLessThan(0.01);
    expect(epochs.at(-1)?.accuracy).toBeNaN();
    const answers = await model.predict(x);
    const wanted = meanOf([...answers].map((answer, i) => (answer - (y[i] ?? 0)) ** 2));
    for (const batchSize of [70, 16, 7, 1]) {
      const { loss } = await model.evaluate(data, { batchSize });
      expect(Math.abs(loss / wanted - 1), `batches of ${batchSize}`).toBeLessThan(1e-4);
    }
    model.dispose();
    data.dispose();
  });

  test.each<[LossName, number]>([
    ["binaryCrossentropy", 1],
    ["categoricalCrossentropy", 3],
  ])("%s learns from them, and knows what is right", async (loss, units) => {
    const x = numbers(2 * 50, 2);
    const y = Float32Array.from({ length: 50 * units }, (_, i) => {
      const row = Math.floor(i / units);
      const [a = 0, b = 0] = x.subarray(2 * row, 2 * row + 2);
      return units === 1 ? Number(a > b) : Number(i % 3 === (a > 0.3 ? 0 : b > 0 ? 1 : 2));
    });
    const data = tensorDataset(gpu, { x, inputShape: [2], y });
    const model = sequential({ inputShape: [2], layers: [dense({ units: 16, activation: "relu" }), dense({ units })] });
    await model.compile({ gpu, optimizer: adam({ learningRate: 0.05 }), loss, seed: 1 });
    await model.fit(data, { epochs: 40, batchSize: 16 });
    const { accuracy, confusion } = await model.evaluate(data, { batchSize: 16 });
    expect(accuracy).toBeGreaterThan(0.9);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(50);
    model.dispose();
    data.dispose();
  });
});

describe("classes", () => {
  const lengths = { x: numbers(40 * 12 * 2, 3), inputShape: [12, 2] };
  const y = Int32Array.from({ length: 40 }, (_, i) =>
    meanOf([...lengths.x.subarray(24 * i, 24 * i + 24)]) > 0 ? 1 : 0,
  );

  test("of sequences, in two parts, with layers that mix the examples of a batch", async () => {
    const data = tensorDataset(gpu, { ...lengths, y });
    expect(data.classes).toBe(2);
    const [train, held] = splitDataset(data, 0.25);
    const model = sequential({
      inputShape: [12, 2],
      layers: [
        conv1d({ filters: 8, kernelSize: 3 }),
        batchNormalization(),
        globalAveragePooling1d(),
        dense({ units: 2 }),
      ],
    });
    await model.compile({
      gpu,
      optimizer: adam({ learningRate: 0.02 }),
      loss: "sparseCategoricalCrossentropy",
      seed: 1,
    });
    const { epochs } = await model.fit(train, { epochs: 30, batchSize: 8 });
    expect(epochs.at(-1)?.accuracy).toBeGreaterThan(0.9);
    expect((await model.evaluate(held)).accuracy).toBeGreaterThan(0.7);
    model.dispose();
    data.dispose();
  });

  test("of a part and of the whole are the same examples in the same order", async () => {
    const data = tensorDataset(gpu, { ...lengths, y });
    const half = tensorDataset(gpu, { x: lengths.x.slice(24 * 30), inputShape: [12, 2], y: y.slice(30), classes: 2 });
    const [, held] = splitDataset(data, 0.25);
    const model = sequential({ inputShape: [12, 2], layers: [globalAveragePooling1d(), dense({ units: 2 })] });
    await model.compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", seed: 1 });
    expect(await model.evaluate(held, { batchSize: 4 })).toEqual(await model.evaluate(half, { batchSize: 4 }));
    model.dispose();
    for (const each of [data, half]) each.dispose();
  });
});

test.each<[string, object, string]>([
  ["examples that are not whole", { x: new Float32Array(7), inputShape: [2], y: new Int32Array(3) }, "7 numbers in x"],
  ["a label too few", { x: new Float32Array(8), inputShape: [2], y: new Int32Array(3) }, "8 numbers in x and 3 in y"],
  ["half labels", { x: new Float32Array(8), inputShape: [2], y: new Float32Array(6) }, "8 numbers in x and 6 in y"],
  ["a plain list", { x: [1, 2], inputShape: [2], y: [0] }, "2 numbers in x and 1 in y; wanted a Float32Array of whole"],
  ["no shape", { x: new Float32Array(2), y: new Int32Array(1) }, "a Float32Array of whole examples of undefined"],
  [
    "no class",
    { x: new Float32Array(2), inputShape: [1], y: Int32Array.of(0, 2), classes: 2 },
    "label 2 at index 1; wanted",
  ],
  ["below all", { x: new Float32Array(2), inputShape: [1], y: Int32Array.of(0, -1) }, "label -1 at index 1; wanted"],
  ["nothing", { x: new Float32Array(0), inputShape: [2], y: new Int32Array(0) }, "tensors: 0 numbers in x and 0 in y"],
])("%s: an error", (_, tensors, message) => {
  const act = () => tensorDataset(gpu, tensors as Parameters<typeof tensorDataset>[1]);
  expect(act).toThrow(FormatError);
  expect(act).toThrow(message);
});
