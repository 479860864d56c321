import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import type { Value } from "../../src/core/graph.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { add } from "../../src/ops/elementwise.ts";
import { maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { upsampleNearest2d } from "../../src/ops/upsample.ts";
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
