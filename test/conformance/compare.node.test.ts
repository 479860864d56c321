import { expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { compare, merge, showFailure } from "./compare.ts";

const want = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4), tol: 0.125 };
const got = (...data: number[]) => ({ shape: [2, 2], data });

test("the largest error counts, over its tolerance", () => {
  expect(compare("y", got(1, 2.125, 3, 4), want)).toEqual({ worst: 1, failure: null });
  const { worst, failure } = compare("y", got(1, 2.25, 3.5, 4), want);
  expect(worst).toBe(4);
  expect(failure).toMatchObject({ tensor: "y", index: 2, at: [1, 0], got: 3.5, want: 3, count: 2, size: 4 });
  expect(failure && showFailure(failure)).toBe("y[1, 0] got 3.5, want 3, tol 0.125 (2 of 4 elements differ)");
});

test("NaN and missing numbers fail whatever the tolerance; equal infinities do not", () => {
  expect(compare("y", got(1, Number.NaN, 3, 4), { ...want, tol: 1e9 }).worst).toBe(Number.POSITIVE_INFINITY);
  expect(() => compare("y", { shape: [2, 2], data: [1, 2, 3] }, want)).toThrow(ShapeError);
  expect(() => compare("y", { shape: [4], data: [1, 2, 3, 4] }, want)).toThrow(ShapeError);
  const endless = { shape: [1], data: Float32Array.of(Number.POSITIVE_INFINITY), tol: 0 };
  expect(compare("y", { shape: [1], data: endless.data }, endless).failure).toBeNull();
});

test("integers must be equal, whatever tolerance they come with", () => {
  const indices = { shape: [2], data: Int32Array.of(7, 8), tol: 10 };
  expect(compare("indices", { shape: [2], data: Int32Array.of(7, 8) }, indices).worst).toBe(0);
  expect(compare("indices", { shape: [2], data: Int32Array.of(7, 9) }, indices).failure?.index).toBe(1);
});

test("of two comparisons the worst error and the first failure stay", () => {
  const bad = compare("first", got(2, 2, 3, 4), want);
  const worse = compare("second", got(9, 2, 3, 4), want);
  expect(merge(bad, worse)).toEqual({ worst: worse.worst, failure: bad.failure });
});
