import { expect, test } from "vitest";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value, type Variable } from "../../src/core/graph.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { aucOf } from "../../src/nn/auc.ts";
import { accumulateAuc, aucBins, aucHistogram } from "../../src/ops/auc.ts";
import { plan } from "../../src/passes/index.ts";
import { numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

async function gathered(histogram: Variable, update: Value, times = 1): Promise<number[]> {
  const store = new Variables(await testGpu(), [histogram]);
  const planned = plan(makeGraph("auc", {}, [update]), store.layout, store.gpu.target);
  const commands = await CommandGraph.compile(planned, store);
  for (let i = 0; i < times; i++) commands.run();
  const counts = [...(await store.read(histogram))];
  commands.dispose();
  store.dispose();
  return counts;
}

/** Part of the pairs in which the positive scores higher, ties counting half: the Mann-Whitney statistic. */
function exactAuc(scores: readonly number[], positive: readonly boolean[]): number {
  const [yes, no] = [true, false].map((side) => scores.filter((_, i) => positive[i] === side));
  let won = 0;
  for (const a of yes ?? []) for (const b of no ?? []) won += a > b ? 1 : a === b ? 0.5 : 0;
  return won / ((yes?.length ?? 0) * (no?.length ?? 0));
}

/** Scores that are a little higher for the positives, all within [0, 1). */
function problem(count: number) {
  const noise = numbers(count, 1);
  const positive = Array.from(numbers(count, 2), (value) => value > 0.4);
  const scores = positive.map((yes, i) => 0.45 + 0.4 * (noise[i] ?? 0) + (yes ? 0.1 : 0));
  return { scores: [...Float32Array.from(scores)], positive };
}

test.each([1, 70, 5000])("AUC of %i scores within its own bound of the exact one", async (count) => {
  const { scores, positive } = problem(count);
  const histogram = aucHistogram("test");
  const labels = tensor([count], positive.map(Number), "i32");
  const counts = await gathered(histogram, accumulateAuc(tensor([count, 1], scores), labels, histogram), 2);
  const { auc, error } = aucOf(counts);
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(2 * count);
  if (count === 1) {
    expect(auc).toBeNaN();
    return;
  }
  expect(error).toBeLessThan(0.02);
  expect(Math.abs(auc - exactAuc(scores, positive))).toBeLessThanOrEqual(error);
});

test("scores on the grid of the bins give the exact area", async () => {
  const { scores, positive } = problem(300);
  const rounded = scores.map((score) => Math.floor(score * aucBins) / aucBins);
  const histogram = aucHistogram("test");
  const truth = tensor([300, 1], positive.map(Number));
  const counts = await gathered(histogram, accumulateAuc(tensor([300, 1], rounded), truth, histogram));
  expect(aucOf(counts).auc).toBeCloseTo(exactAuc(rounded, positive), 12);
});

test("one class against the others; ignored rows, and scores at and past the ends", async () => {
  const histogram = aucHistogram("test");
  const scores = tensor([6, 3], [0, 0, 0, 9, 0.5, 9, 9, 1, 9, 9, 2, 9, 9, -1, 9, 9, 0.25, 9]);
  const labels = tensor([6], [1, 0, 1, 1, 2, 7], "i32");
  const update = accumulateAuc(scores, labels, histogram, { positiveClass: 1, ignoreIndex: 7 });
  const counts = await gathered(histogram, update);
  const bins = counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : []));
  const last = aucBins - 1;
  expect(bins).toEqual([
    [0, 1],
    [aucBins / 2, 1],
    [aucBins, 1],
    [aucBins + last, 2],
  ]);
});

test("wrong input", () => {
  const histogram = aucHistogram("test");
  const scores = randomTensor([4, 2], 1);
  const labels = tensor([4], [0, 1, 1, 0], "i32");
  expect(() => accumulateAuc(labels, labels, histogram)).toThrow(DTypeError);
  expect(() => accumulateAuc(scores, tensor([3], [0, 1, 1], "i32"), histogram)).toThrow(ShapeError);
  expect(() => accumulateAuc(scores, labels, histogram, { positiveClass: 2 })).toThrow(GraphError);
});
