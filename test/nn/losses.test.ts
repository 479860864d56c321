import { beforeAll, describe, expect, test } from "vitest";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { borderWeights } from "../../src/data/borderWeights.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { auc } from "../../src/nn/auc.ts";
import { conv2d, dense, flatten } from "../../src/nn/layers.ts";
import * as losses from "../../src/nn/losses.ts";
import { sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { tinyNetwork } from "../support/digits.ts";
import { fixedBatch } from "../support/fixedBatch.ts";
import { evaluate, numbers, tensor, testGpu } from "../support/run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const logits = [1, -2, 0.5, 3, 0, -1, 2, 2, 0.25, -0.5, 1.5, 0];
const classes = [2, 0, 1, 1];
const weightOfRow = [1, 0.5, 2, 0];
const output = () => tensor([4, 3], logits);
const probabilities = logits.map((x) => 1 / (1 + Math.exp(-x)));
const yes = [1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1];
const rows = [0, 1, 2, 3].map((row) => logits.slice(3 * row, 3 * row + 3));
const softmaxes = rows.map((row) => {
  const sum = row.reduce((total, x) => total + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / sum);
});
const p = (row: number) => softmaxes[row]?.[classes[row] ?? 0] ?? Number.NaN;
const meanOf = (terms: readonly number[], divisor = terms.length) =>
  terms.reduce((sum, term) => sum + term, 0) / divisor;
const labelled = () => tensor([4], classes, "i32");
const numbered = () => tensor([4, 3], yes);
const weights = () => tensor([4], weightOfRow);
const each = (term: (x: number, t: number, i: number) => number) => logits.map((x, i) => term(x, yes[i] ?? 0, i));
const bce = (i: number) =>
  -((yes[i] ?? 0) > 0 ? Math.log(probabilities[i] ?? 0) : Math.log(1 - (probabilities[i] ?? 0)));
const oneHot = classes.flatMap((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));

interface Row {
  readonly loss: losses.LossName | losses.Loss;
  readonly labels: () => Value;
  readonly output?: () => Value;
  readonly weights?: () => Value;
  readonly want: number;
}

const table: readonly Row[] = [
  {
    loss: "sparseCategoricalCrossentropy",
    labels: labelled,
    want: meanOf([0, 1, 2, 3].map((row) => -Math.log(p(row)))),
  },
  {
    loss: losses.sparseCategoricalCrossentropy(),
    labels: labelled,
    weights,
    want: meanOf([0, 1, 2, 3].map((row) => -(weightOfRow[row] ?? 0) * Math.log(p(row)))),
  },
  {
    loss: losses.sparseCategoricalCrossentropy({ classWeights: [1, 2, 0.5], ignoreClass: 0 }),
    labels: labelled,
    want: -(0.5 * Math.log(p(0)) + 2 * Math.log(p(2)) + 2 * Math.log(p(3))) / 4.5,
  },
  {
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: false }),
    labels: labelled,
    output: () => tensor([4, 3], softmaxes.flat()),
    want: meanOf([0, 1, 2, 3].map((row) => -Math.log(p(row)))),
  },
  {
    loss: losses.categoricalCrossentropy({ labelSmoothing: 0.3 }),
    labels: () => tensor([4, 3], oneHot),
    want: meanOf(
      [0, 1, 2, 3].map((row) =>
        (softmaxes[row] ?? []).reduce((sum, q, c) => sum - (0.1 + (c === classes[row] ? 0.7 : 0)) * Math.log(q), 0),
      ),
    ),
  },
  {
    loss: "categoricalCrossentropy",
    labels: () => tensor([4, 3], oneHot),
    want: meanOf([0, 1, 2, 3].map((row) => -Math.log(p(row)))),
  },
  { loss: "binaryCrossentropy", labels: numbered, want: meanOf(each((_, _t, i) => bce(i))) },
  {
    loss: losses.binaryCrossentropy({ positiveWeight: 3 }),
    labels: numbered,
    weights,
    want: meanOf(each((_, t, i) => (weightOfRow[Math.floor(i / 3)] ?? 0) * (t > 0 ? 3 : 1) * bce(i))),
  },
  {
    loss: losses.binaryCrossentropy({ fromLogits: false }),
    labels: numbered,
    output: () => tensor([4, 3], probabilities),
    want: meanOf(each((_, _t, i) => bce(i))),
  },
  { loss: "meanSquaredError", labels: numbered, want: meanOf(each((x, t) => (x - t) ** 2)) },
  {
    loss: losses.meanSquaredError(),
    labels: numbered,
    weights,
    want: meanOf(each((x, t, i) => (weightOfRow[Math.floor(i / 3)] ?? 0) * (x - t) ** 2)),
  },
  { loss: "meanAbsoluteError", labels: numbered, want: meanOf(each((x, t) => Math.abs(x - t))) },
  {
    loss: losses.huber({ delta: 0.75 }),
    labels: numbered,
    want: meanOf(each((x, t) => (Math.abs(x - t) <= 0.75 ? (x - t) ** 2 / 2 : 0.75 * (Math.abs(x - t) - 0.375)))),
  },
  {
    loss: losses.focalLoss({ gamma: 1.5, alpha: 0.25 }),
    labels: labelled,
    weights,
    want: meanOf([0, 1, 2, 3].map((row) => -0.25 * (weightOfRow[row] ?? 0) * (1 - p(row)) ** 1.5 * Math.log(p(row)))),
  },
  {
    loss: losses.focalLoss(),
    labels: numbered,
    want: meanOf(each((_, _t, i) => (1 - Math.exp(-bce(i))) ** 2 * bce(i))),
  },
  {
    loss: losses.weightedSum([
      [1, "binaryCrossentropy"],
      [0.5, losses.meanSquaredError()],
    ]),
    labels: numbered,
    want: meanOf(each((x, t, i) => bce(i) + 0.5 * (x - t) ** 2)),
  },
];

test("losses have the values of their formulas", async () => {
  const values = Object.fromEntries(
    table.map((row, i) => {
      return [`${i}`, losses.lossOf(row.loss).call(row.output?.() ?? output(), row.labels(), row.weights?.())];
    }),
  );
  const got = await evaluate(values);
  table.forEach(({ loss, want }, i) => {
    const value = got[`${i}`]?.[0] ?? Number.NaN;
    const name = typeof loss === "string" ? loss : loss.name;
    if (!(Math.abs(value - want) <= 4e-6 * Math.max(1, want)))
      throw new Error(`${i} ${name}: got ${value}, want ${want}`);
  });
});

test("Dice and soft IoU: images of two pixels, weighed by pixel", async () => {
  const scores = tensor([2, 2, 1], [2, -1, 0, 0.5]);
  const truth = tensor([2, 2, 1], [1, 0, 0, 1]);
  const sigmoid = [2, -1, 0, 0.5].map((x) => 1 / (1 + Math.exp(-x)));
  const [a = 0, b = 0, c = 0, d = 0] = sigmoid;
  const got = await evaluate({
    dice: losses.diceLoss({ smooth: 0.5 }).call(scores, truth),
    iou: losses.softIouLoss().call(scores, truth),
    weighed: losses.diceLoss().call(scores, truth, tensor([2, 2], [1, 2, 0, 3])),
  });
  expect(got.dice[0]).toBeCloseTo(1 - ((2 * a + 0.5) / (a + b + 1.5) + (2 * d + 0.5) / (c + d + 1.5)) / 2, 5);
  expect(got.iou[0]).toBeCloseTo(1 - ((a + 1) / (b + 2) + (d + 1) / (c + 2)) / 2, 5);
  expect(got.weighed[0]).toBeCloseTo(1 - ((2 * a + 1) / (a + 2 * b + 2) + (6 * d + 1) / (3 * d + 4)) / 2, 5);
});

describe("in a model", () => {
  const shape = [4, 6, 6, 1];
  const network = (units: number) => sequential({ inputShape: shape.slice(1), layers: [flatten(), dense({ units })] });
  const indices = () => tensor([4], [0, 1, 2, 1], "i32");
  const truths = () => tensor([4, 3], yes);

  test.each([
    ["sparseCategoricalCrossentropy", indices, "share"],
    ["categoricalCrossentropy", () => tensor([4, 3], oneHot), "share"],
    ["binaryCrossentropy", truths, "share"],
    [losses.diceLoss(), truths, "share"],
    [losses.softIouLoss(), indices, "share"],
    [losses.focalLoss(), indices, "share"],
    ["meanSquaredError", truths, "none"],
    ["meanAbsoluteError", truths, "none"],
    ["huber", truths, "none"],
  ] as const)("%j goes down, and has an accuracy where that means something", async (loss, y, accuracy) => {
    const model = await network(3).compile({ gpu, optimizer: sgd({ learningRate: 0.1 }), loss, seed: 2 });
    const data = fixedBatch(gpu, shape, { y: y() });
    const { epochs, losses: steps } = await model.fit(data, { batchSize: 4, epochs: 6, shuffle: false });
    expect(steps.at(-1)).toBeLessThan(steps[0] ?? 0);
    const { loss: evaluated, accuracy: share, confusion } = await model.evaluate(data, { batchSize: 4 });
    expect(evaluated).toBeLessThan(steps.at(-1) ?? 0);
    expect(epochs[0]?.loss).toBeCloseTo(steps[0] ?? 0, 5);
    if (accuracy === "none") {
      expect(share).toBeNaN();
      return;
    }
    const total = confusion.flat().reduce((sum, count) => sum + count, 0);
    const right = confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
    expect(total).toBe(["binaryCrossentropy", "diceLoss"].includes(losses.lossOf(loss).name) ? 12 : 4);
    expect(share).toBe(right / total);
    model.dispose();
  });

  const ignoring = { ignoreClass: 2 };
  test.each([
    losses.sparseCategoricalCrossentropy(ignoring),
    losses.sparseCategoricalCrossentropy({ ...ignoring, fromLogits: false }),
    losses.sparseCategoricalCrossentropy({ classWeights: [1, 1, 0] }),
    losses.diceLoss(ignoring),
    losses.softIouLoss(ignoring),
    losses.focalLoss(ignoring),
  ])("$name of a batch of which nothing takes part is 0, and moves no weight", async (loss) => {
    const model = await network(3).compile({ gpu, optimizer: sgd({ learningRate: 0.1 }), loss, seed: 2 });
    const data = fixedBatch(gpu, shape, { y: tensor([4], [2, 2, 2, 2], "i32") });
    const x = new Float32Array(36).fill(0.5);
    const before = await model.predict(x);
    expect((await model.fit(data, { batchSize: 4, epochs: 2 })).losses).toEqual([0, 0]);
    expect(await model.predict(x)).toEqual(before);
    model.dispose();
  });

  test.each<losses.SparseCategoricalCrossentropyOptions>([{}, { ignoreClass: 3 }])(
    "with class weights and %j the loss over a data set is the same for batches of any size",
    async (options) => {
      const digits = drawDigits({ count: 70, seed: 3 });
      const data = imageDataset(gpu, digits);
      const classWeights = [1, 5, 0.1, 2, 0, 0.5, 3, 1, 1, 0.25];
      const model = await tinyNetwork().compile({
        gpu,
        optimizer: sgd({ learningRate: 0 }),
        loss: losses.sparseCategoricalCrossentropy({ classWeights, ...options }),
        seed: 1,
      });
      const logits = await model.predict(Float32Array.from(digits.images, (pixel) => pixel / 127.5 - 1));
      let [sum, weights] = [0, 0];
      digits.labels.forEach((label, row) => {
        const scores = logits.subarray(10 * row, 10 * row + 10);
        const weight = label === options.ignoreClass ? 0 : (classWeights[label] ?? 0);
        const normalizer = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
        sum += weight * (normalizer - (scores[label] ?? 0));
        weights += weight;
      });
      for (const batchSize of [70, 32, 7, 1]) {
        expect((await model.evaluate(data, { batchSize })).loss).toBeCloseTo(sum / weights, 5);
        const { epochs } = await model.fit(data, { batchSize, epochs: 1 });
        expect(epochs[0]?.loss).toBeCloseTo(sum / weights, 5);
      }
      model.dispose();
    },
  );

  const unlabelled = 2;
  test.each([
    [losses.diceLoss({ ignoreClass: unlabelled }), (both: number, areas: number) => 1 - (2 * both + 1) / (areas + 1)],
    [
      losses.softIouLoss({ ignoreClass: unlabelled }),
      (both: number, areas: number) => 1 - (both + 1) / (areas - both + 1),
    ],
  ])("$name over images of which few pixels count is the same for batches of any size", async (loss, lossOf) => {
    const side = 4;
    const images = Uint8Array.from(numbers(3 * side * side, 5), (value) => 128 + 127 * value);
    // All pixels of the first image, one of the second, none of the third.
    const masks = Uint8Array.from(images, (_, i) => (i < 16 || i === 20 ? i % 2 : unlabelled));
    const data = segmentationDataset(
      gpu,
      { name: "strokes", images, masks, count: 3, height: side, width: side, channels: 1, classes: ["no", "yes", "?"] },
      { size: side },
    );
    const model = await sequential({
      inputShape: [side, side, 1],
      layers: [conv2d({ filters: 2, kernelSize: 1 })],
    }).compile({ gpu, optimizer: sgd({ learningRate: 0 }), loss, seed: 3 });
    const scores = await model.predict(Float32Array.from(images, (byte) => byte / 127.5 - 1));
    const areaLosses = [0, 1].flatMap((image) =>
      [0, 1].map((label) => {
        let [both, areas] = [0, 0];
        for (let i = 16 * image; i < 16 * image + 16; i++) {
          if (masks[i] === unlabelled) continue;
          const p = 1 / (1 + Math.exp((scores[2 * i + 1 - label] ?? 0) - (scores[2 * i + label] ?? 0)));
          const truth = masks[i] === label ? 1 : 0;
          both += p * truth;
          areas += p + truth;
        }
        return lossOf(both, areas);
      }),
    );
    for (const batchSize of [3, 2, 1]) {
      expect((await model.evaluate(data, { batchSize })).loss).toBeCloseTo(meanOf(areaLosses), 5);
      const { epochs } = await model.fit(data, { batchSize, epochs: 1, shuffle: false });
      expect(epochs[0]?.loss).toBeCloseTo(meanOf(areaLosses), 5);
    }
    model.dispose();
    data.dispose();
  });

  test("one output with yes and no has a confusion matrix of two classes", async () => {
    const model = await network(1).compile({ gpu, optimizer: sgd(), loss: "binaryCrossentropy", seed: 2 });
    const data = fixedBatch(gpu, shape, { y: tensor([4, 1], [0, 1, 1, 1]) });
    const { confusion } = await model.evaluate(data, { batchSize: 4 });
    expect(confusion.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([1, 3]);
    const x = Float32Array.from({ length: 144 }, (_, i) => ((i * 89 + (i >> 3) * 57) % 256) / 255);
    const answers = [...(await model.predict(x))].map((logit) => (logit > 0 ? 1 : 0));
    const want = [
      [0, 0],
      [0, 0],
    ];
    [0, 1, 1, 1].forEach((truth, i) => {
      const row = want[truth];
      const answer = answers[i] ?? 0;
      if (row) row[answer] = (row[answer] ?? 0) + 1;
    });
    expect(confusion).toEqual(want);
    model.dispose();
  });

  test("AUC of an evaluation, by every pair of a positive and a negative answer", async () => {
    const truth = [0, 1, 1, 0];
    const data = fixedBatch(gpu, shape, { y: tensor([4], truth, "i32") });
    const model = await network(2).compile({
      gpu,
      optimizer: sgd(),
      loss: "sparseCategoricalCrossentropy",
      seed: 5,
    });
    const x = Float32Array.from({ length: 144 }, (_, i) => ((i * 89 + (i >> 3) * 57) % 256) / 255);
    const scores = await model.predict(x);
    const odds = truth.map((_, row) => (scores[2 * row + 1] ?? 0) - (scores[2 * row] ?? 0));
    const pairs = [1, 2].flatMap((yes) => [0, 3].map((no) => ((odds[yes] ?? 0) > (odds[no] ?? 0) ? 1 : 0)));
    // Twice: each evaluation starts anew.
    await model.evaluate(data, { batchSize: 4, auc: auc() });
    const { auc: area } = await model.evaluate(data, { batchSize: 4, auc: auc() });
    const { auc: ofOther } = await model.evaluate(data, { batchSize: 4, auc: auc({ positiveClass: 0 }) });
    expect(area).toEqual({ auc: meanOf(pairs), error: 0 });
    expect(ofOther?.auc).toBe(meanOf(pairs));
    expect((await model.evaluate(data, { batchSize: 4 })).auc).toBeUndefined();
    model.dispose();
  });

  test("there is no AUC of values", async () => {
    const data = fixedBatch(gpu, shape, { y: tensor([4, 3], yes) });
    const model = await network(3).compile({ gpu, optimizer: sgd(), loss: "huber" });
    await expect(model.evaluate(data, { batchSize: 4, auc: auc() })).rejects.toThrow(GraphError);
    model.dispose();
  });

  test("the U-Net paper's border weights reach the loss of each pixel", async () => {
    const masks = Array.from(numbers(144, 3), (value) => (value > -0.2 ? 1 : 0));
    const maps = [0, 1, 2, 3].flatMap((i) => {
      return [...borderWeights({ data: masks.slice(36 * i, 36 * i + 36), height: 6, width: 6 })];
    });
    const y = tensor([4, 6, 6], masks, "i32");
    const data = fixedBatch(gpu, shape, { y, weights: tensor([4, 6, 6], maps) });
    const layers = [conv2d({ filters: 2, kernelSize: 3, padding: "same" })];
    const model = await sequential({ inputShape: shape.slice(1), layers }).compile({
      gpu,
      optimizer: sgd(),
      loss: "sparseCategoricalCrossentropy",
    });
    const { loss } = await model.evaluate(data, { batchSize: 4 });
    const x = Float32Array.from({ length: 144 }, (_, i) => ((i * 89 + (i >> 3) * 57) % 256) / 255);
    const scores = await model.predict(x);
    const terms = masks.map((label, i) => {
      const [a = 0, b = 0] = scores.subarray(2 * i, 2 * i + 2);
      return (maps[i] ?? 0) * (Math.log(Math.exp(a) + Math.exp(b)) - (label === 1 ? b : a));
    });
    expect(loss).toBeCloseTo(meanOf(terms), 4);
    model.dispose();
  });
});

describe("wrong input", () => {
  test("names and options", () => {
    expect(() => losses.lossOf("hinge" as "huber")).toThrow(
      /one of sparseCategoricalCrossentropy, .*huber, or a Loss\. Others are called/,
    );
    expect(() => losses.lossOf("toString" as "huber")).toThrow(GraphError);
    expect(() => losses.lossOf(losses.diceLoss as never)).toThrow(/a function; .* Others are called/);
    expect(() => losses.diceLoss({ smoth: 1 } as object)).toThrow(/option smoth/);
    expect(() => losses.binaryCrossentropy({ fromLogits: false, positiveWeight: 2 })).toThrow(/fromLogits: true/);
    expect(() => losses.weightedSum([])).toThrow(/no losses/);
    expect(() => losses.weightedSum([[Number.NaN, "huber"]])).toThrow(/the weight of huber/);
    const ignoring = losses.sparseCategoricalCrossentropy({ ignoreClass: 3 });
    expect(() =>
      losses.weightedSum([
        [1, "huber"],
        [1, ignoring],
      ]),
    ).toThrow(/ignoreClass 3/);
  });

  test("shapes", () => {
    const sparse = losses.sparseCategoricalCrossentropy();
    expect(() => sparse.call(tensor([4, 1], [0, 1, 2, 3]), labelled())).toThrow(/use binaryCrossentropy/);
    expect(() => losses.sparseCategoricalCrossentropy({ classWeights: [1, 2] }).call(output(), labelled())).toThrow(
      ShapeError,
    );
    expect(() => losses.meanSquaredError().call(output(), tensor([4], [0, 1, 2, 3]))).toThrow(/equal shapes/);
  });
});
