import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import type { Value } from "../../src/core/graph.ts";
import { apply } from "../../src/core/op.ts";
import { sizeOf } from "../../src/core/types.ts";
import { relu, tanh } from "../../src/ops/activations.ts";
import { splitOp } from "../../src/ops/concat.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { avgPool2d, maxPoolWithIndices2d } from "../../src/ops/pool.ts";
import { concat, permute } from "../../src/ops/shape.ts";
import { slice } from "../../src/ops/slice.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { evaluate, numbers, tensor } from "../support/run.ts";

/** On a CPU adapter kernels take blocks of lanes where sizes allow, on a GPU single lanes: to the same bits. */
async function expectSameBits(values: Readonly<Record<string, Value>>): Promise<void> {
  const onCpu = await evaluate(values, { target: { software: true } });
  const onGpu = await evaluate(values, { target: { software: false } });
  for (const name of Object.keys(values)) {
    const bits = (result: typeof onCpu) => [...new Uint32Array(result[name]?.slice().buffer ?? new ArrayBuffer(0))];
    expect(bits(onCpu), name).toEqual(bits(onGpu));
  }
}

/** Quarters, so that windows have ties; here and there a NaN or an infinity. */
function image(shape: readonly number[], seed: number): Value {
  const data = numbers(sizeOf(shape), seed).map((value) => Math.round(4 * value) / 4);
  for (let i = 11; i < data.length; i += 97)
    data[i] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][i % 3] ?? 0;
  return tensor(shape, data);
}

// Whole blocks, more than a workgroup of them; then sizes that lanes of 4, of 2, or none divide.
test.each([[16], [3, 5, 16], [2, 130, 32], [5, 3, 20], [7, 6], [37]])(
  "elementwise functions of %j",
  async (...shape) => {
    const x = image(shape, 1);
    const last = shape.at(-1) ?? 1;
    const values = { full: relu(x), one: mul(x, tensor([1], [3])), columns: add(x, tensor([last], numbers(last, 2))) };
    const first = shape.map((side, axis) => (axis === 0 ? side : 1));
    const gates = shape.map((side, axis) => (axis === 1 ? 1 : side));
    await expectSameBits({
      ...values,
      rows: add(x, tensor(first, numbers(sizeOf(first), 3))),
      gated: mul(x, tensor(gates, numbers(sizeOf(gates), 4))),
    });
  },
);

const windows = [
  { kernelSize: 2 },
  { kernelSize: [3, 2], strides: 2, padding: "same" },
  { kernelSize: 3, strides: [1, 2], dilations: [2, 1] },
  { kernelSize: [5, 6], strides: 1 },
] as const;

test.each([32, 16, 8, 12, 6, 5])("pooling of %i channels", async (channels) => {
  for (const [i, window] of windows.entries()) {
    const x = image([2, 9, 10, channels], i);
    const { values, indices } = maxPoolWithIndices2d(x, window);
    const results: Record<string, Value> = { values: tanh(values), indices };
    if (!("dilations" in window)) results.average = relu(avgPool2d(x, window));
    await expectSameBits(results);
  }
});

test.each([16, 8, 12, 6, 5])("gradients of tiles, and growing, of %i channels", async (channels) => {
  const x = tensor([2, 5, 6, channels], numbers(60 * channels, 5));
  const skip = tensor(x.type.shape, numbers(60 * channels, 6));
  const average = avgPool2d(x, { kernelSize: 2 });
  const dY = tensor(average.type.shape, numbers(sizeOf(average.type.shape), 7));
  const [dX] = differentiate(average, [x], add, dY);
  if (!dX) throw new Error("no gradient");
  const nearest = upsampleNearest2d(x, { scale: [2, 3] });
  const bilinear = upsampleBilinear2d(x, { scale: [2, 1.5] });
  await expectSameBits({ dX, nearest, bilinear });
  await expectSameBits({ withSkip: add(dX, skip), scaled: mul(nearest, tensor([channels], numbers(channels, 8))) });
});

test.each([32, 16, 12, 5])("copies of %i channels", async (channels) => {
  const [a, b] = [image([2, 3, 5, channels], 1), image([2, 3, 5, channels], 2)];
  const joined = concat([a, b]);
  const [left = a, right = b] = apply(splitOp, [concat([b, a])], { axis: 3, sides: [channels, channels] });
  await expectSameBits({
    joined,
    left,
    right,
    uneven: concat([joined, a]),
    slice: slice(joined, [0, 1, 1, channels], [2, 3, 4, 2 * channels]),
    permuted: permute(a, [0, 2, 1, 3]),
  });
});
