import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import { conv1d, conv1dTranspose } from "../../src/ops/conv1d.ts";
import { add } from "../../src/ops/elementwise.ts";
import { checkGolden } from "../support/golden.ts";
import { dot } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(["conv1d", "conv_transpose1d"])(
  "%s: the reference's cases",
  async (op) => {
    await checkGolden(op);
  },
  60_000,
);

test("padding by name, number and pair", () => {
  const x = randomTensor([2, 9, 3], 1);
  const kernel = randomTensor([4, 3, 5], 2);
  const lengthOf = (options: Parameters<typeof conv1d>[3]) => conv1d(x, kernel, null, options).type.shape[1];
  expect(lengthOf({})).toBe(6);
  expect(lengthOf({ padding: "same" })).toBe(9);
  expect(lengthOf({ padding: "same", strides: 2 })).toBe(5);
  expect(lengthOf({ padding: "full" })).toBe(12);
  expect(lengthOf({ padding: 1 })).toBe(8);
  expect(lengthOf({ padding: [[0, 3]] })).toBe(9);
  expect(lengthOf({ dilations: 2 })).toBe(3);
  const transposed = (options: Parameters<typeof conv1dTranspose>[3]) =>
    conv1dTranspose(x, randomTensor([4, 5, 3], 2), null, options).type.shape;
  expect(transposed({ strides: 2 })).toEqual([2, 20, 5]);
  expect(transposed({ strides: 2, padding: "same" })).toEqual([2, 18, 5]);
  expect(transposed({ strides: [3], outputPadding: 2 })).toEqual([2, 30, 5]);
});

test("the transposed convolution is the adjoint of the convolution", async () => {
  const options = { strides: 3, dilations: 2, padding: 2, groups: 2 };
  const x = randomTensor([3, 17, 4], 1);
  const kernel = randomTensor([3, 2, 6], 2);
  const y = conv1d(x, kernel, null, options);
  const d = randomTensor(y.type.shape, 3);
  const back = conv1dTranspose(d, kernel, null, { ...options, outputPadding: 1 });
  const [dX] = differentiate(y, [x], add, d);
  const got = await evaluate({ y, back, dX: dX ?? fail() });
  expect(back.type.shape.slice(0, 1)).toEqual([3]);
  const size = back.type.shape[1] ?? 0;
  // Rows of x beyond the last window have no gradient.
  const cut = (data: ArrayLike<number>, length: number) =>
    Array.from(data).filter((_, i) => Math.floor(i / 4) % length < Math.min(size, 17));
  expect(cut(got.dX, 17)).toEqual(cut(got.back, size));
  expect(Math.abs(dot(got.y, numbers(got.y.length, 3)) - dot(numbers(204, 1), got.dX))).toBeLessThan(1e-4);
});

test.each([
  [() => conv1d(randomTensor([2, 9], 1), randomTensor([3, 1, 2], 1)), ShapeError, /x \[N, L, C\]/],
  [() => conv1d(randomTensor([2, 9, 3], 1), randomTensor([3, 2, 2], 1)), ShapeError, /as many channels/],
  [() => conv1d(randomTensor([2, 2, 3], 1), randomTensor([3, 3, 2], 1)), ShapeError, /no larger than the padded/],
  [() => conv1d(randomTensor([2, 9, 3], 1), randomTensor([3, 3, 2], 1), null, { strides: 0 }), GraphError, /strides/],
  [
    () => conv1d(randomTensor([2, 9, 3], 1), randomTensor([3, 3, 2], 1), null, { stride: 2 } as object),
    GraphError,
    /option stride/,
  ],
  [
    () => conv1dTranspose(randomTensor([2, 9, 3], 1), randomTensor([3, 2, 3], 1), null, { outputPadding: 1 }),
    GraphError,
    /outputPadding 1; wanted less than the stride 1/,
  ],
] as const)("wrong input %#", (make, kind, message) => {
  expect(make).toThrow(kind);
  expect(make).toThrow(message);
});

test("a single tap on a single place", async () => {
  const y = conv1d(tensor([1, 1, 1], [3]), tensor([1, 1, 1], [2]), tensor([1], [1]));
  expect([...(await evaluate({ y })).y]).toEqual([7]);
});

function fail(): never {
  throw new Error("no gradient");
}
