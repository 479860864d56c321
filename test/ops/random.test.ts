import { describe, expect, test } from "vitest";
import { DTypeError, GraphError } from "../../src/core/errors.ts";
import { type Initial, makeVariable, type Variable } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import { type DType, type Shape, tensorType } from "../../src/core/types.ts";
import { constantFill, hashName, initialize, type RandomFillAttrs, randomFillOp } from "../../src/ops/random.ts";
import { evaluate } from "../support/run.ts";
import { drawNormal, drawUniform, threefry } from "../support/threefry.ts";

function variableOf(name: string, shape: Shape, initial: Initial, dtype: DType = "f32"): Variable {
  return makeVariable({ name, role: "parameter", type: tensorType(shape, dtype), initial });
}

/** First values of a variable. */
async function filled(name: string, count: number, initial: Initial, seed = 1, dtype: DType = "f32") {
  const variable = variableOf(name, [count], initial, dtype);
  const values = initialize(variable, seed);
  if (!values) throw new Error("nothing to do");
  return (await evaluate({ values }, { variables: [variable] })).values;
}

test("Threefry-2x32 with 20 rounds gives the known answers of Random123", () => {
  expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
});

test("FNV-1a gives its published answers", () => {
  expect(hashName("")).toBe(0x811c9dc5);
  expect(hashName("a")).toBe(0xe40c292c);
  expect(hashName("foobar")).toBe(0xbf9cf968);
});

describe("the GPU's numbers are those of the reference, bit for bit", () => {
  const count = 3001;
  const elements = Array.from({ length: count }, (_, i) => i);

  test.each([0, 1, 0xdeadbeef])("uniform, seed %i", async (seed) => {
    const got = await filled("conv1/kernel", count, { kind: "uniform", limit: 0.3 }, seed);
    const key = [seed, hashName("conv1/kernel")] as const;
    expect([...got]).toEqual(elements.map((i) => drawUniform(key, i, 0.3)));
    expect(Math.max(...got.map(Math.abs))).toBeLessThan(0.3);
  });

  test.each([false, true])("normal, truncated %s", async (truncated) => {
    const got = await filled("dense/kernel", count, { kind: "normal", deviation: 0.05, truncated }, 7);
    const key = [7, hashName("dense/kernel")] as const;
    expect([...got]).toEqual(elements.map((i) => drawNormal(key, i, 0.05, truncated)));
  });
});

/** Its FNV-1a hash is 0, found by search: with seed 0 the key is (0, 0). */
const zeroStream = "amgtda/";

test("the GPU's own generator gives a known answer: the top 24 bits of 6b200159", async () => {
  const attrs: RandomFillAttrs = { seed: 0, stream: zeroStream, distribution: { kind: "uniform", limit: 2 ** 24 } };
  expect(hashName(zeroStream)).toBe(0);
  const variable = variableOf("x", [1], { kind: "constant", value: 0 });
  const { values } = await evaluate(
    { values: applyOne(randomFillOp, [variable.value], attrs) },
    { variables: [variable] },
  );
  expect(values[0]).toBe(0x6b2001 * 2 + 1 - 2 ** 24);
});

describe("moments of 200,000 numbers, within 5 standard errors", () => {
  const count = 200_000;
  const moments = (values: ArrayLike<number>) => {
    const all = Array.from(values);
    const mean = all.reduce((sum, value) => sum + value, 0) / count;
    const central = (power: number) => all.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
    const variance = central(2);
    return { mean, variance, skew: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 };
  };
  const root = Math.sqrt(count);

  test("uniform", async () => {
    const values = await filled("u", count, { kind: "uniform", limit: 2 }, 3);
    const { mean, variance } = moments(values);
    expect(Math.abs(mean)).toBeLessThan((5 * Math.sqrt(4 / 3)) / root);
    expect(Math.abs(variance - 4 / 3)).toBeLessThan((5 * 1.2) / root);
  });

  test("normal: also skewness, kurtosis and the tails", async () => {
    const values = await filled("n", count, { kind: "normal", deviation: 2, truncated: false }, 3);
    const { mean, variance, skew, kurtosis } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(10 / root);
    expect(Math.abs(variance / 4 - 1)).toBeLessThan((5 * Math.SQRT2) / root);
    expect(Math.abs(skew)).toBeLessThan((5 * Math.sqrt(6)) / root);
    // 128 tosses: the excess is -2 / 128.
    expect(Math.abs(kurtosis - 3 + 2 / 128)).toBeLessThan((5 * Math.sqrt(24)) / root);
    for (const [deviations, share] of [
      [1, 0.3173],
      [2, 0.0455],
      [3, 0.0027],
    ] as const) {
      const beyond = Array.from(values).filter((value) => Math.abs(value) > 2 * deviations).length / count;
      // Binomial noise, and half a percent of the share for the coin tosses.
      expect(Math.abs(beyond - share)).toBeLessThan(5 * Math.sqrt(share / count) + 0.02 * share);
    }
  });

  test("truncated normal: nothing beyond 2 deviations, and 0.8796 of the deviation", async () => {
    const values = await filled("t", count, { kind: "normal", deviation: 0.5, truncated: true }, 3);
    expect(Math.max(...Array.from({ length: 1000 }, (_, i) => Math.abs(values[i] ?? 9)))).toBeLessThanOrEqual(1);
    expect(Array.from(values).every((value) => Math.abs(value) <= 1)).toBe(true);
    const { mean, variance } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(2.5 / root);
    expect(Math.abs(Math.sqrt(variance) / (0.87962566 * 0.5) - 1)).toBeLessThan(0.005);
  });
});

test("streams differ by seed and by name, and repeat themselves", async () => {
  const initial: Initial = { kind: "uniform", limit: 1 };
  const one = await filled("a", 64, initial, 1);
  expect([...(await filled("a", 64, initial, 1))]).toEqual([...one]);
  for (const other of [await filled("a", 64, initial, 2), await filled("b", 64, initial, 1)]) {
    expect([...other].filter((value, i) => value === one[i])).toHaveLength(0);
  }
});

test("constants of each type, and variables side by side", async () => {
  expect([...(await filled("c", 5, { kind: "constant", value: 0.1 }))]).toEqual(new Array(5).fill(Math.fround(0.1)));
  expect([...(await filled("c", 3, { kind: "constant", value: -7 }, 1, "i32"))]).toEqual([-7, -7, -7]);
  expect([...(await filled("c", 3, { kind: "constant", value: 4e9 }, 1, "u32"))]).toEqual([4e9, 4e9, 4e9]);
  const variables = [1, 2, 3].map((value) => variableOf(`v${value}`, [65], { kind: "constant", value }));
  const updates = variables.map((variable) => constantFill(variable, variable.id));
  const outputs = Object.fromEntries(variables.map(({ name }, i) => [name, updates[i] ?? fail()]));
  const got = await evaluate(outputs, { variables });
  for (const { name, id } of variables) expect([...(got[name] ?? [])]).toEqual(new Array(65).fill(id));
});

test("values of the host need no kernel", () => {
  const data = Float32Array.of(1, 2);
  expect(initialize(variableOf("v", [2], { kind: "values", data }), 1)).toBeNull();
});

test("wrong input", () => {
  const variable = variableOf("v", [2], { kind: "uniform", limit: 1 });
  const whole = variableOf("w", [2], { kind: "uniform", limit: 1 }, "i32");
  const empty = { kind: "uniform", limit: Number.NaN } as const;
  expect(() => initialize(variable, -1)).toThrow(/seed -1; wanted a whole number/);
  expect(() => initialize(variable, 0.5)).toThrow(GraphError);
  expect(() => initialize(whole, 1)).toThrow(DTypeError);
  expect(() => initialize(variableOf("v", [2], empty), 1)).toThrow(/limit NaN; wanted a finite number/);
  expect(() => constantFill(whole, 0.5)).toThrow(/value 0.5; wanted/);
  expect(() => constantFill(variable, Number.POSITIVE_INFINITY)).toThrow(GraphError);
});

function fail(): never {
  throw new Error("nothing to do");
}
