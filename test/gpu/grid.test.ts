import { describe, expect, test } from "vitest";
import { defaultTarget, type Target } from "../../src/core/call.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { add, exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { avgPool2d, maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { permute } from "../../src/ops/shape.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { evaluate, randomTensor } from "../support/run.ts";
import { planOf } from "../support/trainStep.ts";

/**
 * A dispatch takes at most 65,535 workgroups along a dimension; more are folded into two, and the kernel unfolds them.
 * Here the limit is about the square root of what the kernel needs, so that kernels of ordinary size are folded, with
 * surplus workgroups that must stay idle.
 */
const kernels: Readonly<Record<string, () => Value>> = {
  map: () => exp(randomTensor([4 * 1024 * 4 + 4], 1)),
  "map of single numbers": () => exp(randomTensor([4099], 1)),
  "map with broadcasting": () => add(randomTensor([41, 1, 11], 1), randomTensor([31, 1], 2)),
  matmul: () => matmul(randomTensor([470, 9], 1), randomTensor([9, 40], 2)),
  "matmul in slices": () => matmul(randomTensor([7, 700], 1), randomTensor([700, 20], 2)),
  conv2d: () => conv2d(randomTensor([3, 40, 41, 3], 1), randomTensor([3, 3, 3, 8], 2), null),
  sum: () => sum(randomTensor([333, 5], 1), { axis: 1 }),
  "sum over the first axis": () => sum(randomTensor([5, 333], 1), { axis: 0 }),
  maxPool2d: () => maxPool2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2, strides: 2, padding: "valid" }),
  avgPool2d: () => avgPool2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2, strides: 2, padding: "valid" }),
  softmax: () => softmax(randomTensor([300, 7], 1)),
  permute: () => permute(randomTensor([30, 17, 5], 1), [2, 0, 1]),
};

describe.each(Object.entries(kernels))("%s", (_, build) => {
  const { limits } = defaultTarget;
  const countOf = (y: Value, target: Partial<Target>) =>
    Math.max(...planOf(makeGraph("g", { y }), target).calls.map(({ call }) => call.workgroups));

  test.each([{ software: false }, { software: true }])(
    "gives the same bits folded and straight, %o",
    async (adapter) => {
      const count = countOf(build(), adapter);
      const side = Math.ceil(Math.sqrt(count));
      expect(side, `${count} workgroups are too few to fold`).toBeLessThan(count);
      const straight = await evaluate({ y: build() }, { target: { ...adapter, limits } });
      const narrow = { ...limits, maxComputeWorkgroupsPerDimension: side };
      const folded = await evaluate({ y: build() }, { target: { ...adapter, limits: narrow } });
      expect(folded.y).toEqual(straight.y);
      expect(folded.y.every((value) => Number.isFinite(value))).toBe(true);
    },
  );
});
