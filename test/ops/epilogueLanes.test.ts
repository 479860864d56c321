import { describe, expect, test } from "vitest";
import type { Value } from "../../src/core/graph.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { groupNorm } from "../../src/ops/norm.ts";
import { sum } from "../../src/ops/reduce.ts";
import { upsampleBilinear2d } from "../../src/ops/upsample.ts";
import { evaluate, numbers, tensor } from "../support/run.ts";

/** Kernels whose vectors reach over the end of the last axis, with an epilogue of one number a channel. */
describe.each([3, 6])("%i channels", (channels) => {
  const x = tensor([2, 4, 8, channels], numbers(64 * channels, 1));
  const bias = tensor([channels], numbers(channels, 2));

  test.each<[string, (x: Value) => Value]>([
    ["normalization of one group", (x) => groupNorm(x, { groups: 1 })],
    ["bilinear resizing", (x) => upsampleBilinear2d(x, { scale: 2 })],
    ["sums over examples", (x) => sum(x, { axis: 0 })],
    ["sums over columns", (x) => sum(x, { axis: 2 })],
  ])("%s", async (_, op) => {
    const plain = op(x);
    const { y, fused } = await evaluate({ y: plain, fused: add(mul(op(x), bias), bias) });
    const b = numbers(channels, 2);
    const at = (i: number) => b[i % channels] ?? Number.NaN;
    expect([...fused]).toEqual([...y].map((value, i) => Math.fround(Math.fround(value * at(i)) + at(i))));
  });
});

/** Operands that are repeated along axes in the middle, beside one that is repeated from the last axes on. */
describe.each([8, 6, 5])("%i channels, gates of [N, 1, 1, C], [H, 1, 1] and [C]", (channels) => {
  test("vectors or not, each element meets its own", async () => {
    const shape = [3, 5, 7, channels];
    const [x, gate, row, last] = [
      numbers(105 * channels, 3),
      numbers(3 * channels, 4),
      numbers(5, 5),
      numbers(channels, 6),
    ];
    const product = mul(mul(tensor(shape, x), tensor([3, 1, 1, channels], gate)), tensor([5, 1, 1], row));
    const { y } = await evaluate({ y: mul(product, tensor([channels], last)) });
    const wanted = [...x].map((value, i) => {
      const c = i % channels;
      const n = Math.floor(i / (35 * channels));
      const factors = [gate[n * channels + c], row[Math.floor(i / (7 * channels)) % 5], last[c]];
      return factors.reduce<number>((result, factor = Number.NaN) => Math.fround(result * factor), value);
    });
    expect([...y]).toEqual(wanted);
  });
});

test.each([[5], [3, 6], [1, 1600], [1030, 4]])(
  "dropout of [%i, %i] draws the same bits on CPU adapters and GPUs",
  async (...shape) => {
    const step = tensor([], [3], "u32");
    const size = shape.reduce((product, side) => product * side, 1);
    const x = tensor(shape, numbers(size, 7));
    const y = dropout(x, { step, seed: 1, stream: "s", rate: 0.4 });
    const onCpu = await evaluate({ y }, { target: { software: true } });
    const onGpu = await evaluate({ y }, { target: { software: false } });
    expect(onGpu.y).toEqual(onCpu.y);
  },
);
