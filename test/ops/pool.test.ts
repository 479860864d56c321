import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { sizeOf } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add } from "../../src/ops/elementwise.ts";
import * as ops from "../../src/ops/pool.ts";
import { optimize } from "../../src/passes/index.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { poolAdapters } from "../conformance/adapters/pool.ts";
import { checkGolden } from "../support/golden.ts";
import { type Tensor64, tensor64 } from "../support/reference.ts";
import * as naive from "../support/referencePool.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";
import { poolShapes } from "../support/shapes.ts";

test.each(Object.keys(poolAdapters))("golden vectors of %s", (op) => checkGolden(op));

function gradientOf(y: Value, x: Value, dY: Value): Value {
  const [dX] = differentiate(y, [x], add, dY);
  if (!dX) throw new Error("no gradient");
  return dX;
}

/** A few terms of at most 1 each are added and divided: a rounding of 2^-24 for each. */
function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-6): void {
  expect(got).toHaveLength(want.length);
  const worst = Array.from(got).reduce((most, value, i) => Math.max(most, Math.abs(value - (want[i] ?? 0))), 0);
  expect(worst).toBeLessThanOrEqual(tolerance);
}

type Window = Parameters<typeof naive.averagePool2d>[1];
type Image = readonly [n: number, h: number, w: number, c: number];

const plain: Window = {
  kernelSize: [2, 2],
  strides: [2, 2],
  dilations: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  ceilMode: false,
  countIncludePad: false,
};
const tops = [[2, 0] as const, [0, 1] as const] as const;
const sides = [[1, 2] as const, [2, 1] as const] as const;
const chosen: [Image, Partial<Window>][] = [
  // Windows that tile the image, in lanes of 4, 2 and 1, with and without rows and columns left over.
  [[2, 4, 6, 4], {}],
  [[2, 5, 7, 6], {}],
  [[2, 5, 6, 3], {}],
  [[1, 9, 10, 5], { kernelSize: [3, 5], strides: [3, 5] }],
  [[2, 7, 8, 3], { kernelSize: [3, 2], strides: [2, 1], padding: tops, countIncludePad: true }],
  [[1, 11, 9, 8], { kernelSize: [3, 3], strides: [1, 2], padding: sides, dilations: [2, 3] }],
  // Windows too large to unroll.
  [[1, 19, 40, 2], { kernelSize: [17, 34], strides: [1, 3] }],
];
const cases: [Image, Window][] = [
  ...poolShapes(24, 5).map(({ input, ...options }): [Image, Window] => [input, options]),
  ...chosen.map(([input, options]): [Image, Window] => [input, { ...plain, ...options }]),
];

describe.each(cases)("%j pooled by %j", (input, options) => {
  const x = numbers(sizeOf(input), 1);
  const leaf = tensor(input, x);
  const { countIncludePad: _, ...window } = options;

  test("max", async () => {
    const want = naive.maxPool2d(tensor64(input, x), options);
    const { values, indices } = ops.maxPoolWithIndices2d(leaf, window);
    expect(values.type.shape).toEqual(want.y.shape);
    const upstream = numbers(sizeOf(want.y.shape), 2);
    const dX = gradientOf(values, leaf, tensor(want.y.shape, upstream));
    const got = await evaluate({ values, indices, dX });
    const plane = input[1] * input[2];
    expect(Array.from(got.values)).toEqual(Array.from(want.y.data));
    expect(Array.from(got.indices)).toEqual(Array.from(want.places, (place) => Math.floor(place / input[3]) % plane));
    const wanted = naive.maxPool2dGradient(tensor64(input, x), tensor64(want.y.shape, upstream), options);
    expectClose(got.dX, wanted.data, 4e-6);
  });

  test("min is minus the max of minus", async () => {
    const values = ops.minPool2d(leaf, window);
    const want = naive.maxPool2d(
      tensor64(
        input,
        x.map((value) => -value),
      ),
      options,
    ).y;
    const upstream = numbers(sizeOf(want.shape), 2);
    const dX = gradientOf(values, leaf, tensor(want.shape, upstream));
    const got = await evaluate({ values, dX });
    expect(Array.from(got.values)).toEqual(Array.from(want.data, (value) => -value));
    const wanted = naive.maxPool2dGradient(
      tensor64(
        input,
        x.map((value) => -value),
      ),
      tensor64(want.shape, upstream),
      options,
    );
    expectClose(got.dX, wanted.data, 4e-6);
  });

  test("average", async () => {
    const { dilations, ...averaged } = options;
    if (dilations.some((dilation) => dilation > 1)) return;
    const want = naive.averagePool2d(tensor64(input, x), options);
    const values = ops.avgPool2d(leaf, averaged);
    expect(values.type.shape).toEqual(want.shape);
    const upstream = numbers(sizeOf(want.shape), 2);
    const dX = gradientOf(values, leaf, tensor(want.shape, upstream));
    const got = await evaluate({ values, dX });
    expectClose(got.values, want.data);
    expectClose(got.dX, naive.averagePool2dGradient(tensor64(want.shape, upstream), input, options).data);
  });
});

describe("the book's example of unpooling (002, In-Network Upsampling)", () => {
  const image = tensor([1, 4, 4, 1], [1, 2, 6, 3, 3, 5, 2, 1, 1, 2, 2, 1, 7, 3, 4, 8]);
  const small = tensor([1, 2, 2, 1], [1, 2, 3, 4]);

  test("max pooling remembers where, max unpooling goes back there", async () => {
    const { values, indices } = ops.maxPoolWithIndices2d(image, { kernelSize: 2 });
    const unpooled = ops.maxUnpool2d(small, indices, { kernelSize: 2 });
    const got = await evaluate({ values, indices, unpooled });
    expect(Array.from(got.values)).toEqual([5, 6, 7, 8]);
    expect(Array.from(got.indices)).toEqual([5, 2, 12, 15]);
    expect(Array.from(got.unpooled)).toEqual([0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4]);
  });

  test("average unpooling spreads each value over its window", async () => {
    const unpooled = ops.averageUnpool2d(small, { kernelSize: 2 });
    const got = await evaluate({ unpooled, again: ops.avgPool2d(unpooled, { kernelSize: 2 }) });
    expect(Array.from(got.unpooled)).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
    expect(Array.from(got.again)).toEqual([1, 2, 3, 4]);
  });
});

describe("max pooling", () => {
  test("of equal values takes the first, and gives it the whole gradient", async () => {
    const x = tensor([1, 3, 3, 1], [7, 7, 7, 7, 7, 7, 7, 7, 7]);
    const { values, indices } = ops.maxPoolWithIndices2d(x, { kernelSize: 2, strides: 1 });
    const dX = gradientOf(values, x, tensor([1, 2, 2, 1], [1, 2, 3, 4]));
    const got = await evaluate({ indices, dX });
    expect(Array.from(got.indices)).toEqual([0, 1, 3, 4]);
    expect(Array.from(got.dX)).toEqual([1, 2, 0, 3, 4, 0, 0, 0, 0]);
  });

  test("never takes padding, not even from -Infinity", async () => {
    const x = tensor([1, 2, 2, 1], [-1e30, -Infinity, -Infinity, -Infinity]);
    const options = { kernelSize: 2, padding: 1 };
    const { values, indices } = ops.maxPoolWithIndices2d(x, options);
    const got = await evaluate({ values, indices });
    expect(Array.from(got.values)).toEqual([Math.fround(-1e30), -Infinity, -Infinity, -Infinity]);
    expect(Array.from(got.indices)).toEqual([0, 1, 2, 3]);
  });

  test("lets NaN through wherever it stands in the window", async () => {
    const x = tensor([1, 2, 4, 1], [1, 2, Number.NaN, 4, 3, Number.NaN, 5, 6]);
    const { y } = await evaluate({ y: ops.maxPool2d(x, { kernelSize: 2 }) });
    expect(Array.from(y)).toEqual([Number.NaN, Number.NaN]);
  });

  test('padding "same" gives ceil(in / stride), the odd row at the end', async () => {
    const x = tensor([1, 5, 1, 1], [1, 2, 3, 4, 5]);
    const y = ops.maxPool2d(x, { kernelSize: [2, 1], strides: [2, 1], padding: "same" });
    expect(Array.from((await evaluate({ y })).y)).toEqual([2, 4, 5]);
  });

  test("numbers its pixels past 65,535 workgroups and 2,048 pixels a side", async () => {
    const side = 2100;
    const x = numbers(side * side, 3);
    const { values, indices } = ops.maxPoolWithIndices2d(tensor([1, side, side, 1], x), { kernelSize: 1 });
    const got = await evaluate({ values, indices });
    expect(got.values.every((value, i) => value === x[i])).toBe(true);
    expect(got.indices.every((index, i) => index === i)).toBe(true);
  });
});

test("one dimension is a row", async () => {
  const x = tensor([1, 5, 2], [1, 9, 4, 8, 2, 7, 3, 6, 5, 5]);
  const options = { kernelSize: 3, strides: 2 };
  const { values, indices } = ops.maxPoolWithIndices1d(x, options);
  const wide = ops.avgPool1d(x, { kernelSize: [3], strides: [2], padding: [[1, 1]], countIncludePad: true });
  const least = ops.minPool1d(x, options);
  expect([values, indices, least].map((value) => value.type.shape)).toEqual(Array(3).fill([1, 2, 2]));
  const got = await evaluate({
    values,
    indices,
    least,
    wide,
    mean: ops.globalAveragePool1d(x),
    most: ops.globalMaxPool1d(x),
  });
  expect(Array.from(got.values)).toEqual([4, 9, 5, 7]);
  expect(Array.from(got.indices)).toEqual([1, 0, 4, 2]);
  expect(Array.from(got.least)).toEqual([1, 7, 2, 5]);
  expectClose(
    got.wide,
    [5, 17, 9, 21, 8, 11].map((sum) => sum / 3),
    2e-6,
  );
  expectClose(got.mean, [3, 7]);
  expect(Array.from(got.most)).toEqual([5, 9]);
});

test("global pooling of an image drops the plane, or keeps it with side 1", async () => {
  const shape = [2, 5, 7, 3];
  const x = numbers(210, 4);
  const leaf = tensor(shape, x);
  const { mean, most } = { mean: ops.globalAveragePool2d(leaf), most: ops.globalMaxPool2d(leaf) };
  expect(mean.type.shape).toEqual([2, 3]);
  expect(ops.globalMaxPool2d(leaf, { keepDims: true }).type.shape).toEqual([2, 1, 1, 3]);
  const dY = numbers(6, 5);
  const dX = gradientOf(most, leaf, tensor([2, 3], dY));
  const got = await evaluate({ mean, most, dX });
  const whole = { ...plain, kernelSize: [5, 7] as const };
  expectClose(got.mean, naive.averagePool2d(tensor64(shape, x), whole).data);
  expect(Array.from(got.most)).toEqual(Array.from(naive.maxPool2d(tensor64(shape, x), whole).y.data));
  expectClose(got.dX, naive.maxPool2dGradient(tensor64(shape, x), tensor64([2, 1, 1, 3], dY), whole).data, 0);
});

/** By the definition: rows floor(oh H / OH) to ceil((oh + 1) H / OH). */
function adaptive64(x: Tensor64, height: number, width: number): Tensor64 {
  const [n = 1, h = 1, w = 1, c = 1] = x.shape;
  const y = tensor64([n, height, width, c]);
  y.data.forEach((_, i) => {
    const [image, row] = [Math.floor(i / (c * width * height)), Math.floor(i / (c * width)) % height];
    const column = Math.floor(i / c) % width;
    const [top, bottom] = [Math.floor((row * h) / height), Math.ceil(((row + 1) * h) / height)];
    const [left, right] = [Math.floor((column * w) / width), Math.ceil(((column + 1) * w) / width)];
    let sum = 0;
    for (let a = top; a < bottom; a++)
      for (let b = left; b < right; b++) sum += x.data[((image * h + a) * w + b) * c + (i % c)] ?? 0;
    y.data[i] = sum / ((bottom - top) * (right - left));
  });
  return y;
}

test.each([
  [[2, 7, 9, 3], 3, 4],
  [[1, 3, 1, 4], 5, 2],
  [[1, 13, 8, 2], 6, 4],
  [[1, 6, 6, 2], 3, 2],
])("adaptive average of %j to %i x %i", async (shape, height, width) => {
  const x = numbers(sizeOf(shape), 6);
  const leaf = tensor(shape, x);
  const y = ops.adaptiveAvgPool2d(leaf, [height, width]);
  expectClose((await evaluate({ y })).y, adaptive64(tensor64(shape, x), height, width).data);
});

describe("unpooling", () => {
  test("where several name one place the last stays, and all get its gradient; places outside are left out", async () => {
    const x = tensor([1, 2, 2, 2], [1, 10, 2, 20, 3, 30, 4, 40]);
    const indices = tensor([1, 2, 2, 2], [4, 0, 4, 9, 1, -1, 4, 8], "i32");
    const y = ops.maxUnpool2d(x, indices, { kernelSize: 2, outputSize: 3 });
    const dY = numbers(18, 8);
    const got = await evaluate({ y, dX: gradientOf(y, x, tensor([1, 3, 3, 2], dY)) });
    expect(Array.from(got.y)).toEqual([0, 10, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 40]);
    const at = (place: number, channel: number) => dY[place * 2 + channel];
    expect(Array.from(got.dX)).toEqual([at(4, 0), at(0, 1), at(4, 0), 0, at(1, 0), 0, at(4, 0), at(8, 1)]);
  });
});

describe("in a graph", () => {
  test("a neighbour's function runs in the kernels, forward and back, with the same numbers", async () => {
    const x = randomTensor([2, 7, 6, 4], 11);
    const build = (options: { kernelSize: number; strides: number }) => {
      const inner = tanh(x);
      const most = tanh(ops.maxPool2d(inner, options));
      const mean = tanh(ops.avgPool2d(most, options));
      return { mean, dX: gradientOf(mean, x, randomTensor(mean.type.shape, 12)) };
    };
    for (const options of [
      { kernelSize: 2, strides: 2 },
      { kernelSize: 3, strides: 1 },
    ]) {
      const values = build(options);
      const calls = schedule(optimize(makeGraph("test", values)), defaultTarget).map(({ call }) => call.name);
      expect(calls).toContain("maxPool2dBackward");
      expect(calls.length).toBeLessThan(schedule(makeGraph("test", values), defaultTarget).length - 2);
      expect(await evaluate(values)).toEqual(await evaluate(values, { fuse: false }));
      expect(await evaluate(values)).toEqual(await evaluate(values, { share: false }));
    }
  });
});

test("a neighbour's function runs in the kernels of adaptive pooling and unpooling, too", async () => {
  const x = randomTensor([1, 5, 7, 2], 14);
  const mean = tanh(ops.adaptiveAvgPool2d(tanh(x), [3, 4]));
  const { indices } = ops.maxPoolWithIndices2d(x, { kernelSize: 2, ceilMode: true });
  const back = tanh(ops.maxUnpool2d(mean, indices, { kernelSize: 2, outputSize: [5, 7] }));
  const values = { back, dX: gradientOf(back, x, randomTensor([1, 5, 7, 2], 15)) };
  expect(await evaluate(values)).toEqual(await evaluate(values, { fuse: false }));
  expect(await evaluate(values)).toEqual(await evaluate(values));
});

describe("errors", () => {
  const x = randomTensor([1, 4, 4, 2], 13);
  const wrong: [string, () => unknown, new (message: string) => Error, RegExp][] = [
    [
      "a rank that is no image",
      () => ops.maxPool2d(randomTensor([4, 4, 2], 1), { kernelSize: 2 }),
      ShapeError,
      /\[N, H, W, C\]/,
    ],
    ["a rank that is no sequence", () => ops.avgPool1d(x, { kernelSize: 2 }), ShapeError, /\[N, L, C\]/],
    [
      "an element type",
      () => ops.avgPool2d(tensor([1, 2, 2, 1], [1, 2, 3, 4], "i32"), { kernelSize: 2 }),
      DTypeError,
      /f32/,
    ],
    ["a window larger than the image", () => ops.maxPool2d(x, { kernelSize: 5 }), ShapeError, /height 4/],
    [
      "a window of padding alone",
      () => ops.avgPool2d(x, { kernelSize: 2, padding: 2 }),
      ShapeError,
      /some of the image/,
    ],
    ["kernelSize 0", () => ops.maxPool2d(x, { kernelSize: 0 }), GraphError, /kernelSize 0/],
    ["half a stride", () => ops.maxPool2d(x, { kernelSize: 2, strides: 0.5 }), GraphError, /strides 0.5/],
    ["three sides", () => ops.maxPool2d(x, { kernelSize: [2, 2, 2] }), GraphError, /2 of them/],
    ["negative padding", () => ops.maxPool2d(x, { kernelSize: 2, padding: -1 }), GraphError, /padding -1/],
    ["a misspelt option", () => ops.maxPool2d(x, { kernelSize: 2, ...{ stride: 1 } }), GraphError, /option stride/],
    ["a divisor of 0", () => ops.avgPool2d(x, { kernelSize: 2, divisorOverride: 0 }), GraphError, /divisorOverride 0/],
    ["an empty output", () => ops.adaptiveAvgPool2d(x, [0, 1]), GraphError, /outputSize/],
    [
      "indices of another shape",
      () => ops.maxUnpool2d(x, tensor([1, 1, 1, 1], [0], "i32"), { kernelSize: 2 }),
      ShapeError,
      /indices/,
    ],
    ["indices that are no integers", () => ops.maxUnpool2d(x, x, { kernelSize: 2 }), DTypeError, /i32/],
    [
      "an unpooled size that does not pool back",
      () => ops.averageUnpool2d(x, { kernelSize: 2, outputSize: 5 }),
      ShapeError,
      /\[1, 2, 2, 2\]/,
    ],
  ];
  test.each(wrong)("%s", (_, build, error, message) => {
    expect(() => withPath("net", () => build())).toThrow(error);
    expect(() => withPath("net", () => build())).toThrow(message);
    expect(() => withPath("net", () => build())).toThrow(/^net\//);
  });
});
