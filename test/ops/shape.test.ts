import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, type Value } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { type Shape, sizeOf, stridesOf, tensorType } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add } from "../../src/ops/elementwise.ts";
import * as ops from "../../src/ops/shape.ts";
import type { Sides } from "../../src/ops/window.ts";
import { optimize } from "../../src/passes/index.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { shapeAdapters } from "../conformance/adapters/shape.ts";
import { checkGolden } from "../support/golden.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(Object.keys(shapeAdapters))("golden vectors of %s", (op) => checkGolden(op));

/** Where the element of y at these coordinates comes from in x; null: from nowhere. */
type Origin = (at: readonly number[]) => readonly number[] | null;

/** For every element of y the flat place in x, or -1. */
function placesOf(yShape: Shape, xShape: Shape, origin: Origin): number[] {
  const [strides, from] = [stridesOf(yShape), stridesOf(xShape)];
  return Array.from({ length: sizeOf(yShape) }, (_, i) => {
    const at = strides.map((stride, axis) => Math.floor(i / stride) % (yShape[axis] ?? 1));
    return origin(at)?.reduce((sum, place, axis) => sum + place * (from[axis] ?? 0), 0) ?? -1;
  });
}

/** Checks an operator that moves elements: in f32 with its gradient, which is the transposed move, and in i32. */
async function expectMoves(shape: Shape, op: (x: Value) => Value, origin: Origin, fill = 0): Promise<void> {
  const size = sizeOf(shape);
  const x = numbers(size, 1);
  const whole = Int32Array.from(x, (value) => Math.round(value * 1e9));
  const leaf = tensor(shape, x);
  const y = op(leaf);
  const dY = numbers(sizeOf(y.type.shape), 2);
  const [dX] = differentiate(y, [leaf], add, tensor(y.type.shape, dY));
  const got = await evaluate({ y, dX: dX as Value, whole: op(tensor(shape, whole, "i32")) });
  const places = placesOf(y.type.shape, shape, origin);
  expect(Array.from(got.y)).toEqual(places.map((place) => (place < 0 ? fill : (x[place] ?? Number.NaN))));
  expect(Array.from(got.whole)).toEqual(places.map((place) => (place < 0 ? fill : (whole[place] ?? Number.NaN))));
  const wanted = new Float64Array(size);
  places.forEach((place, i) => {
    if (place >= 0) wanted[place] = (wanted[place] ?? 0) + (dY[i] ?? 0);
  });
  // At most a few dozen terms below 1 meet in one element.
  expect(got.dX.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) < 1e-5)).toBe(true);
}

const permutations: [Shape, number[]][] = [
  [
    [3, 5],
    [1, 0],
  ],
  [
    [2, 8, 3, 4],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 4, 8],
    [0, 3, 1, 2],
  ],
  [
    [4, 1, 6],
    [2, 1, 0],
  ],
  [
    [2, 3, 2, 5],
    [-1, 0, -2, 1],
  ],
  [
    [2, 3, 2, 1, 3, 2],
    [5, 4, 3, 2, 1, 0],
  ],
  [
    [3, 2, 2, 3, 2, 2],
    [2, 0, 5, 3, 1, 4],
  ],
  [
    [2, 13, 17],
    [1, 0, 2],
  ],
];
test.each(permutations)("permute %j by %j", async (shape, dims) => {
  const axes = dims.map((axis) => (axis < 0 ? axis + shape.length : axis));
  await expectMoves(
    shape,
    (x) => ops.permute(x, dims),
    (at) => shape.map((_, axis) => at[axes.indexOf(axis)] ?? 0),
  );
});

const slices: [Shape, number[], number[], number[]][] = [
  [[10], [3], [10], [4]],
  [
    [3, 8],
    [0, 4],
    [3, 8],
    [1, 1],
  ],
  [
    [4, 6, 8],
    [-3, 0, -8],
    [-1, 100, -1],
    [1, 5, 3],
  ],
  [
    [2, 7, 5, 4],
    [1, 1, 2, 0],
    [2, 7, 3, 4],
    [1, 2, 1, 1],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [0, 1, 1, 0, 0, 2],
    [2, 3, 2, 3, 2, 3],
    [1, 1, 1, 2, 1, 1],
  ],
];
test.each(slices)("slice %j from %j to %j by %j", async (shape, start, end, step) => {
  const first = shape.map((side, axis) => ((start[axis] ?? 0) + side) % side);
  await expectMoves(
    shape,
    (x) => ops.slice(x, start, end, step),
    (at) => at.map((place, axis) => (first[axis] ?? 0) + place * (step[axis] ?? 1)),
  );
});

const pads: [Shape, Sides[]][] = [
  [[5], [[2, 3]]],
  [
    [2, 4, 5, 8],
    [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 0],
    ],
  ],
  [
    [3, 8],
    [
      [0, 1],
      [4, 8],
    ],
  ],
  [
    [2, 6, 7, 3],
    [
      [0, 0],
      [-1, 2],
      [2, -3],
      [0, 0],
    ],
  ],
  [
    [4, 3],
    [
      [-2, -1],
      [1, 1],
    ],
  ],
];
describe.each(pads)("pad %j by %j", (shape, paddings) => {
  const from = (place: number, axis: number) => place - (paddings[axis]?.[0] ?? 0);
  test("constant", async () => {
    const origin: Origin = (at) => {
      const source = at.map(from);
      return source.every((place, axis) => place >= 0 && place < (shape[axis] ?? 1)) ? source : null;
    };
    await expectMoves(shape, (x) => ops.pad(x, paddings, { value: 7 }), origin, 7);
  });

  test("replicate", async () => {
    const origin: Origin = (at) => at.map((place, axis) => clamp(from(place, axis), 0, (shape[axis] ?? 1) - 1));
    await expectMoves(shape, (x) => ops.pad(x, paddings, { mode: "replicate" }), origin);
  });

  test("reflect", async () => {
    if (paddings.some(([before, after], axis) => Math.max(before, after) >= (shape[axis] ?? 1))) return;
    const mirror = (place: number, last: number) => (place < 0 ? -place : place > last ? 2 * last - place : place);
    const origin: Origin = (at) => at.map((place, axis) => mirror(from(place, axis), (shape[axis] ?? 1) - 1));
    await expectMoves(shape, (x) => ops.pad(x, paddings, { mode: "reflect" }), origin);
  });
});

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

test("a single pixel is replicated on both sides", async () => {
  const sides: Sides[] = [
    [0, 0],
    [2, 3],
  ];
  await expectMoves(
    [3, 1],
    (x) => ops.pad(x, sides, { mode: "replicate" }),
    ([row = 0]) => [row, 0],
  );
});

describe("views", () => {
  const x = randomTensor([2, 1, 3, 1], 3);
  const calls = (y: Value) => schedule(optimize(makeGraph("test", { y })), defaultTarget).length;

  test("flatten, squeeze and expandDims give these shapes", () => {
    expect(ops.flatten(x).type.shape).toEqual([2, 3]);
    expect(ops.flatten(randomTensor([4], 1)).type.shape).toEqual([4, 1]);
    expect(ops.squeeze(x).type.shape).toEqual([2, 3]);
    expect(ops.squeeze(x, -1).type.shape).toEqual([2, 1, 3]);
    expect(ops.squeeze(x, [1, 3]).type.shape).toEqual([2, 3]);
    expect(ops.expandDims(x, 0).type.shape).toEqual([1, 2, 1, 3, 1]);
    expect(ops.expandDims(x, -1).type.shape).toEqual([2, 1, 3, 1, 1]);
    expect(ops.reshape(x, [3, -1]).type.shape).toEqual([3, 2]);
  });

  test("run no kernel, and neither does a permute that moves sides of 1 alone", async () => {
    const y = ops.permute(ops.expandDims(ops.squeeze(x), 0), [1, 0, 2]);
    expect(y.type.shape).toEqual([2, 1, 3]);
    expect(calls(y)).toBe(0);
    expect(calls(ops.permute(x, [2, 1, 0, 3]))).toBe(1);
    expect(await evaluate({ y: tanh(y) })).toEqual(await evaluate({ y: tanh(x) }));
  });

  test("hand their gradient back in the shape it came from", async () => {
    const leaf = randomTensor([2, 6], 4);
    const dY = numbers(12, 5);
    const [dX] = differentiate(ops.reshape(ops.expandDims(leaf, 1), [3, 4]), [leaf], add, tensor([3, 4], dY));
    expect(dX?.type.shape).toEqual([2, 6]);
    expect((await evaluate({ dX: tanh(tanh(dX as Value)) })).dX).toEqual(
      (await evaluate({ y: tanh(tanh(tensor([12], dY))) })).y,
    );
  });
});

test("a function of the result runs in the kernel of a mirrored pad's gradient", async () => {
  const x = randomTensor([2, 5, 4], 8);
  for (const mode of ["reflect", "replicate"] as const) {
    const sides: Sides[] = [
      [0, 0],
      [3, 2],
      [0, 0],
    ];
    const y = ops.pad(tanh(x), sides, { mode });
    const [dX] = differentiate(y, [x], add, randomTensor(y.type.shape, 9));
    const values = { dX: dX as Value };
    const calls = schedule(optimize(makeGraph("test", values)), defaultTarget);
    expect(calls.map(({ call }) => call.name)).toEqual(["mirrorPadBackward"]);
    expect(await evaluate(values)).toEqual(await evaluate(values, { fuse: false }));
  }
});

test("permute numbers its elements past 65,535 workgroups", async () => {
  const [rows, columns] = [4099, 4097];
  const x = Int32Array.from({ length: rows * columns }, (_, i) => i);
  const { y } = await evaluate({ y: ops.permute(tensor([rows, columns], x, "i32"), [1, 0]) });
  let wrong = 0;
  for (let i = 0; i < y.length; i++) if (y[i] !== (i % rows) * columns + Math.floor(i / rows)) wrong++;
  expect(wrong).toBe(0);
});

describe("errors", () => {
  const x = randomTensor([2, 3, 4], 6);
  const deep = randomTensor([1, 1, 2, 1, 1, 1, 2], 7);
  const bytes = input("bytes", tensorType([2, 2], "u8"));
  const one: Sides[] = [
    [0, 0],
    [0, 0],
    [1, 4],
  ];
  const wrong: [string, () => unknown, new (message: string) => Error, RegExp][] = [
    ["a reshape of other size", () => ops.reshape(x, [5, 5]), ShapeError, /24 elements/],
    ["two open sides", () => ops.reshape(x, [-1, -1]), ShapeError, /24 elements/],
    ["a squeeze of a long axis", () => ops.squeeze(x, 1), ShapeError, /side 1/],
    ["an axis that is not there", () => ops.expandDims(x, 4), ShapeError, /axis 4/],
    ["an axis twice", () => ops.permute(x, [0, 1, 1]), ShapeError, /each of 3 axes once/],
    ["an axis too few", () => ops.permute(x, [0, 1]), ShapeError, /each of 3 axes once/],
    ["more axes than the kernels know", () => ops.permute(deep, [6, 5, 4, 3, 2, 1, 0]), ShapeError, /at most 6 axes/],
    ["an empty slice", () => ops.slice(x, [0, 2, 0], [2, 2, 4]), ShapeError, /nothing/],
    ["a slice of two axes", () => ops.slice(x, [0, 0], [1, 1]), ShapeError, /3 whole numbers/],
    ["a step of 0", () => ops.slice(x, [0, 0, 0], [2, 3, 4], [1, 0, 1]), ShapeError, /steps of at least 1/],
    ["concat of nothing", () => ops.concat([]), ShapeError, /nothing/],
    ["concat of ranks", () => ops.concat([x, randomTensor([2, 3], 1)]), ShapeError, /differ in that axis alone/],
    ["concat of sides", () => ops.concat([x, randomTensor([2, 2, 4], 1)]), ShapeError, /differ in that axis alone/],
    ["concat of types", () => ops.concat([x, tensor([2, 3, 1], new Array(6).fill(0), "i32")]), ShapeError, /one type/],
    ["a pad of two axes", () => ops.pad(x, one.slice(1)), ShapeError, /each of 3 axes/],
    ["a crop of everything", () => ops.pad(x, one.with(1, [-2, -1])), ShapeError, /sides of at least 1/],
    ["a reflection of more than there is", () => ops.pad(x, one, { mode: "reflect" }), ShapeError, /at most 3/],
    [
      "a value that reflect has no use for",
      () => ops.pad(x, one, { mode: "reflect", value: 1 }),
      GraphError,
      /value 1/,
    ],
    ["a fraction in i32", () => ops.pad(tensor([1], [1], "i32"), [[1, 0]], { value: 0.5 }), GraphError, /value 0.5/],
    ["an unknown mode", () => ops.pad(x, one, { mode: "wrap" as "reflect" }), GraphError, /wrap/],
    ["bytes, four of which are a word", () => ops.permute(bytes, [1, 0]), DTypeError, /u8/],
  ];
  test.each(wrong)("%s", (_, build, error, message) => {
    expect(() => withPath("net", () => build())).toThrow(error);
    expect(() => withPath("net", () => build())).toThrow(message);
    expect(() => withPath("net", () => build())).toThrow(/^net\//);
  });
});
