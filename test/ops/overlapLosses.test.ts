import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add, square } from "../../src/ops/elementwise.ts";
import { focalLoss } from "../../src/ops/focalLoss.ts";
import { bceWithLogits } from "../../src/ops/losses.ts";
import { diceLoss, type OverlapLossOptions, softIouLoss } from "../../src/ops/overlapLosses.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { numericGradient } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(["dice_loss", "soft_iou_loss", "focal_loss"])("golden vectors of %s", (op) => checkGolden(op));

interface Problem {
  readonly n: number;
  readonly sides: readonly number[];
  readonly c: number;
  readonly classes: boolean;
  readonly options: Omit<OverlapLossOptions, "sampleWeight">;
  readonly weighted?: boolean;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** Labels of all classes, with ignored and absent ones between; in a batch of several the last example is absent. */
function labelsOf({ n, c, classes, options }: Problem, pixels: number): number[] {
  if (!classes) return [...numbers(n * pixels * c, 7)].map((value) => (value > 0.3 ? 1 : 0));
  return Array.from({ length: n * pixels }, (_, i) => {
    if (n > 1 && i >= (n - 1) * pixels) return -100;
    if (i % 11 === 5) return options.ignoreIndex ?? -100;
    return (i * i + 3 * i) % c;
  });
}

/** Dice (or soft IoU) in f64, from the definition. */
function reference(
  iou: boolean,
  problem: Problem,
  x: ArrayLike<number>,
  labels: readonly number[],
  w: readonly number[],
) {
  const { n, c, classes, sides, options, weighted } = problem;
  const pixels = sides.reduce((product, side) => product * side, 1);
  const smooth = options.smooth ?? 1;
  const losses: number[] = [];
  let present = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < c; k++) {
      let [common, p, t, counted] = [0, 0, 0, 0];
      for (let s = 0; s < pixels; s++) {
        const row = i * pixels + s;
        const label = labels[row] ?? 0;
        if (classes && (label < 0 || label === options.ignoreIndex)) continue;
        const scores = Array.from({ length: c }, (_, j) => x[row * c + j] ?? 0);
        const exps = scores.map(Math.exp);
        const soft = (exps[k] ?? 0) / exps.reduce((sum, value) => sum + value, 0);
        const score = scores[k] ?? 0;
        const probability = options.from === "probabilities" ? score : classes ? soft : logistic(score);
        const truth = classes ? (label === k ? 1 : 0) : (labels[row * c + k] ?? 0);
        const weight = weighted ? (w[row] ?? 0) : 1;
        common += weight * probability * truth;
        p += weight * probability;
        t += weight * truth;
        counted += weight;
      }
      const there = counted > 0 ? 1 : 0;
      present += there;
      const ratio = iou ? (common + smooth) / (p + t - common + smooth) : (2 * common + smooth) / (p + t + smooth);
      losses.push(there ? 1 - ratio : 0);
    }
  }
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  const { reduction = "mean" } = options;
  return reduction === "none" ? losses : [reduction === "sum" ? total : total / present];
}

const problems: readonly Problem[] = [
  { n: 1, sides: [1], c: 1, classes: false, options: {} },
  { n: 3, sides: [5, 7], c: 1, classes: false, options: { smooth: 0 } },
  { n: 2, sides: [4, 3, 2], c: 3, classes: false, options: { reduction: "none" }, weighted: true },
  { n: 3, sides: [6, 5], c: 3, classes: true, options: { ignoreIndex: 2 } },
  { n: 2, sides: [13], c: 5, classes: true, options: { reduction: "sum", smooth: 0.1 }, weighted: true },
  { n: 2, sides: [11, 3], c: 2, classes: true, options: { from: "probabilities" } },
];

describe.each([
  { name: "dice", build: diceLoss, iou: false },
  { name: "soft IoU", build: softIouLoss, iou: true },
])("$name against f64", ({ build, iou }) => {
  test.each(problems)("$n x $sides x $c, classes $classes, $options", async (problem) => {
    const { n, sides, c, classes, options, weighted } = problem;
    const pixels = sides.reduce((product, side) => product * side, 1);
    const unit = options.from === "probabilities";
    const x = numbers(n * pixels * c, 1).map((value) => (unit ? 0.5 + 0.4 * value : 3 * value));
    const labels = labelsOf(problem, pixels);
    const w = Array.from({ length: n * pixels }, (_, i) => (i % 5) / 2);
    const scores = tensor([n, ...sides, c], x);
    const target = classes ? tensor([n, ...sides], labels, "i32") : tensor([n, ...sides, c], labels);
    const given = weighted ? { ...options, sampleWeight: tensor([n, ...sides], w) } : options;
    const loss = build(scores, target, given);
    const dy = numbers(options.reduction === "none" ? n * c : 1, 3);
    const [dx] = differentiate(loss, [scores], add, tensor(loss.type.shape, dy));
    if (!dx) throw new Error("no gradient");
    const got = await evaluate({ loss, dx });
    const at = (moved: ArrayLike<number>) => reference(iou, problem, moved, labels, w);
    expectClose(got.loss, at(x), 2e-6);
    const objective = (moved: ArrayLike<number>) => at(moved).reduce((sum, one, i) => sum + one * (dy[i] ?? 0), 0);
    expectClose(got.dx, numericGradient(objective, x), 2e-6);
  });
});

test("sums over 40,000 pixels, past the chunks of the first stage", async () => {
  const [n, side, c] = [2, 200, 2];
  const x = numbers(n * side * side * c, 4);
  const labels = Array.from({ length: n * side * side }, (_, i) => (i >> 3) % c);
  const inputs = [tensor([n, side, side, c], x), tensor([n, side, side], labels, "i32")];
  const loss = diceLoss(inputs[0] as Value, inputs[1] as Value, { reduction: "none", from: "probabilities" });
  const got = await evaluate({ loss });
  const problem = {
    n,
    sides: [side, side],
    c,
    classes: true,
    options: { reduction: "none", from: "probabilities" },
  } as const;
  // Of sums of 20,000 numbers in f32, one in 1e6 may be lost.
  expectClose(got.loss, reference(false, problem, x, labels, []), 1e-5);
});

test("a label out of range makes the loss NaN and reads nothing beyond the tensor; that of an empty batch is 0", async () => {
  const x = randomTensor([1, 4, 2], 1);
  const wrong = tensor([1, 4], [0, 1, 2, 1], "i32");
  const none = tensor([1, 4], [-100, -100, -100, -100], "i32");
  const loss = diceLoss(x, wrong);
  const mean = softIouLoss(x, none);
  const total = softIouLoss(x, none, { reduction: "sum" });
  const [gradient] = differentiate(mean, [x], add);
  if (!gradient) throw new Error("no gradient");
  const got = await evaluate({ loss, mean, total, gradient });
  expect(got.loss[0]).toBeNaN();
  expect(got.mean[0]).toBe(0);
  expect(got.total[0]).toBe(0);
  expect([...got.gradient]).toEqual(new Array(8).fill(0));
});

test("two runs give the same bits, and the gradient fuses with its neighbour", async () => {
  const x = randomTensor([2, 33, 31, 3], 1);
  const target = tensor(
    [2, 33, 31, 3],
    numbers(2 * 33 * 31 * 3, 2).map((value) => (value > 0 ? 1 : 0)),
  );
  const loss = diceLoss(square(x), target);
  const [dx] = differentiate(loss, [x], add);
  if (!dx) throw new Error("no gradient");
  const [first, second] = [await evaluate({ loss, dx }), await evaluate({ loss, dx })];
  const unfused = await evaluate({ loss, dx }, { fuse: false });
  expect([...second.dx]).toEqual([...first.dx]);
  expectClose(unfused.dx, first.dx, 1e-9);
});

test("Dice of 4 images of 128x128 and 2 classes takes 6 dispatches with its gradient", () => {
  const x = randomTensor([4, 128, 128, 2], 1);
  const loss = diceLoss(x, tensor([4, 128, 128], new Array(4 * 128 * 128).fill(1), "i32"));
  const [dx] = differentiate(loss, [x], add);
  if (!dx) throw new Error("no gradient");
  const { calls } = plan(makeGraph("dice", { loss, dx }), layVariables([]), defaultTarget);
  expect(calls.map(({ call }) => call.name)).toEqual([
    "softmax",
    "partials",
    "total",
    "mean",
    "backward",
    "softmaxGrad",
  ]);
});

/** Focal loss in f64. */
function focal(x: ArrayLike<number>, t: readonly number[], c: number, gamma: number, alpha?: number): number[] {
  if (c === 0) {
    return Array.from(x, (value, i) => {
      const truth = t[i] ?? 0;
      const p = logistic(value);
      const right = p * truth + (1 - p) * (1 - truth);
      const share = alpha === undefined ? 1 : alpha * truth + (1 - alpha) * (1 - truth);
      return -share * (1 - right) ** gamma * (truth * Math.log(p) + (1 - truth) * Math.log(1 - p));
    });
  }
  return t.map((label, row) => {
    if (label < 0) return 0;
    const scores = Array.from({ length: c }, (_, k) => x[row * c + k] ?? 0);
    const norm = Math.log(scores.reduce((sum, value) => sum + Math.exp(value), 0));
    const nll = norm - (scores[label] ?? 0);
    return (alpha ?? 1) * (-Math.expm1(-nll)) ** gamma * nll;
  });
}

describe("focal loss against f64", () => {
  test.each([
    { c: 0, gamma: 2, alpha: 0.25, wide: 4 },
    { c: 0, gamma: 0.5, wide: 3 },
    { c: 0, gamma: 0, wide: 3 },
    { c: 3, gamma: 2, wide: 5 },
    { c: 2, gamma: 0.5, alpha: 0.75, wide: 3 },
    { c: 4, gamma: 0, wide: 3 },
  ])("$c classes, gamma $gamma, alpha $alpha", async ({ c, gamma, alpha, wide }) => {
    const rows = 37;
    const x = numbers(rows * Math.max(1, c), 1).map((value) => wide * value);
    const unit = numbers(rows, 2);
    const t = Array.from(unit, (value, i) =>
      c === 0 ? (i % 3 === 0 ? 0.5 + value / 2 : i % 2) : i % 9 === 4 ? -100 : i % c,
    );
    const scores = tensor(c === 0 ? [rows] : [rows, c], x);
    const target = c === 0 ? tensor([rows], t) : tensor([rows], t, "i32");
    const options = { gamma, ...(alpha === undefined ? {} : { alpha }) };
    const loss = focalLoss(scores, target, options);
    const [dx] = differentiate(loss, [scores], add);
    if (!dx) throw new Error("no gradient");
    const got = await evaluate({ loss, dx });
    const counted = t.filter((label) => label >= 0).length;
    const at = (moved: ArrayLike<number>) =>
      focal(moved, t, c, gamma, alpha).reduce((sum, one) => sum + one, 0) / counted;
    expectClose(got.loss, [at(x)], 1e-5);
    expectClose(got.dx, numericGradient(at, x), 1e-5);
  });

  test("with gamma 0 it is cross-entropy; sample weights count", async () => {
    const x = randomTensor([6, 3], 1);
    const labels = tensor([6], [0, 1, 2, 1, 0, 2], "i32");
    const sampleWeight = tensor([6], [1, 0, 2, 0.5, 3, 1]);
    const plain = softmaxCrossEntropy(x, labels, { sampleWeights: sampleWeight });
    const [y, t] = [randomTensor([2, 3], 3), tensor([2, 3], [0, 1, 1, 0, 1, 0])];
    const got = await evaluate({
      plain,
      focal: focalLoss(x, labels, { gamma: 0, sampleWeight }),
      binary: bceWithLogits(y, t),
      binaryFocal: focalLoss(y, t, { gamma: 0 }),
    });
    expectClose(got.focal, got.plain, 0);
    expectClose(got.binaryFocal, got.binary, 1e-6);
  });

  test("logits of 1e4 give finite losses and gradients", async () => {
    const x = tensor([4], [1e4, -1e4, 1e4, -1e4]);
    const loss = focalLoss(x, tensor([4], [1, 0, 0, 1]), { reduction: "none", gamma: 0.5 });
    const [dx] = differentiate(loss, [x], add, tensor([4], [1, 1, 1, 1]));
    const scores = tensor([2, 2], [1e4, -1e4, 1e4, -1e4]);
    const sparse = focalLoss(scores, tensor([2], [0, 1], "i32"), { reduction: "none", gamma: 0.5 });
    const [dScores] = differentiate(sparse, [scores], add, tensor([2], [1, 1]));
    if (!dx || !dScores) throw new Error("no gradient");
    const got = await evaluate({ loss, dx, sparse, dScores });
    expectClose(got.loss, [0, 0, 1e4, 1e4], 1e-2);
    expectClose(got.dx, [0, 0, 1, -1], 1e-5);
    expectClose(got.sparse, [0, 2e4], 1e-2);
    expectClose(got.dScores, [0, 0, 1, -1], 1e-5);
  });
});

describe("cross-entropy with sample weights", () => {
  test("each row counts as much as it weighs, over the number of rows", async () => {
    const x = randomTensor([5, 3], 1);
    const labels = tensor([5], [0, 2, -100, 1, 0], "i32");
    const weights = [2, 0, 5, 0.5, 1];
    const each = softmaxCrossEntropy(x, labels, { reduction: "none" });
    const mean = softmaxCrossEntropy(x, labels, { sampleWeights: tensor([5], weights) });
    const [dx] = differentiate(mean, [x], add);
    const [dEach] = differentiate(each, [x], add, tensor([5], weights));
    if (!dx || !dEach) throw new Error("no gradient");
    const got = await evaluate({ each, mean, dx, dEach });
    expectClose(got.mean, [[...got.each].reduce((sum, loss, i) => sum + loss * (weights[i] ?? 0), 0) / 4], 1e-6);
    expectClose(
      got.dx,
      [...got.dEach].map((value) => value / 4),
      1e-6,
    );
  });

  test("-100 marks rows that are not there, whatever the ignored label", async () => {
    const x = randomTensor([3, 3], 1);
    const labels = tensor([3], [255, -100, 1], "i32");
    const mean = softmaxCrossEntropy(x, labels, { ignoreIndex: 255 });
    const each = softmaxCrossEntropy(x, labels, { ignoreIndex: 255, reduction: "none" });
    const got = await evaluate({ mean, each });
    expect(got.mean[0]).toBe(got.each[2]);
  });
});

describe("wrong input", () => {
  const x = randomTensor([2, 4, 3], 1);
  const labels = tensor([2, 4], [0, 1, 2, 0, 1, 2, 0, 1], "i32");

  test("shapes and types", () => {
    expect(() => diceLoss(randomTensor([3], 1), tensor([3], [0, 1, 0]))).toThrow(ShapeError);
    expect(() => diceLoss(x, randomTensor([2, 4], 2))).toThrow(/wanted i32\[2, 4\] class indices or f32\[2, 4, 3\]/);
    expect(() => softIouLoss(x, tensor([2, 4], new Array(8).fill(0), "u32"))).toThrow(DTypeError);
    expect(() => diceLoss(randomTensor([2, 4, 1], 1), labels)).toThrow(/One channel takes its truth as numbers/);
    expect(() => diceLoss(x, labels, { sampleWeight: randomTensor([4], 1) })).toThrow(ShapeError);
    expect(() => softmaxCrossEntropy(x, labels, { sampleWeights: randomTensor([2], 1) })).toThrow(/sampleWeights/);
  });

  test("options", () => {
    expect(() => diceLoss(x, labels, { smooth: -1 })).toThrow(GraphError);
    expect(() => diceLoss(x, x, { ignoreIndex: 1 })).toThrow(/class indices/);
    expect(() => focalLoss(x, labels, { gamma: -1 })).toThrow(/gamma/);
    expect(() => focalLoss(x, x, { alpha: 2 })).toThrow(/alpha/);
    expect(() => focalLoss(x, x, { ignoreIndex: 2 })).toThrow(/class indices/);
    expect(() => diceLoss(x, labels, { reduction: "all" as "mean" })).toThrow(/one of mean, sum, none/);
  });

  test("a gradient by the truth is refused, not left out", () => {
    expect(() => differentiate(diceLoss(x, x), [x], add)).toThrow(/stopGradient/);
  });
});

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length);
  const scale = Math.max(1, ...Array.from(want, Math.abs));
  Array.from(want).forEach((value, i) => {
    const error = Math.abs((got[i] ?? Number.NaN) - value);
    if (!(error <= tolerance * scale)) throw new Error(`[${i}]: got ${got[i]}, want ${value}`);
  });
}
