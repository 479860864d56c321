import { expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { asItIs, channelsLast, inverse, kernelLast, permute } from "./layout.ts";

const counting = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});

test("layouts of the engine, by rank", () => {
  expect([2, 3, 4, 5].map((rank) => channelsLast(rank))).toEqual([
    [0, 1],
    [0, 2, 1],
    [0, 2, 3, 1],
    [0, 2, 3, 4, 1],
  ]);
  expect([2, 3, 4, 5].map((rank) => kernelLast(rank))).toEqual([
    [1, 0],
    [2, 1, 0],
    [2, 3, 1, 0],
    [2, 3, 4, 1, 0],
  ]);
});

test("permute moves each element to its place", () => {
  const x = counting(2, 3, 4, 5);
  const moved = permute(x, channelsLast(4));
  expect(moved.shape).toEqual([2, 4, 5, 3]);
  const at = (n: number, c: number, h: number, w: number) => ((n * 3 + c) * 4 + h) * 5 + w;
  for (let n = 0; n < 2; n++)
    for (let c = 0; c < 3; c++)
      for (let h = 0; h < 4; h++)
        for (let w = 0; w < 5; w++) expect(moved.data[((n * 4 + h) * 5 + w) * 3 + c]).toBe(at(n, c, h, w));
});

test.each([[channelsLast], [kernelLast], [asItIs]])("the inverse brings everything back", (layout) => {
  for (const shape of [
    [3, 2],
    [3, 1, 4],
    [2, 3, 4, 5],
    [2, 3, 1, 2, 4],
  ]) {
    const x = counting(...shape);
    const axes = layout(shape.length);
    expect(permute(permute(x, axes), inverse(axes))).toEqual(x);
  }
});

test("a scalar is its own layout, and wrong axes are refused", () => {
  expect(permute(counting(), channelsLast(0)).data).toEqual(Float32Array.of(0));
  expect(() => permute(counting(2, 3), [0, 0])).toThrow(FormatError);
  expect(() => permute(counting(2, 3), [0])).toThrow(FormatError);
});
