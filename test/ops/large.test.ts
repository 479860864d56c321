import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import type { Value } from "../../src/core/graph.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { add } from "../../src/ops/elementwise.ts";
import { avgPool2d, maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { depthwiseConv2d } from "../../src/ops/separable.ts";
import { pad } from "../../src/ops/shape.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import type { Sides } from "../../src/ops/window.ts";
import { evaluate, tensor } from "../support/run.ts";

/** Sides past 2,048 pixels: indices must not pass through a number format that ends there, as f16 does. */
const side = 2_731;

/** Small whole numbers, so that every sum is exact in f32. */
const pixel = (x: number, c: number) => ((x * 7 + c * 3) % 11) - 5;

function line(across: boolean): Value {
  const shape = across ? [1, 1, side, 2] : [1, side, 1, 2];
  return tensor(
    shape,
    Float32Array.from({ length: 2 * side }, (_, i) => pixel(i >> 1, i & 1)),
  );
}

test.each([true, false])(
  "convolution, its gradients, pooling and resizing of a long image (across: %s)",
  async (across) => {
    const x = line(across);
    const taps = [1, -2, 3, 2, -1, 1];
    const kernel = tensor(across ? [1, 3, 2, 1] : [3, 1, 2, 1], taps);
    const y = conv2d(x, kernel, null, { padding: "same" });
    const [dX, dKernel] = differentiate(sum(y), [x, kernel], add) as [Value, Value];
    const got = await evaluate({
      y,
      dX,
      dKernel,
      up: conv2dTranspose(x, tensor(across ? [1, 2, 1, 2] : [2, 1, 1, 2], [1, 2, 3, 4]), null, {
        strides: across ? [1, 2] : [2, 1],
      }),
      pooled: maxPool2d(x, { kernelSize: across ? [1, 2] : [2, 1] }),
      resized: upsampleNearest2d(x, { scale: across ? [1, 2] : [2, 1] }),
    });
    const inside = (x: number) => x >= 0 && x < side;
    const wantY = Array.from({ length: side }, (_, at) =>
      taps.reduce(
        (total, tap, i) => total + (inside(at + (i >> 1) - 1) ? tap * pixel(at + (i >> 1) - 1, i & 1) : 0),
        0,
      ),
    );
    expect([...got.y]).toEqual(wantY);
    expect([...got.dX]).toEqual(
      Array.from({ length: 2 * side }, (_, i) =>
        [0, 1, 2].reduce((total, k) => total + (inside((i >> 1) - k + 1) ? (taps[2 * k + (i & 1)] ?? 0) : 0), 0),
      ),
    );
    const columnSum = (k: number, c: number) =>
      Array.from({ length: side }, (_, at) => (inside(at + k - 1) ? pixel(at + k - 1, c) : 0)).reduce(
        (a, b) => a + b,
        0,
      );
    expect([...got.dKernel]).toEqual(taps.map((_, i) => columnSum(i >> 1, i & 1)));
    expect([...got.up]).toEqual(
      Array.from({ length: 2 * side }, (_, i) => {
        const [a, b] = [pixel(i >> 1, 0), pixel(i >> 1, 1)];
        return i % 2 === 0 ? a + 2 * b : 3 * a + 4 * b;
      }),
    );
    expect([...got.pooled]).toEqual(
      Array.from({ length: 2 * (side >> 1) }, (_, i) =>
        Math.max(pixel(2 * (i >> 1), i & 1), pixel(2 * (i >> 1) + 1, i & 1)),
      ),
    );
    expect([...got.resized]).toEqual(Array.from({ length: 4 * side }, (_, i) => pixel(i >> 2, i & 1)));
  },
);

test.each([true, false])("the other operators on a long image (across: %s)", async (across) => {
  const x = line(across);
  const pairs = across ? [1, 2] : [2, 1];
  const pooled = maxPool2d(x, { kernelSize: pairs });
  const averaged = avgPool2d(x, { kernelSize: pairs });
  const sides: Sides[] = [[0, 0], across ? [0, 0] : [1, 2], across ? [1, 2] : [0, 0], [0, 0]];
  const gradientOf = (y: Value) => differentiate(sum(y), [x], add)[0] as Value;
  const taps = [2, -1, 1, 3, -2, 1];
  const got = await evaluate({
    depthwise: depthwiseConv2d(x, tensor(across ? [1, 3, 2, 1] : [3, 1, 2, 1], taps), null, { padding: "same" }),
    dPooled: gradientOf(pooled),
    averaged,
    dAveraged: gradientOf(averaged),
    bilinear: upsampleBilinear2d(x, { scale: pairs, alignCorners: false }),
    padded: pad(x, sides, { mode: "reflect" }),
    // One number for each pixel, against one for each channel.
    wide: add(sum(x, { axis: 3, keepDims: true }), tensor([2], [10, 20])),
    total: sum(x, { axis: [1, 2] }),
    softmax: softmax(x, { axis: across ? 2 : 1 }),
  });
  const inside = (at: number) => at >= 0 && at < side;
  const places = (count: number) => Array.from({ length: 2 * count }, (_, i) => [i >> 1, i & 1] as const);
  expect([...got.depthwise]).toEqual(
    places(side).map(([at, c]) =>
      [0, 1, 2].reduce(
        (total, k) => total + (inside(at + k - 1) ? (taps[2 * k + c] ?? 0) * pixel(at + k - 1, c) : 0),
        0,
      ),
    ),
  );
  // Neighbours differ by 7 or 4, and the first of a pair wins where it is larger; the last pixel is in no pair.
  expect([...got.dPooled]).toEqual(
    places(side).map(([at, c]) => {
      const other = at ^ 1;
      return at === side - 1 ? 0 : pixel(at, c) > pixel(other, c) ? 1 : 0;
    }),
  );
  expect([...got.averaged]).toEqual(places(side >> 1).map(([at, c]) => (pixel(2 * at, c) + pixel(2 * at + 1, c)) / 2));
  expect([...got.dAveraged]).toEqual(places(side).map(([at]) => (at === side - 1 ? 0 : 0.5)));
  expect([...got.bilinear]).toEqual(
    places(2 * side).map(([at, c]) => {
      const [own, beside] = [at >> 1, at & 1 ? (at >> 1) + 1 : (at >> 1) - 1];
      return 0.75 * pixel(own, c) + 0.25 * pixel(inside(beside) ? beside : own, c);
    }),
  );
  const mirrored = (at: number) => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
  expect([...got.padded]).toEqual(places(side + 3).map(([at, c]) => pixel(mirrored(at - 1), c)));
  expect([...got.wide]).toEqual(places(side).map(([at, c]) => pixel(at, 0) + pixel(at, 1) + (c === 0 ? 10 : 20)));
  const column = (c: number) => Array.from({ length: side }, (_, at) => pixel(at, c));
  expect([...got.total]).toEqual([0, 1].map((c) => column(c).reduce((a, b) => a + b, 0)));
  const powers = [0, 1].map((c) => column(c).reduce((total, value) => total + Math.exp(value), 0));
  const worst = places(side).reduce((most, [at, c], i) => {
    const want = Math.exp(pixel(at, c)) / (powers[c] ?? 0);
    return Math.max(most, Math.abs((got.softmax[i] ?? Number.NaN) / want - 1));
  }, 0);
  // A sum of 2,731 terms in f32.
  expect(worst).toBeLessThan(2e-5);
});

test("sums and softmax number their rows past 65,535 workgroups", async () => {
  const rows = 4_200_003;
  const numbers = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 7) - (i % 5));
  const x = tensor([rows, 2], numbers);
  const got = await evaluate({ sums: sum(x, { axis: 1 }), shares: softmax(x) });
  const [first, second] = [(i: number) => numbers[2 * i] ?? 0, (i: number) => numbers[2 * i + 1] ?? 0];
  let wrong = 0;
  for (let i = 0; i < rows; i++) {
    const share = 1 / (1 + Math.exp(second(i) - first(i)));
    const error = Math.abs((got.shares[2 * i] ?? Number.NaN) / share - 1);
    if (got.sums[i] !== first(i) + second(i) || !(error < 4e-6)) wrong++;
  }
  expect(wrong).toBe(0);
});
