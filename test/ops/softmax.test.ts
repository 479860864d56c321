import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, ShapeError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { add } from "../../src/ops/elementwise.ts";
import { logSoftmax, type SoftmaxKernel, softmax, softmaxKernel } from "../../src/ops/softmax.ts";
import { checkGolden } from "../support/golden.ts";
import { dot, numericGradient } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(["softmax", "log_softmax"])("golden vectors of %s", (op) => checkGolden(op));

/** Along the middle axis of [outer, extent, inner], by the definition. */
function softmax64(x: ArrayLike<number>, extent: number, inner: number, log: boolean): Float64Array {
  const y = new Float64Array(x.length);
  for (let first = 0; first < x.length; first++) {
    if (Math.floor(first / inner) % extent !== 0) continue;
    const places = Array.from({ length: extent }, (_, r) => first + r * inner);
    const total = places.reduce((sum, at) => sum + Math.exp(x[at] ?? 0), 0);
    for (const at of places) y[at] = log ? (x[at] ?? 0) - Math.log(total) : Math.exp(x[at] ?? 0) / total;
  }
  return y;
}

const shapes: [Shape, number][] = [
  [[1], 0],
  [[13], 0],
  [[3, 1], 1],
  [[5, 7], 1],
  [[5, 8], 0],
  [[2, 3, 4, 2], 2],
  [[3, 5, 1, 4], 1],
  [[2, 129], 1],
];

const kernels: SoftmaxKernel[] = ["walk", "row"];

describe.each(kernels)("with a %s for each", (kernel) => {
  test.each(shapes)("%j along axis %i, and its gradient", async (shape, axis) => {
    const [x, dy] = [numbers(sizeOf(shape), 21).map((value) => 3 * value), numbers(sizeOf(shape), 22)];
    const leaf = tensor(shape, x);
    const values: Record<string, Value> = {};
    for (const [name, op] of Object.entries({ softmax, logSoftmax })) {
      const y = op(leaf, { axis });
      const [dx] = differentiate(y, [leaf], add, tensor(shape, dy));
      values[name] = y;
      values[`d ${name}`] = dx as Value;
    }
    const got = await evaluate(values, { target: { force: { softmax: kernel } } });
    const [extent, inner] = [shape[axis] ?? 1, sizeOf(shape.slice(axis + 1))];
    for (const [name, log] of [
      ["softmax", false],
      ["logSoftmax", true],
    ] as const) {
      const want = softmax64(x, extent, inner, log);
      const slope = numericGradient(
        (moved) => softmax64(moved, extent, inner, log).reduce((sum, y, i) => sum + y * (dy[i] ?? 0), 0),
        x,
      );
      want.forEach((y, i) => {
        expect(Math.abs((got[name]?.[i] ?? Number.NaN) - y)).toBeLessThan(4e-6);
        expect(Math.abs((got[`d ${name}`]?.[i] ?? Number.NaN) - (slope[i] ?? 0))).toBeLessThan(2e-5);
      });
    }
  });

  test("large logits neither overflow nor vanish", async () => {
    const x = tensor([2, 3], [1e30, -1e30, 0, -3e38, 88, 89]);
    const target = { force: { softmax: kernel } };
    const { y, z } = await evaluate({ y: softmax(x), z: logSoftmax(x) }, { target });
    expect(Array.from(y).every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(y[0]).toBe(1);
    expect(y[5]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(Array.from(z).every(Number.isFinite)).toBe(true);
    expect(z[0]).toBe(0);
  });

  test("many rows, equal in bits when run again", async () => {
    const y = softmax(randomTensor([300, 10], 23));
    const options = { target: { force: { softmax: kernel } } };
    const first = await evaluate({ y }, options);
    expect(first).toEqual(await evaluate({ y }, options));
    const sums = Array.from({ length: 300 }, (_, i) =>
      dot(first.y.slice(10 * i, 10 * i + 10), new Float32Array(10).fill(1)),
    );
    for (const total of sums) expect(total).toBeCloseTo(1, 5);
  });
});

test("the kernel is chosen by row length and device", () => {
  const cpu = { ...defaultTarget, software: true };
  expect(softmaxKernel(1000, 1, defaultTarget)).toBe("row");
  expect(softmaxKernel(10, 1, defaultTarget)).toBe("walk");
  expect(softmaxKernel(1000, 8, defaultTarget)).toBe("walk");
  expect(softmaxKernel(1000, 1, cpu)).toBe("walk");
});

test("errors", () => {
  expect(() => softmax(randomTensor([2, 3], 1), { axis: 2 })).toThrow("softmax: axis 2; wanted an axis from -2 to 1");
  expect(() => softmax(tensor([], [1]))).toThrow(ShapeError);
  expect(() => softmax(randomTensor([2, 3], 1), { dim: 1 } as { axis?: number })).toThrow("softmax: option dim");
  expect(() => logSoftmax(tensor([2, 2], [1, 2, 3, 4], "i32"))).toThrow(DTypeError);
  expect(() => logSoftmax(tensor([2, 0], []))).toThrow("logSoftmax: shape [2, 0]; wanted elements");
});
