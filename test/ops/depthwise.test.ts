import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add } from "../../src/ops/elementwise.ts";
import { type DepthwiseOptions, depthwiseConv2d, separableConv2d } from "../../src/ops/separable.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import * as reference from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

test("separable convolution: the reference's cases", async () => {
  await checkGolden("separable_conv2d");
});

type Pair = readonly [number, number];
interface Case {
  readonly x: readonly [number, number, number, number];
  readonly kernel: Pair;
  readonly multiplier: number;
  readonly strides: Pair;
  readonly padding: readonly [Pair, Pair];
  readonly dilations: Pair;
}

const plain = {
  strides: [1, 1],
  dilations: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
} as const;
const cases: Case[] = [
  { ...plain, x: [1, 1, 1, 2], kernel: [1, 1], multiplier: 1 },
  {
    ...plain,
    x: [2, 7, 9, 8],
    kernel: [3, 3],
    multiplier: 1,
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
  {
    ...plain,
    x: [3, 8, 5, 6],
    kernel: [2, 4],
    multiplier: 1,
    strides: [2, 3],
    padding: [
      [0, 1],
      [2, 0],
    ],
  },
  {
    ...plain,
    x: [1, 11, 13, 5],
    kernel: [3, 2],
    multiplier: 3,
    dilations: [2, 3],
    padding: [
      [2, 1],
      [0, 4],
    ],
  },
  {
    ...plain,
    x: [2, 6, 6, 4],
    kernel: [5, 5],
    multiplier: 2,
    strides: [4, 1],
    padding: [
      [4, 4],
      [3, 3],
    ],
  },
  {
    ...plain,
    x: [2, 33, 17, 68],
    kernel: [3, 3],
    multiplier: 1,
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
  // A stride that the row does not fill, over both phases of rows; then with a dilation that shares no factor with it.
  {
    ...plain,
    x: [2, 10, 19, 8],
    kernel: [3, 3],
    multiplier: 1,
    strides: [2, 2],
    padding: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    ...plain,
    x: [1, 17, 23, 4],
    kernel: [3, 3],
    multiplier: 1,
    strides: [2, 2],
    dilations: [3, 3],
    padding: [
      [3, 2],
      [2, 3],
    ],
  },
  // Filters that are no longer written out: in one window, in several, and in one that registers do not hold.
  {
    ...plain,
    x: [1, 9, 12, 4],
    kernel: [7, 7],
    multiplier: 1,
    padding: [
      [3, 3],
      [3, 3],
    ],
  },
  {
    ...plain,
    x: [1, 2, 150, 4],
    kernel: [1, 70],
    multiplier: 1,
    padding: [
      [0, 0],
      [35, 34],
    ],
  },
  {
    ...plain,
    x: [1, 1, 160, 4],
    kernel: [1, 67],
    multiplier: 1,
    strides: [1, 2],
    padding: [
      [0, 0],
      [3, 3],
    ],
  },
];

describe.each([{}, { software: false, subgroups: false }])("against float64, on %o", (target) => {
  test.each(cases)("%o", async ({ x: shape, kernel: [kh, kw], multiplier, strides, padding, dilations }) => {
    const channels = shape[3];
    const filters = channels * multiplier;
    const options = { strides, padding, dilations, groups: channels };
    const data = { x: numbers(sizeOf(shape), 1), kernel: numbers(kh * kw * filters, 2), bias: numbers(filters, 3) };
    const x64 = reference.tensor64(shape, data.x);
    const kernel64 = reference.tensor64([kh, kw, 1, filters], data.kernel);
    const y64 = reference.conv2d(x64, kernel64, options);
    const dY = numbers(y64.data.length, 4);
    const dY64 = reference.tensor64(y64.shape, dY);

    const x = tensor(shape, data.x);
    const kernel = tensor([kh, kw, channels, multiplier], data.kernel);
    const bias = tensor([filters], data.bias);
    const y = depthwiseConv2d(x, kernel, bias, { strides, padding, dilations });
    expect(y.type.shape).toEqual(y64.shape);
    const [dX, dKernel, dBias] = differentiate(y, [x, kernel, bias], add, tensor(y64.shape, dY));
    const [alone] = differentiate(
      depthwiseConv2d(x, kernel, null, { strides, padding, dilations }),
      [kernel],
      add,
      tensor(y64.shape, dY),
    );
    const outputs = { y, dX: dX ?? fail(), dKernel: dKernel ?? fail(), dBias: dBias ?? fail(), alone: alone ?? fail() };
    const got = await evaluate(outputs, { target });
    const pixels = y64.data.length / filters;
    expectClose(
      "y",
      got.y,
      y64.data.map((value, i) => value + (data.bias[i % filters] ?? 0)),
      4e-6,
    );
    expectClose("dX", got.dX, reference.conv2dInputGradient(dY64, kernel64, shape, options).data, 4e-6);
    const dKernel64 = reference.conv2dKernelGradient(x64, dY64, kernel64.shape, options).data;
    expectClose("dKernel", got.dKernel, dKernel64, 1e-7 * pixels + 1e-6);
    expectClose("alone", got.alone, dKernel64, 1e-7 * pixels + 1e-6);
    const dBias64 = new Float64Array(filters);
    dY.forEach((value, i) => {
      dBias64[i % filters] = (dBias64[i % filters] ?? 0) + value;
    });
    expectClose("dBias", got.dBias, dBias64, 1e-7 * pixels + 1e-6);
  });
});

test("it has its own kernels, and takes the activation along", async () => {
  const gpu = await testGpu();
  const x = randomTensor([2, 8, 8, 16], 1);
  const y = tanh(depthwiseConv2d(x, randomTensor([3, 3, 16, 1], 2), randomTensor([16], 3), { padding: "same" }));
  const { calls } = plan(makeGraph("depthwise", { y }), layVariables([]), gpu.target);
  expect(calls.map(({ call }) => call.name)).toEqual(["conv2d/depthwise"]);
  expectClose("y", (await evaluate({ y })).y, (await evaluate({ y }, { fuse: false })).y, 1e-6);
});

test.each([
  [
    () => depthwiseConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([3, 3, 4, 1], 1)),
    ShapeError,
    /for as many channels/,
  ],
  [
    () => depthwiseConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([5, 5, 3, 1], 1)),
    ShapeError,
    /no larger than the padded image/,
  ],
  [() => depthwiseConv2d(randomTensor([4, 4, 3], 1), randomTensor([3, 3, 3, 1], 1)), ShapeError, /x \[N, H, W, C\]/],
  [
    () => depthwiseConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([3, 3, 3, 2], 1), randomTensor([3], 1)),
    ShapeError,
    /bias \[3\]; wanted \[6\]/,
  ],
  [
    () =>
      depthwiseConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([3, 3, 3, 1], 1), null, {
        groups: 3,
      } as DepthwiseOptions),
    GraphError,
    /option groups/,
  ],
  [
    () => separableConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([3, 3, 3, 2], 1), randomTensor([3, 3, 6, 2], 1)),
    ShapeError,
    /pointwise kernel/,
  ],
  [
    () => separableConv2d(randomTensor([1, 4, 4, 3], 1), randomTensor([3, 3, 3, 2], 1), randomTensor([1, 1, 3, 2], 1)),
    ShapeError,
    /as many channels in the kernel/,
  ],
] as const)("wrong input %#", (make, kind, message) => {
  expect(make).toThrow(kind);
  expect(make).toThrow(message);
});

function expectClose(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length, name).toBe(want.length);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(error <= worst)) worst = error;
  }
  expect(worst, name).toBeLessThanOrEqual(tolerance);
}

function fail(): never {
  throw new Error("no gradient");
}
