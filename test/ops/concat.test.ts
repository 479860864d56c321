import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { apply } from "../../src/core/op.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { concat, splitOp } from "../../src/ops/concat.ts";
import { add } from "../../src/ops/elementwise.ts";
import { optimize } from "../../src/passes/index.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each([
  [
    [
      [2, 3, 4],
      [2, 3, 8],
      [2, 3, 4],
    ] as Shape[],
    -1,
  ],
  [
    [
      [2, 3, 5],
      [2, 1, 5],
    ],
    1,
  ],
  [
    [
      [1, 7],
      [3, 7],
    ],
    0,
  ],
  [
    [
      [3, 2],
      [3, 1],
      [3, 4],
    ],
    1,
  ],
  // Neighbours of one width go together: an odd number of rows, one row; vectors and single words.
  [
    [
      [71, 12],
      [71, 12],
      [71, 20],
    ],
    -1,
  ],
  [
    [
      [9, 3, 1],
      [9, 3, 5],
      [9, 3, 5],
      [9, 3, 6],
      [9, 3, 1],
    ],
    2,
  ],
  [
    [
      [3, 7],
      [3, 7],
    ],
    0,
  ],
])("%j along %i", async (shapes, axis) => {
  const data = shapes.map((shape, i) => numbers(sizeOf(shape), i + 1));
  const leaves = shapes.map((shape, i) => tensor(shape, data[i] ?? []));
  const y = concat(leaves, axis);
  const dY = numbers(sizeOf(y.type.shape), 9);
  const gradients = differentiate(y, leaves, add, tensor(y.type.shape, dY));
  const named = Object.fromEntries(gradients.map((value, i) => [`d${i}`, value as Value]));
  const got: Record<string, ArrayLike<number>> = await evaluate({ y, ...named });
  const at = axis < 0 ? axis + y.type.shape.length : axis;
  const outer = sizeOf(y.type.shape.slice(0, at));
  const runs = shapes.map((shape) => sizeOf(shape.slice(at)));
  const line = runs.reduce((sum, run) => sum + run, 0);
  const want = Array.from({ length: outer }, (_, o) =>
    data.flatMap((part, i) => Array.from(part.slice(o * (runs[i] ?? 0), (o + 1) * (runs[i] ?? 0)))),
  ).flat();
  expect(Array.from(got.y ?? [])).toEqual(want);
  let start = 0;
  runs.forEach((run, i) => {
    const wanted = Array.from({ length: outer }, (_, o) =>
      Array.from(dY.slice(o * line + start, o * line + start + run)),
    );
    expect(Array.from(got[`d${i}`] ?? [])).toEqual(wanted.flat());
    start += run;
  });
});

test("takes more tensors than a kernel has bindings, and one more than once", async () => {
  const parts = Array.from({ length: 13 }, (_, i) => tensor([1, 2], [i, -i]));
  const y = concat([...parts, parts[3] as Value], 0);
  const got = await evaluate({ y });
  expect(Array.from(got.y)).toEqual([...Array(13).keys(), 3].flatMap((i) => [i, -i]));
  const x = tensor([1, 2], [1, 2]);
  const [dX] = differentiate(concat([x, x], 0), [x], add, tensor([2, 2], [1, 2, 30, 40]));
  expect(Array.from((await evaluate({ dX: dX as Value })).dX)).toEqual([31, 42]);
});

test("two tensors of one width take one dispatch, and so do their gradients; a gradient that is not wanted is not made", () => {
  const [a, b] = [randomTensor([2, 3, 4], 1), randomTensor([2, 3, 4], 2)];
  const y = concat([a, b]);
  const names = (...wanted: Value[]) => {
    const gradients = differentiate(y, wanted, add, randomTensor([2, 3, 8], 3));
    const outputs = Object.fromEntries([y, ...gradients].map((value, i) => [`${i}`, value as Value]));
    return schedule(optimize(makeGraph("test", outputs)), defaultTarget).map(({ call }) => call.name);
  };
  expect(names(a, b)).toEqual(["concat", "split"]);
  expect(names(b)).toEqual(["concat", "slice"]);
});

test("parts that are not all of a tensor are refused", () => {
  const x = randomTensor([2, 5], 1);
  const split = (axis: number, sides: number[]) => () => apply(splitOp, [x], { axis, sides });
  expect(split(1, [2, 2])).toThrow(/parts of \[2, 2\] of f32\[2, 5\] along axis 1; wanted whole numbers/);
  expect(split(1, [5, 0])).toThrow(ShapeError);
  expect(split(2, [5])).toThrow(ShapeError);
});

test("of one tensor is that tensor", () => {
  const x = randomTensor([2, 2], 1);
  expect(concat([x])).toBe(x);
});
