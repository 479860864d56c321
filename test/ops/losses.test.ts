import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { add, square } from "../../src/ops/elementwise.ts";
import * as losses from "../../src/ops/losses.ts";
import { optimize, plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { numericGradient } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

const operators = ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy", "bce_with_logits"];
test.each(operators)("golden vectors of %s", (op) => checkGolden(op));

interface Row {
  readonly name: string;
  readonly build: (x: Value, target: Value, options: losses.LossOptions) => Value;
  /** The same in f64, one element; weights have a period of 3. */
  readonly reference: (x: number, t: number, i: number) => number;
  /** Predictions and targets from numbers in [-1, 1). */
  readonly x?: (value: number) => number;
  readonly t?: (value: number) => number;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const weights = [0.25, 2, 1.5];
const weight = (i: number) => weights[i % 3] ?? 0;
const binary = (p: number, t: number, positive = 1) => -(positive * t * Math.log(p) + (1 - t) * Math.log(1 - p));
const unit = (value: number) => 0.5 + 0.49 * value;

const rows: readonly Row[] = [
  { name: "mse", build: losses.mseLoss, reference: (x, t) => (x - t) ** 2 },
  { name: "l1", build: losses.l1Loss, reference: (x, t) => Math.abs(x - t) },
  {
    name: "huber 0.3",
    build: (x, t, options) => losses.huberLoss(x, t, { ...options, delta: 0.3 }),
    reference: (x, t) => (Math.abs(x - t) <= 0.3 ? (x - t) ** 2 / 2 : 0.3 * (Math.abs(x - t) - 0.15)),
  },
  {
    name: "smooth l1 0.7",
    build: (x, t, options) => losses.smoothL1Loss(x, t, { ...options, beta: 0.7 }),
    reference: (x, t) => (Math.abs(x - t) < 0.7 ? (x - t) ** 2 / 1.4 : Math.abs(x - t) - 0.35),
  },
  {
    name: "smooth l1 0",
    build: (x, t, options) => losses.smoothL1Loss(x, t, { ...options, beta: 0 }),
    reference: (x, t) => Math.abs(x - t),
  },
  {
    name: "binary cross-entropy, weighted",
    build: (x, t, options) => losses.binaryCrossEntropy(x, t, { ...options, sampleWeight: tensor([3], weights) }),
    reference: (x, t, i) => weight(i) * binary(x, t),
    x: unit,
    t: unit,
  },
  {
    name: "from logits",
    build: losses.bceWithLogits,
    reference: (x, t) => binary(logistic(x), t),
    x: (value) => 6 * value,
    t: unit,
  },
  {
    name: "from logits, both weights",
    build: (x, t, options) => {
      const posWeight = tensor([3], weights);
      return losses.bceWithLogits(x, t, { ...options, posWeight, sampleWeight: tensor([], [0.5]) });
    },
    reference: (x, t, i) => 0.5 * binary(logistic(x), t, weight(i)),
    x: (value) => 6 * value,
    t: unit,
  },
];

describe.each(rows)("$name against f64", ({ build, reference, x: toX = Number, t: toT = Number }) => {
  test.each([
    { shape: [3], reduction: "none" },
    { shape: [7, 3], reduction: "sum" },
    { shape: [5, 13, 3], reduction: "mean" },
  ] as const)("$shape, $reduction", async ({ shape, reduction }) => {
    const size = shape.reduce<number>((product, side) => product * side, 1);
    const [x, t] = [numbers(size, 1).map(toX), numbers(size, 2).map(toT)];
    const [prediction, target] = [tensor(shape, x), tensor(shape, t)];
    const loss = build(prediction, target, { reduction });
    const dy = numbers(reduction === "none" ? size : 1, 3);
    const [dx, dt] = differentiate(loss, [prediction, target], add, tensor(loss.type.shape, dy));
    if (!dx || !dt) throw new Error("no gradient");
    const got = await evaluate({ loss, dx, dt });

    const terms = (px: ArrayLike<number>, pt: ArrayLike<number>) =>
      Array.from(px, (value, i) => reference(value, pt[i] ?? 0, i));
    const objective = (px: ArrayLike<number>, pt: ArrayLike<number>) => {
      const each = terms(px, pt).map((term, i) => term * (dy[reduction === "none" ? i : 0] ?? 0));
      return each.reduce((sum, term) => sum + term, 0) / (reduction === "mean" ? size : 1);
    };
    const all = terms(x, t);
    const total = all.reduce((sum, term) => sum + term, 0) / (reduction === "mean" ? size : 1);
    expectClose(got.loss, reduction === "none" ? all : [total], 4e-6);
    expectClose(
      got.dx,
      numericGradient((px) => objective(px, t), x),
      4e-6,
    );
    expectClose(
      got.dt,
      numericGradient((pt) => objective(x, pt), t),
      4e-6,
    );
  });
});

test("probabilities of exactly 0 and 1 cost at most 100, with finite gradients; beyond them is NaN", async () => {
  const x = tensor([6], [0, 1, 0, 1, 0.5, -0.25]);
  const target = tensor([6], [0, 1, 1, 0, 1, 0]);
  const loss = losses.binaryCrossEntropy(x, target, { reduction: "none" });
  const [dx] = differentiate(loss, [x], add, tensor([6], new Array(6).fill(1)));
  if (!dx) throw new Error("no gradient");
  const got = await evaluate({ loss, dx });
  expectClose(got.loss.slice(0, 4), [0, 0, 100, 100], 0);
  expect([...got.dx.slice(0, 4)].every(Number.isFinite)).toBe(true);
  expect(got.loss[5]).toBeNaN();
});

test("logits of 1e4 give finite losses and gradients", async () => {
  const x = tensor([4], [1e4, -1e4, 1e4, -1e4]);
  const target = tensor([4], [1, 0, 0, 1]);
  const loss = losses.bceWithLogits(x, target, { reduction: "none" });
  const [dx] = differentiate(loss, [x], add, tensor([4], [1, 1, 1, 1]));
  if (!dx) throw new Error("no gradient");
  const got = await evaluate({ loss, dx });
  expectClose(got.loss, [0, 0, 1e4, 1e4], 1e-3);
  expectClose(got.dx, [0, 0, 1, -1], 1e-6);
});

test("terms fuse with their neighbours, with the same bits", async () => {
  const [x, t] = [randomTensor([6, 10], 1), randomTensor([6, 10], 2)];
  const y = square(losses.huberLoss(square(x), t, { reduction: "none" }));
  expect(optimize(makeGraph("fused", { y })).nodes).toHaveLength(1);
  const [fused, unfused] = [await evaluate({ y }), await evaluate({ y }, { fuse: false })];
  expect([...fused.y]).toEqual([...unfused.y]);
});

test("a mean takes no more than its terms, their sum (2) and the gradient: 4 dispatches", () => {
  const [x, t] = [randomTensor([64, 10], 1), randomTensor([64, 10], 2)];
  const loss = losses.mseLoss(x, t);
  const [dx] = differentiate(loss, [x], add);
  if (!dx) throw new Error("no gradient");
  const planned = plan(makeGraph("mse", { loss, dx }), layVariables([]), defaultTarget);
  expect(planned.calls).toHaveLength(4);
});

test("wrong input", () => {
  const x = randomTensor([4, 3], 1);
  expect(() => losses.mseLoss(x, randomTensor([4, 1], 1))).toThrow(ShapeError);
  expect(() => losses.mseLoss(x, x, { reduction: "average" } as unknown as losses.LossOptions)).toThrow(GraphError);
  expect(() => losses.mseLoss(x, x, { delta: 1 } as losses.LossOptions)).toThrow(
    /option delta; wanted one of reduction/,
  );
  expect(() => losses.huberLoss(x, x, { delta: 0 })).toThrow(/delta 0; wanted delta to be above 0/);
  expect(() => losses.smoothL1Loss(x, x, { beta: -1 })).toThrow(GraphError);
  const posWeight = randomTensor([2, 4, 3], 1);
  expect(() => losses.bceWithLogits(x, x, { posWeight })).toThrow(/broadcasts to \[4, 3\]/);
  const loss = losses.bceWithLogits(x, x, { sampleWeight: x });
  expect(() => differentiate(losses.mseLoss(x, randomTensor([4, 3], 2)), [x], add)).not.toThrow();
  expect(() => differentiate(loss, [x], add)).toThrow(/weights that depend on a parameter/);
});

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, relative: number): void {
  expect(got.length).toBe(want.length);
  const size = Math.max(1e-6, ...Array.from(want, Math.abs));
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0)) / size;
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThanOrEqual(relative);
}
