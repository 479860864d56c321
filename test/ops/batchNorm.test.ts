import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, makeVariable, type Value } from "../../src/core/graph.ts";
import { apply } from "../../src/core/op.ts";
import { type Shape, sizeOf, tensorType } from "../../src/core/types.ts";
import { leakyRelu, relu, silu, tanh } from "../../src/ops/activations.ts";
import {
  type BatchNormOptions,
  batchNorm,
  batchNormApplyOp,
  batchNormEval,
  batchNormOp,
} from "../../src/ops/batchNorm.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { evaluate, numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

test("the reference's cases", async () => {
  await checkGolden("batch_norm");
}, 60_000);

interface Problem {
  readonly x: Float32Array;
  readonly dY: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

function problemOf(shape: Shape, offset: number): Problem {
  const channels = shape.at(-1) ?? 1;
  return {
    x: numbers(sizeOf(shape), 1).map((value, i) => value * (1 + (i % channels)) + offset),
    dY: numbers(sizeOf(shape), 2),
    weight: numbers(channels, 3).map((value) => value + 1.5),
    bias: numbers(channels, 4),
  };
}

/** Two passes in float64, channel by channel. */
function reference({ x, dY, weight, bias }: Problem, epsilon: number) {
  const channels = weight.length;
  const rows = x.length / channels;
  const [y, dX] = [new Float64Array(x.length), new Float64Array(x.length)];
  const byChannel = { mean: [] as number[], variance: [] as number[], dWeight: [] as number[], dBias: [] as number[] };
  for (let c = 0; c < channels; c++) {
    const at = Array.from({ length: rows }, (_, row) => row * channels + c);
    const sum = (term: (i: number) => number) => at.reduce((total, i) => total + term(i), 0);
    const mean = sum((i) => x[i] ?? 0) / rows;
    const variance = sum((i) => ((x[i] ?? 0) - mean) ** 2) / rows;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    const z = (i: number) => ((x[i] ?? 0) - mean) * inverse;
    const dBias = sum((i) => dY[i] ?? 0);
    const dWeight = sum((i) => (dY[i] ?? 0) * z(i));
    for (const i of at) {
      y[i] = z(i) * (weight[c] ?? 0) + (bias[c] ?? 0);
      dX[i] = (weight[c] ?? 0) * inverse * ((dY[i] ?? 0) - dBias / rows - (z(i) * dWeight) / rows);
    }
    byChannel.mean.push(mean);
    byChannel.variance.push(variance);
    byChannel.dWeight.push(dWeight);
    byChannel.dBias.push(dBias);
  }
  return { y, dX, ...byChannel };
}

function expectClose(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length, name).toBe(want.length);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(error <= worst)) worst = error;
  }
  expect(worst, name).toBeLessThanOrEqual(tolerance);
}

const targets = [
  {},
  { software: false, subgroups: false },
  ...["slices", 1, 2, 4].map((normalize) => ({ force: { normalize } })),
];

describe.each(targets)("against float64, on %o", (target) => {
  test.each([
    [[2, 1], 0],
    [[7, 3], 0],
    [[2, 5, 4], 0],
    [[3, 7, 5, 8], 5],
    [[1, 1, 13, 6], -3],
    [[2, 3, 2, 5, 17], 0],
    [[5, 32, 31, 12], 100],
    [[70_000, 2], 1000],
  ] as [Shape, number][])("%o about %d", async (shape, offset) => {
    const problem = problemOf(shape, offset);
    const channels = problem.weight.length;
    const x = tensor(shape, problem.x);
    const weight = tensor([channels], problem.weight);
    const bias = tensor([channels], problem.bias);
    const { y, mean, variance } = batchNorm(x, { weight, bias, epsilon: 1e-3 });
    const [dX, dWeight, dBias] = differentiate(y, [x, weight, bias], add, tensor(shape, problem.dY));
    const [alone] = differentiate(y, [weight], add, tensor(shape, problem.dY));
    const got = await evaluate(
      {
        y,
        mean,
        variance,
        dX: dX ?? fail(),
        dWeight: dWeight ?? fail(),
        dBias: dBias ?? fail(),
        alone: alone ?? fail(),
      },
      { target },
    );
    const want = reference(problem, 1e-3);
    // Of f32: x has so many digits beside its mean.
    const digits = 2 ** -23 * (1 + Math.abs(offset));
    const rows = problem.x.length / channels;
    expectClose("mean", got.mean, want.mean, 2 ** -23 * (Math.abs(offset) + 2 * channels));
    expectClose("variance", got.variance, want.variance, 1e-6 * channels ** 2);
    expectClose("y", got.y, want.y, 2e-6 + 4 * digits);
    expectClose("dX", got.dX, want.dX, 5e-6 + 4 * digits);
    // Sums of so many terms of size about 1.
    expectClose("dBias", got.dBias, want.dBias, 2e-7 * rows);
    expectClose("dWeight", got.dWeight, want.dWeight, (2e-7 + digits) * rows);
    expect([...got.alone]).toEqual([...got.dWeight]);
  });
});

describe.each(targets)("applied again from its statistics, on %o", (target) => {
  test.each([[[7, 3]], [[3, 7, 5, 8]], [[2, 3, 2, 5, 17]]] as [Shape][])("%o has the same bits", async (shape) => {
    const channels = shape.at(-1) ?? 0;
    const [x, skip, row] = [randomTensor(shape, 1), randomTensor(shape, 2), randomTensor([channels], 3)];
    const [weight, bias] = [randomTensor([channels], 4), randomTensor([channels], 5)];
    const attrs = { epsilon: 1e-3, momentum: 0.9, running: false };
    const [y, statistics] = apply(batchNormOp, [x, weight, bias], attrs);
    const again = apply(batchNormApplyOp, [x, statistics ?? fail()], attrs)[0];
    const ends = (value: Value = fail()) => relu(add(mul(value, row), skip));
    const fused = await evaluate({ y: ends(y), again: ends(again) }, { target });
    expect([...fused.again]).toEqual([...fused.y]);
    expect(fused.y.some((value) => value > 0)).toBe(true);
  });
});

test("an outlier in the first place costs no digits", async () => {
  const values = numbers(4096, 1).map((value) => value + 1000);
  values[0] = -1e5;
  const want = reference({ x: values, dY: values, weight: Float32Array.of(1), bias: Float32Array.of(0) }, 0);
  const { variance } = batchNorm(tensor([4096, 1], values));
  const got = await evaluate({ variance });
  expect(Math.abs((got.variance[0] ?? 0) / (want.variance[0] ?? 1) - 1)).toBeLessThan(1e-6);
});

function statistic(name: string, data: Float32Array) {
  const initial = { kind: "values", data } as const;
  return makeVariable({ name, role: "statistic", type: tensorType([data.length]), initial });
}

test("running statistics are overwritten, with the unbiased variance; two runs give the same bits", async () => {
  const shape = [3, 5, 7, 6];
  const problem = problemOf(shape, 2);
  const old = { mean: numbers(6, 8), variance: numbers(6, 9).map((value) => value + 2) };
  const run = () => {
    const mean = statistic("mean", old.mean);
    const variance = statistic("variance", old.variance);
    const result = batchNorm(tensor(shape, problem.x), {
      runningMean: mean.value,
      runningVariance: variance.value,
      momentum: 0.9,
    });
    const [newMean, newVariance] = result.updates;
    const outputs = { y: result.y, newMean: newMean ?? fail(), newVariance: newVariance ?? fail() };
    return evaluate(outputs, { variables: [mean, variance] });
  };
  const got = await run();
  const want = reference({ ...problem, weight: new Float32Array(6).fill(1), bias: new Float32Array(6) }, 1e-3);
  const unbiased = 105 / 104;
  expectClose("y", got.y, want.y, 3e-6);
  expectClose(
    "mean",
    got.newMean,
    want.mean.map((mean, c) => 0.9 * (old.mean[c] ?? 0) + 0.1 * mean),
    1e-6,
  );
  const variances = want.variance.map((value, c) => 0.9 * (old.variance[c] ?? 0) + 0.1 * value * unbiased);
  expectClose("variance", got.newVariance, variances, 4e-6);
  const again = await run();
  for (const name of ["y", "newMean", "newVariance"] as const) expect([...again[name]]).toEqual([...got[name]]);
});

test("ReLU joins the last kernel, its derivative the first of the gradient: two dispatches forward, two backward", async () => {
  const x = randomTensor([4, 6, 6, 8], 1);
  const weight = randomTensor([8], 2);
  const bias = randomTensor([8], 3);
  const y = relu(batchNorm(x, { weight, bias }).y);
  const [dX, dWeight, dBias] = differentiate(y, [x, weight, bias], add, randomTensor([4, 6, 6, 8], 4));
  const outputs = { y, dX: dX ?? fail(), dWeight: dWeight ?? fail(), dBias: dBias ?? fail() };
  const { calls } = plan(makeGraph("norm", outputs), layVariables([]), defaultTarget);
  expect(calls.map(({ call }) => call.name)).toEqual([
    "batchNorm/statistics",
    "batchNorm/apply",
    "batchNormGradient/table",
    "batchNormGradient/apply",
  ]);
});

describe.each(targets)("the derivative of an activation behind it, on %o", (target) => {
  test.each([
    ["relu", relu],
    ["leakyRelu", (y: Value) => leakyRelu(y)],
    ["tanh", tanh],
    ["silu", silu],
  ] as const)("%s has the bits of a node of its own", async (_, activation) => {
    for (const shape of [
      [4, 6, 5, 8],
      [3, 67, 3],
      [2, 9, 2, 6],
    ]) {
      const channels = shape.at(-1) ?? 1;
      // Whole numbers, so that many values lie at a step of the derivative exactly: a constant channel is bias alone.
      const x = tensor(
        shape,
        numbers(sizeOf(shape), 1).map((value, i) => (i % channels === 0 ? 3 : Math.round(4 * value))),
      );
      const [weight, bias] = [randomTensor([channels], 2), tensor([channels], new Array(channels).fill(0))];
      const y = activation(batchNorm(x, { weight, bias }).y);
      const [dX, dWeight, dBias] = differentiate(y, [x, weight, bias], add, randomTensor(shape, 3));
      const [alone] = differentiate(y, [weight], add, randomTensor(shape, 3));
      const outputs = { dX: dX ?? fail(), dWeight: dWeight ?? fail(), dBias: dBias ?? fail(), alone: alone ?? fail() };
      const [fused, apart] = [await evaluate(outputs, { target }), await evaluate(outputs, { target, fuse: false })];
      expect(fused).toEqual(apart);
      expect(fused.dX.some((value) => value !== 0)).toBe(true);
    }
  });
});

test("on a GPU, many workgroups share the sums of a large tensor; on a CPU few are enough", () => {
  const names = (side: number, software: boolean) => {
    const { y } = batchNorm(randomTensor([4, side, side, 16], 1));
    const { calls } = plan(makeGraph("norm", { y }), layVariables([]), { ...defaultTarget, software });
    return calls.map(({ call }) => call.name);
  };
  const [inOne, inTwo] = [
    ["batchNorm/statistics", "batchNorm/apply"],
    ["batchNorm/moments", "batchNorm/statistics", "batchNorm/apply"],
  ];
  expect(names(16, false)).toEqual(inOne);
  expect(names(64, false)).toEqual(inTwo);
  expect(names(64, true)).toEqual(inOne);
});

test("without running statistics it may read two more tensors at its end", async () => {
  const x = randomTensor([3, 4, 8], 1);
  const [a, b] = [randomTensor([3, 4, 8], 2), randomTensor([8], 3)];
  const y = relu(mul(add(batchNorm(x).y, a), b));
  const [fused, apart] = [await evaluate({ y }), await evaluate({ y }, { fuse: false })];
  expectClose("y", fused.y, apart.y, 2e-6);
});

describe("in evaluation", () => {
  const given = (channels: number) => ({
    mean: randomTensor([channels], 5),
    variance: tensor(
      [channels],
      numbers(channels, 6).map((value) => value + 2),
    ),
    weight: randomTensor([channels], 7),
    bias: randomTensor([channels], 8),
  });

  test("it folds into the convolution before it", async () => {
    const gpu = await testGpu();
    const image = randomTensor([2, 6, 6, 3], 1);
    const y = relu(batchNormEval(conv2d(image, randomTensor([3, 3, 3, 8], 2)), given(8)));
    const { calls } = plan(makeGraph("norm", { y }), layVariables([]), gpu.target);
    // The factor of each channel, and the convolution.
    expect(calls).toHaveLength(2);
    expectClose("y", (await evaluate({ y })).y, (await evaluate({ y }, { fuse: false })).y, 2e-6);
  });

  test("the gradient treats the statistics as constants", async () => {
    const x = randomTensor([5, 4], 1);
    const { weight, bias, mean, variance } = given(4);
    const dY = randomTensor([5, 4], 9);
    const [dX, dWeight, dBias] = differentiate(
      batchNormEval(x, { weight, bias, mean, variance, epsilon: 0.5 }),
      [x, weight, bias],
      add,
      dY,
    );
    const got = await evaluate({ dX: dX ?? fail(), dWeight: dWeight ?? fail(), dBias: dBias ?? fail() });
    const [xs, dYs, ws, means] = [numbers(20, 1), numbers(20, 9), numbers(4, 7), numbers(4, 5)];
    const variances = numbers(4, 6).map((value) => value + 2);
    const inverse = Array.from(variances, (value) => 1 / Math.sqrt(value + 0.5));
    const column = (term: (i: number, c: number) => number) =>
      [0, 1, 2, 3].map((c) => [0, 1, 2, 3, 4].reduce((sum, row) => sum + term(row * 4 + c, c), 0));
    expectClose(
      "dX",
      got.dX,
      Array.from(dYs, (d, i) => d * (ws[i % 4] ?? 0) * (inverse[i % 4] ?? 0)),
      1e-6,
    );
    expectClose(
      "dBias",
      got.dBias,
      column((i) => dYs[i] ?? 0),
      1e-6,
    );
    const z = (i: number, c: number) => ((xs[i] ?? 0) - (means[c] ?? 0)) * (inverse[c] ?? 0);
    expectClose(
      "dWeight",
      got.dWeight,
      column((i, c) => (dYs[i] ?? 0) * z(i, c)),
      2e-6,
    );
  });
});

describe("wrong input", () => {
  const x = randomTensor([4, 3], 1);
  test.each([
    [() => batchNorm(randomTensor([1, 3], 1)), ShapeError, /one value in each channel; wanted two or more/],
    [() => batchNorm(randomTensor([1, 1, 1, 3], 1)), ShapeError, /larger batch/],
    [() => batchNorm(randomTensor([3], 1)), ShapeError, /wanted \[.., C\] with a batch axis/],
    [() => batchNorm(x, { weight: randomTensor([4], 1) }), ShapeError, /weight \[4\] for x \[4, 3\]; wanted \[3\]/],
    [() => batchNorm(x, { runningMean: randomTensor([3], 1) }), GraphError, /one running statistic/],
    [() => batchNorm(x, { momentum: 2 }), GraphError, /momentum 2; wanted momentum to be from 0 to 1/],
    [() => batchNorm(x, { epsilon: -1 }), GraphError, /epsilon -1/],
    [() => batchNorm(x, { eps: 1 } as BatchNormOptions), GraphError, /option eps/],
    [() => batchNorm(tensor([4, 3], new Array(12).fill(1), "i32")), DTypeError, /wanted f32/],
    [
      () => batchNormEval(x, { mean: randomTensor([2], 1), variance: randomTensor([3], 1) }),
      ShapeError,
      /mean \[2\] for x/,
    ],
  ] as const)("%#", (make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  test("statistics of another tensor", () => {
    const attrs = { epsilon: 1e-3, momentum: 0.9, running: false };
    const again = (statistics: Value) => () => apply(batchNormApplyOp, [x, statistics], attrs);
    expect(again(randomTensor([5, 1, 4], 1))).toThrow(ShapeError);
    expect(again(randomTensor([5, 1, 4], 1))).toThrow(/statistics f32\[5, 1, 4\]; wanted \[5, 1, 3\]/);
    expect(again(randomTensor([5, 1, 3], 1))).not.toThrow();
  });

  test("a loss of the batch's statistics", () => {
    const { y, variance } = batchNorm(x);
    const loss: Value = mul(y, variance);
    expect(() => differentiate(loss, [x], add, x)).toThrow(/a loss that depends on the batch's statistics/);
  });
});

function fail(): never {
  throw new Error("no gradient");
}
