import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { dropout, gaussianNoise, spatialDropout, stochasticDepth } from "../../src/ops/dropout.ts";
import { add } from "../../src/ops/elementwise.ts";
import { hashName } from "../../src/ops/random.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";
import { drawNormal, threefry } from "../support/threefry.ts";

const source = (step: number, seed = 3, stream = "net/drop") => ({ step: tensor([], [step], "u32"), seed, stream });

function keyOf(step: number, seed = 3, stream = "net/drop") {
  return threefry([seed, hashName(stream)], [step, 0]);
}

/** 1 where unit i is kept. */
function kept(key: readonly [number, number], i: number, rate: number): number {
  return (threefry(key, [i >>> 1, 0])[i % 2] ?? 0) >= Math.round(rate * 2 ** 32) ? 1 : 0;
}

function maskOf(count: number, key: readonly [number, number], rate: number): number[] {
  return Array.from({ length: count }, (_, i) => kept(key, i, rate));
}

describe("dropout", () => {
  test.each([
    [[1], 0.5, 0],
    [[7, 3], 0.25, 1],
    [[2, 5, 5, 13], 0.9, 4_000_000_000],
    [[4, 257], 0, 7],
  ] as [Shape, number, number][])("of %o at rate %d in step %i is the reference's mask", async (shape, rate, step) => {
    const count = sizeOf(shape);
    const data = numbers(count, 5);
    const { y, classic } = await evaluate({
      y: dropout(tensor(shape, data), { ...source(step), rate }),
      classic: dropout(tensor(shape, data), { ...source(step), rate, inverted: false }),
    });
    const mask = maskOf(count, keyOf(step), rate);
    const scale = Math.fround(1 / (1 - rate));
    expect([...y]).toEqual(mask.map((keep, i) => (keep ? Math.fround((data[i] ?? 0) * scale) : 0)));
    expect([...classic]).toEqual(mask.map((keep, i) => (keep ? data[i] : 0)));
  });

  test("the gradient has the same mask, and passes through other work", async () => {
    const x = randomTensor([6, 11], 1);
    const dY = numbers(66, 2);
    const y = dropout(tanh(x), { ...source(9), rate: 0.4 });
    const [dX] = differentiate(y, [x], add, tensor([6, 11], dY));
    const got = await evaluate({ dX: dX ?? fail() });
    const mask = maskOf(66, keyOf(9), 0.4);
    const values = numbers(66, 1);
    for (const [i, keep] of mask.entries()) {
      const want = (keep * (dY[i] ?? 0) * (1 - Math.tanh(values[i] ?? 0) ** 2)) / 0.6;
      expect(Math.abs((got.dX[i] ?? Number.NaN) - want)).toBeLessThan(2e-5);
    }
  });

  test("another step, seed or stream is another mask; the share is the rate", async () => {
    const count = 20_000;
    const ones = tensor([count], new Float32Array(count).fill(1));
    const masks = await evaluate({
      a: dropout(ones, { ...source(0), rate: 0.3, inverted: false }),
      again: dropout(ones, { ...source(0), rate: 0.3, inverted: false }),
      step: dropout(ones, { ...source(1), rate: 0.3, inverted: false }),
      seed: dropout(ones, { ...source(0, 4), rate: 0.3, inverted: false }),
      stream: dropout(ones, { ...source(0, 3, "other"), rate: 0.3, inverted: false }),
    });
    expect([...masks.again]).toEqual([...masks.a]);
    const share = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / count;
    for (const [name, mask] of Object.entries(masks)) {
      // Five standard errors.
      expect(Math.abs(share(mask) - 0.7)).toBeLessThan(5 * Math.sqrt(0.21 / count));
      if (name === "a" || name === "again") continue;
      const both = share(mask.map((value, i) => value * (masks.a[i] ?? 0)));
      expect(Math.abs(both - 0.49)).toBeLessThan(5 * Math.sqrt(0.25 / count));
    }
  });
});

test("spatial dropout drops channels, stochastic depth examples", async () => {
  const shape = [3, 4, 5, 6];
  const data = numbers(360, 3);
  const x = tensor(shape, data);
  const { channels, examples, dX } = await evaluate({
    channels: spatialDropout(x, { ...source(2), rate: 0.5 }),
    examples: stochasticDepth(x, { ...source(2), rate: 0.5 }),
    dX: differentiate(stochasticDepth(x, { ...source(2), rate: 0.5 }), [x], add, x)[0] ?? fail(),
  });
  const mask = maskOf(18, keyOf(2), 0.5);
  data.forEach((value, i) => {
    const example = Math.floor(i / 120);
    expect(channels[i]).toBe(value * 2 * (mask[example * 6 + (i % 6)] ?? 0));
    expect(examples[i]).toBe(value * 2 * (mask[example] ?? 0));
    expect(dX[i]).toBe(value * 2 * (mask[example] ?? 0));
  });
});

test("Gaussian noise is the reference's, bit for bit, and passes the gradient", async () => {
  const count = 501;
  const zeros = tensor([3, 167], new Float32Array(count));
  const x = randomTensor([3, 167], 1);
  const noisy = gaussianNoise(x, { ...source(5), deviation: 0.3 });
  const { noise, y, dX } = await evaluate({
    noise: gaussianNoise(zeros, { ...source(5), deviation: 0.3 }),
    y: noisy,
    dX: differentiate(noisy, [x], add, x)[0] ?? fail(),
  });
  const key = keyOf(5);
  const values = numbers(count, 1);
  for (let i = 0; i < count; i++) {
    const want = drawNormal(key, i, 0.3, false);
    expect(noise[i]).toBe(want);
    expect(Math.abs((y[i] ?? Number.NaN) - (want + (values[i] ?? 0)))).toBeLessThan(2e-7);
    expect(dX[i]).toBe(values[i]);
  }
});

test("wrong input", () => {
  const x = randomTensor([2, 3], 1);
  expect(() => dropout(x, { ...source(0), rate: 1 })).toThrow(/rate 1; wanted rate to be at least 0 and below 1/);
  expect(() => dropout(x, { ...source(0), rate: Number.NaN })).toThrow(GraphError);
  expect(() => dropout(x, { ...source(0, -1), rate: 0.5 })).toThrow(/seed -1/);
  expect(() => dropout(x, { ...source(0), step: x, rate: 0.5 })).toThrow(DTypeError);
  expect(() => dropout(x, { ...source(0), step: tensor([2], [1, 2], "u32"), rate: 0.5 })).toThrow(ShapeError);
  expect(() => dropout(tensor([2], [1, 2], "i32"), { ...source(0), rate: 0.5 })).toThrow(DTypeError);
  expect(() => gaussianNoise(x, { ...source(0), deviation: -1 })).toThrow(/deviation -1/);
  expect(() => spatialDropout(tensor([2], [1, 2]), { ...source(0), rate: 0.5 })).toThrow(ShapeError);
});

function fail(): never {
  throw new Error("no gradient");
}
