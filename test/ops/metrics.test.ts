import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { accumulateClassification, type ClassificationTotals, classificationTotals } from "../../src/ops/metrics.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { poisonSlots } from "../support/poisonSlots.ts";
import { numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

const variablesOf = (totals: ClassificationTotals): Variable[] => Object.values(totals);

/** Runs the updates so many times and reads the totals. */
async function accumulated(totals: ClassificationTotals, updates: readonly Value[], times = 1) {
  const store = new Variables(await testGpu(), variablesOf(totals));
  const planned = plan(makeGraph("metrics", {}, updates), store.layout, store.gpu.target);
  const commands = await CommandGraph.compile(planned, store);
  poisonSlots(commands);
  for (let i = 0; i < times; i++) commands.run();
  const { lossSum, counts, confusion } = totals;
  const result = {
    lossSum: [...(await store.read(lossSum))],
    counts: [...(await store.read(counts))],
    confusion: confusion ? [...(await store.read(confusion))] : [],
  };
  commands.dispose();
  store.dispose();
  return result;
}

/** The same by loops, in f64. */
function reference(
  logits: Float32Array,
  labels: readonly number[],
  classes: number,
  losses: ArrayLike<number>,
  weights: readonly number[] = [],
) {
  const counts = [0, 0];
  const confusion = new Array<number>(classes * classes).fill(0);
  const lossSum = [0, 0] as [number, number];
  labels.forEach((label, row) => {
    if (label === -100) return;
    const scores = [...logits.slice(row * classes, (row + 1) * classes)];
    const best = scores.indexOf(Math.max(...scores));
    counts[1] = (counts[1] ?? 0) + 1;
    if (best === label) counts[0] = (counts[0] ?? 0) + 1;
    if (label >= 0 && label < classes) confusion[label * classes + best] = (confusion[label * classes + best] ?? 0) + 1;
    const weight = weights[label] ?? 1;
    lossSum[0] += weight * (losses[losses.length === 1 ? 0 : row] ?? 0);
    lossSum[1] += weight;
  });
  return { counts, confusion, lossSum };
}

/** Labels of all classes; some ignored, some out of range. */
function labelsFor(rows: number, classes: number): number[] {
  return Array.from(numbers(rows, 5), (value, i) => {
    if (i % 17 === 3) return -100;
    if (i % 29 === 5) return i % 2 ? classes : -1;
    return Math.floor(((value + 1) / 2) * classes);
  });
}

describe("totals over rows", () => {
  test.each([
    { rows: 1, classes: 1 },
    { rows: 63, classes: 10 },
    { rows: 1024, classes: 3 },
    // Two stages from here.
    { rows: 1025, classes: 7 },
    { rows: 50_000, classes: 2 },
  ])("$rows rows of $classes classes", async ({ rows, classes }) => {
    const logits = numbers(rows * classes, 1).map((value) => Math.round(value * 8));
    const labels = labelsFor(rows, classes);
    const losses = numbers(rows, 2);
    const weights = Array.from({ length: classes }, (_, c) => (c % 4) / 2);
    const variants = [losses, losses.slice(0, 1)].flatMap((loss) => [
      { loss, weights: [] },
      { loss, weights },
    ]);
    for (const { loss, weights } of variants) {
      const totals = classificationTotals("test", classes);
      const value = tensor(loss.length === 1 && rows > 1 ? [] : [rows], loss);
      const scores = tensor([rows, classes], logits);
      const options = weights.length > 0 ? { classWeights: tensor([classes], weights) } : {};
      const updates = accumulateClassification(scores, tensor([rows], labels, "i32"), value, totals, options);
      const got = await accumulated(totals, updates, 2);
      const want = reference(logits, labels, classes, loss, weights);
      expect(got.counts).toEqual(want.counts.map((count) => 2 * count));
      expect(got.confusion).toEqual(want.confusion.map((count) => 2 * count));
      // Each loss passes through so many additions at most, each with an error of 2^-24 of the sum so far.
      const depth = Math.ceil(rows / 16_384) + 256 + 64 + 2;
      const sizes = loss.map(Math.abs);
      const size = reference(logits, labels, classes, sizes, weights).lossSum[0];
      expect(Math.abs((got.lossSum[0] ?? 0) - 2 * want.lossSum[0])).toBeLessThanOrEqual(2 * size * depth * 2 ** -24);
      expect(got.lossSum[1]).toBe(2 * want.lossSum[1]);
    }
  });

  test("pixels: any leading axes, without a confusion matrix", async () => {
    const logits = numbers(2 * 5 * 7 * 3, 1);
    const labels = labelsFor(70, 3);
    const totals = classificationTotals("test");
    const scores = tensor([2, 5, 7, 3], logits);
    const updates = accumulateClassification(scores, tensor([2, 5, 7], labels, "i32"), tensor([], [0.5]), totals);
    const got = await accumulated(totals, updates);
    expect(updates).toHaveLength(2);
    expect(got.counts).toEqual(reference(logits, labels, 3, [0.5]).counts);
  });
});

describe("labels that are numbers", () => {
  const scores = [0.5, -1, 2, 0, 3, -0.5];
  const truths = [1, 0, 0.4, 1, 0.6, 1];

  test.each([1, 200])("each score is yes or no, %i times over", async (times) => {
    const repeated = (values: readonly number[]) => Array.from({ length: times }, () => values).flat();
    const totals = classificationTotals("test", 3);
    const [x, y] = [tensor([2 * times, 3], repeated(scores)), tensor([2 * times, 3], repeated(truths))];
    const got = await accumulated(totals, accumulateClassification(x, y, tensor([], [0.5]), totals));
    expect(got).toEqual({
      lossSum: [3 * times, 6 * times],
      counts: [3 * times, 6 * times],
      confusion: [1, 1, 0, 2, 2, 0, 0, 0, 0].map((count) => count * times),
    });
  });

  test("above another threshold", async () => {
    const totals = classificationTotals("test", 2);
    const [x, y] = [tensor([6, 1], scores), tensor([6, 1], truths)];
    const updates = accumulateClassification(x, y, tensor([6, 1], scores), totals, { threshold: 2.5 });
    const got = await accumulated(totals, updates);
    expect(got).toEqual({ lossSum: [4, 6], counts: [3, 6], confusion: [2, 0, 3, 1] });
  });

  test("without a threshold they are only counted", async () => {
    const totals = classificationTotals("test", 2);
    const [x, y] = [tensor([2, 3], scores), tensor([2, 3], truths)];
    const updates = accumulateClassification(x, y, tensor([], [2]), totals, { threshold: null });
    const want = { lossSum: [12, 6], counts: [0, 6], confusion: [0, 0, 0, 0] };
    expect(await accumulated(totals, updates)).toEqual(want);
  });
});

test("of equal logits the first is the prediction", async () => {
  const totals = classificationTotals("test", 3);
  const labels = tensor([3], [0, 1, 2], "i32");
  const logits = tensor([3, 3], [2, 2, 2, 1, 5, 5, 4, 3, 4]);
  const got = await accumulated(totals, accumulateClassification(logits, labels, tensor([], [0]), totals));
  expect(got.confusion).toEqual([1, 0, 0, 0, 1, 0, 1, 0, 0]);
  expect(got.counts).toEqual([2, 3]);
});

test("a label out of range shows: its cross-entropy makes the sum of the losses NaN", async () => {
  const totals = classificationTotals("test");
  const logits = randomTensor([4, 3], 1);
  const labels = tensor([4], [0, 1, 7, 2], "i32");
  const updates = accumulateClassification(logits, labels, softmaxCrossEntropy(logits, labels), totals);
  const got = await accumulated(totals, updates);
  expect(got.lossSum[0]).toBeNaN();
  expect(got.counts[1]).toBe(4);
});

test("a batch of absent rows adds nothing", async () => {
  const totals = classificationTotals("test", 3);
  const logits = randomTensor([2, 3], 1);
  const labels = tensor([2], [-100, -100], "i32");
  const updates = accumulateClassification(logits, labels, softmaxCrossEntropy(logits, labels), totals);
  const want = { lossSum: [0, 0], counts: [0, 0], confusion: new Array(9).fill(0) };
  expect(await accumulated(totals, updates)).toEqual(want);
});

test("two runs give the same bits", async () => {
  const run = async () => {
    const totals = classificationTotals("test", 3);
    const labels = tensor([30_000], labelsFor(30_000, 3), "i32");
    const logits = randomTensor([30_000, 3], 1);
    return accumulated(totals, accumulateClassification(logits, labels, randomTensor([30_000], 2), totals), 3);
  };
  expect(await run()).toEqual(await run());
});

test("a small batch takes one dispatch, a large one two", () => {
  for (const [rows, dispatches] of [
    [64, 1],
    [100_000, 2],
  ] as const) {
    const totals = classificationTotals("test", 2);
    const labels = tensor([rows], new Array(rows).fill(0), "i32");
    const updates = accumulateClassification(randomTensor([rows, 2], 1), labels, tensor([], [0]), totals);
    const planned = plan(makeGraph("metrics", {}, updates), layVariables(variablesOf(totals)), defaultTarget);
    expect(planned.calls).toHaveLength(dispatches);
  }
});

test("wrong input", () => {
  const totals = classificationTotals("test", 3);
  const logits = randomTensor([4, 3], 1);
  const labels = tensor([4], [0, 1, 2, 0], "i32");
  const loss = tensor([], [0]);
  const accumulate = (one: Value, two: Value, three: Value) => () => accumulateClassification(one, two, three, totals);
  expect(accumulate(labels, labels, loss)).toThrow(DTypeError);
  expect(accumulate(logits, tensor([4], [0, 1, 2, 0], "u32"), loss)).toThrow(DTypeError);
  expect(accumulate(logits, randomTensor([4], 1), loss)).toThrow(/labels f32\[4\]; wanted \[4, 3\]/);
  expect(accumulate(logits, tensor([3], [0, 1, 2], "i32"), loss)).toThrow(/labels i32\[3\]; wanted \[4\]/);
  expect(accumulate(logits, labels, randomTensor([3], 1))).toThrow(ShapeError);
  expect(accumulate(randomTensor([4, 2], 1), labels, loss)).toThrow(/confusion u32\[3, 3\]; wanted \[2, 2\]/);
  const options = { ignoreIndex: 0.5 };
  expect(() => accumulateClassification(logits, labels, loss, totals, options)).toThrow(GraphError);
  const classWeights = tensor([4], [1, 1, 1, 1]);
  expect(() => accumulateClassification(logits, labels, loss, totals, { classWeights })).toThrow(
    /classWeights f32\[4\]; wanted \[3\]/,
  );
});

describe("the ring of losses", () => {
  const historyOf = (length: number) =>
    makeVariable({
      name: "history",
      role: "metric",
      type: tensorType([length]),
      initial: { kind: "values", data: new Float32Array(length) },
    });
  const step = input("step", tensorType([], "u32"));

  test.each([4, 5000])("keeps the last values, oldest overwritten first, beside %i rows", async (rows) => {
    const totals = classificationTotals("test", 2);
    const history = historyOf(3);
    const store = new Variables(await testGpu(), [...variablesOf(totals), history]);
    const labels = tensor([rows], new Array<number>(rows).fill(1), "i32");
    const loss = input("loss", tensorType([]));
    const updates = accumulateClassification(randomTensor([rows, 2], 1), labels, loss, totals, {
      ring: { step, history },
    });
    const planned = plan(makeGraph("metrics", {}, updates), store.layout, store.gpu.target);
    const commands = await CommandGraph.compile(planned, store);
    poisonSlots(commands);
    const seen: number[][] = [];
    for (let at = 0; at < 5; at++) {
      commands.write("loss", Float32Array.of(10 + at));
      commands.write("step", Uint32Array.of(at));
      commands.run();
      seen.push([...(await store.read(history))]);
    }
    expect(seen).toEqual([
      [10, 0, 0],
      [10, 11, 0],
      [10, 11, 12],
      [13, 11, 12],
      [13, 14, 12],
    ]);
    expect([...(await store.read(totals.lossSum))]).toEqual([60 * rows, 5 * rows]);
    expect((await store.read(totals.counts))[1]).toBe(5 * rows);
    commands.dispose();
    store.dispose();
  });
});
