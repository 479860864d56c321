import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { type Shape, sizeOf, stridesOf } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add } from "../../src/ops/elementwise.ts";
import * as ops from "../../src/ops/reduce.ts";
import { reducePasses } from "../../src/ops/reducePasses.ts";
import { optimize } from "../../src/passes/index.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { checkGolden } from "../support/golden.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

const reductions = ["sum", "mean", "var", "max", "min", "argmax"];
test.each(reductions)("golden vectors of %s", (op) => checkGolden(op));

/** The elements that are reduced to each element of the result, by the definition. */
function groups64(x: ArrayLike<number>, shape: Shape, axes: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  const kept = shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const to = stridesOf(kept);
  const groups = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  for (let index = 0; index < x.length; index++) {
    let at = 0;
    shape.forEach((side, axis) => {
      if (!axes.includes(axis)) at += (Math.floor(index / (strides[axis] ?? 1)) % side) * (to[axis] ?? 0);
    });
    groups[at]?.push(x[index] ?? Number.NaN);
  }
  return groups;
}

const total = (group: readonly number[]) => group.reduce((sum, value) => sum + value, 0);

const cases: [Shape, number[]][] = [
  [[1], [0]],
  [[7], []],
  [[3, 1, 5], [1]],
  [[13, 8], [1]],
  [[13, 8], [0]],
  [
    [4, 7, 6],
    [0, 2],
  ],
  [
    [3, 4, 5, 2],
    [0, 2],
  ],
  [
    [2, 3, 2, 5, 3],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 5, 3],
    [1, 3],
  ],
  // Two passes: along rows in vectors of 4, 2 and 1; along columns in vectors of 4 and 1; few and many results.
  [[1027], [0]],
  [[2, 2054], [1]],
  [[3, 4108], [1]],
  [[613, 12], [0]],
  [[613, 3], [0]],
  [
    [2, 257, 8],
    [0, 1],
  ],
  [[2, 700, 5], [1]],
];

describe("any axes, against f64", () => {
  test.each(cases)("%j over %j", async (shape, axes) => {
    const x = numbers(sizeOf(shape), 11);
    const leaf = tensor(shape, x);
    const got = await evaluate({
      sum: ops.sum(leaf, { axis: axes }),
      mean: ops.mean(leaf, { axis: axes }),
      max: ops.max(leaf, { axis: axes }),
      min: ops.min(leaf, { axis: axes, keepDims: true }),
    });
    const groups = groups64(x, shape, axes);
    const [first = []] = groups;
    expect(got.sum).toHaveLength(groups.length);
    groups.forEach((group, i) => {
      // Rounding of each addition: at most 2^-24 of a partial sum, itself at most the sum of magnitudes.
      const tolerance = 2e-7 * total(group.map(Math.abs)) + 1e-12;
      expect(Math.abs((got.sum[i] ?? Number.NaN) - total(group))).toBeLessThanOrEqual(tolerance);
      expect(Math.abs((got.mean[i] ?? Number.NaN) - total(group) / first.length)).toBeLessThanOrEqual(tolerance);
      expect(got.max[i]).toBe(Math.max(...group));
      expect(got.min[i]).toBe(Math.min(...group));
    });
  });

  test("variance does not lose a small spread around a large mean", async () => {
    const x = numbers(3 * 601, 12).map((value) => value + 1000);
    const leaf = tensor([601, 3], x);
    const { biased, unbiased } = await evaluate({
      biased: ops.variance(leaf, { axis: 0 }),
      unbiased: ops.variance(leaf, { axis: 0, correction: 1 }),
    });
    groups64(x, [601, 3], [0]).forEach((group, i) => {
      const mean = total(group) / 601;
      const squares = total(group.map((value) => (value - mean) ** 2));
      expect(Math.abs((biased[i] ?? 0) / (squares / 601) - 1)).toBeLessThan(1e-6);
      expect(Math.abs((unbiased[i] ?? 0) / (squares / 600) - 1)).toBeLessThan(1e-6);
    });
  });

  test("argMax takes the first of equal ones, along any axis", async () => {
    const x = tensor([2, 3, 2], [1, 5, 3, 5, 3, 2, 0, 0, 0, 0, 0, 0]);
    const { middle, last } = await evaluate({ middle: ops.argMax(x, { axis: 1 }), last: ops.argMax(x) });
    expect(middle).toEqual(Int32Array.of(1, 0, 0, 0));
    expect(last).toEqual(Int32Array.of(1, 1, 0, 0, 0, 0));
  });
});

describe("gradients", () => {
  test("equal largest and smallest elements share", async () => {
    const x = tensor([2, 4], [1, 3, 3, 0, 2, 2, 2, 2]);
    const dy = tensor([2], [6, 12]);
    const [dMax] = differentiate(ops.max(x, { axis: 1 }), [x], add, dy);
    const [dMin] = differentiate(ops.min(x, { axis: 1 }), [x], add, dy);
    const got = await evaluate({ dMax: dMax as Value, dMin: dMin as Value });
    expect(Array.from(got.dMax)).toEqual([0, 3, 3, 0, 3, 3, 3, 3]);
    expect(Array.from(got.dMin)).toEqual([0, 0, 0, 6, 3, 3, 3, 3]);
  });

  test("sumTo undoes every broadcast", async () => {
    const x = randomTensor([2, 3, 5], 15);
    for (const [shape, axes] of [
      [[2, 3, 5], []],
      [[3, 5], [0]],
      [
        [1, 3, 1],
        [0, 2],
      ],
      [
        [1, 1],
        [0, 1, 2],
      ],
      [[], [0, 1, 2]],
    ] as [Shape, number[]][]) {
      const value = ops.sumTo(x, shape);
      expect(value.type.shape).toEqual(shape);
      const { y } = await evaluate({ y: value });
      const want = groups64(numbers(30, 15), [2, 3, 5], axes).map(total);
      expect(Array.from(y, (got, i) => Math.abs(got - (want[i] ?? 0)) < 1e-5)).toEqual(want.map(() => true));
    }
  });
});

describe("passes", () => {
  test("a million numbers take three short ones", async () => {
    const passes = reducePasses([1_000_000], [0], defaultTarget);
    expect(passes.length).toBe(3);
    for (const { extent, chunks } of passes) expect(Math.ceil(extent / chunks)).toBeLessThanOrEqual(128);
    const x = numbers(1_000_000, 16);
    const { y } = await evaluate({ y: ops.sum(tensor([1_000_000], x)) });
    expect(Math.abs((y[0] ?? 0) - x.reduce((sum, value) => sum + value, 0))).toBeLessThan(0.01);
  });

  test.each([false, true])(
    "each shortens, loses no element, and the last one gives the result; on a CPU: %s",
    (cpu) => {
      for (const outer of [1, 4, 13, 40, 1000, 20_000]) {
        for (const extent of [1, 2, 3, 4, 127, 128, 129, 1000, 4096, 65_537, 524_288, 3_000_001]) {
          for (const inner of [1, 2, 3, 64, 20_000]) {
            let size = outer * extent * inner;
            for (const pass of reducePasses([outer, extent, inner], [1], { software: cpu, cores: 2 })) {
              expect(pass.outer * pass.extent * pass.inner * pass.lanes).toBe(size);
              const next = pass.outer * pass.chunks * pass.inner * (pass.kernel === "row" ? 1 : pass.lanes);
              expect(next < size || extent === 1).toBe(true);
              size = next;
            }
            expect(size).toBe(outer * inner);
          }
        }
      }
    },
  );

  test("one dispatch and two give the same sums, largest and smallest", async () => {
    const shapes = [
      [2, 700, 6],
      [3, 129, 4],
      [1, 5000, 16],
      [7, 300, 2],
    ];
    for (const [i, shape] of shapes.entries()) {
      const x = randomTensor(shape, 20 + i);
      const values = { sum: ops.sum(x, { axis: 1 }), max: ops.max(x, { axis: 1 }), min: ops.min(x, { axis: 1 }) };
      const whole = await evaluate(values, { target: { software: true, cores: 1 } });
      const parts = await evaluate(values, { target: { software: false } });
      expect([whole.max, whole.min]).toEqual([parts.max, parts.min]);
      whole.sum.forEach((value, at) => {
        expect(Math.abs(value - (parts.sum[at] ?? Number.NaN))).toBeLessThan(1e-4);
      });
    }
  });

  test("a function of the result runs in the last pass", async () => {
    const x = randomTensor([900, 8], 17);
    const values = { y: tanh(ops.sum(x, { axis: 0 })), z: tanh(ops.sum(x, { axis: 1 })) };
    const calls = schedule(optimize(makeGraph("test", values)), defaultTarget);
    expect(calls.map(({ call }) => call.name)).toEqual(["sum/partial", "sum", "sum"]);
    expect(await evaluate(values)).toEqual(await evaluate(values, { fuse: false }));
  });

  test("two runs are equal in bits", async () => {
    const y = ops.sum(randomTensor([70_001], 18));
    expect(await evaluate({ y })).toEqual(await evaluate({ y }));
  });
});

describe("errors", () => {
  const x = randomTensor([2, 3], 1);

  test("axes", () => {
    expect(() => ops.sum(x, { axis: 2 })).toThrow("sum: axis 2; wanted an axis from -2 to 1");
    expect(() => ops.max(x, { axis: [0, -2] })).toThrow(ShapeError);
    expect(() => withPath("net", () => ops.max(x, { axis: [0, -2] }))).toThrow(
      "net/max: axes [0, 0]; wanted each axis once",
    );
    expect(() => ops.argMax(x, { axis: 0.5 })).toThrow(ShapeError);
  });

  test("element types, empty tensors, too few elements for a variance", () => {
    expect(() => ops.sum(tensor([2], [1, 2], "i32"))).toThrow(DTypeError);
    expect(() => ops.mean(tensor([0, 3], []))).toThrow("sum: shape [0, 3]; wanted elements");
    expect(() => ops.variance(tensor([1, 3], [1, 2, 3]), { axis: 0, correction: 1 })).toThrow(
      "variance: correction 1 over 1 elements of f32[1, 3]; wanted 0, or 1 over 2 elements or more",
    );
  });
});
