import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget, type Target } from "../../src/core/call.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { conv3d } from "../../src/ops/conv3d.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { dropout, gaussianNoise } from "../../src/ops/dropout.ts";
import { add, exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { groupNorm } from "../../src/ops/norm.ts";
import { diceLoss } from "../../src/ops/overlapLosses.ts";
import * as pool from "../../src/ops/pool.ts";
import { argMax, sum } from "../../src/ops/reduce.ts";
import { depthwiseConv2d } from "../../src/ops/separable.ts";
import { concat, pad, permute, slice } from "../../src/ops/shape.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { evaluate, randomTensor, tensor, testGpu } from "../support/run.ts";
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
  conv2d: () => conv2d(randomTensor([12, 40, 41, 3], 1), randomTensor([3, 3, 3, 8], 2), null),
  sum: () => sum(randomTensor([333, 5], 1), { axis: 1 }),
  "sum over the first axis": () => sum(randomTensor([5, 333], 1), { axis: 0 }),
  maxPool2d: () => pool.maxPool2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2, strides: 2, padding: "valid" }),
  avgPool2d: () => pool.avgPool2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2, strides: 2, padding: "valid" }),
  softmax: () => softmax(randomTensor([300, 7], 1)),
  permute: () => permute(randomTensor([30, 17, 5], 1), [2, 0, 1]),

  "conv2d by the image": () => {
    const kernel = randomTensor([3, 3, 5, 8], 2);
    return gradient((x) => conv2d(x, kernel, null, { strides: 2 }), [3, 41, 40, 5]);
  },
  "conv2d by the kernel": () => {
    const x = randomTensor([3, 20, 21, 16], 1);
    return gradient((kernel) => conv2d(x, kernel), [3, 3, 16, 40]);
  },
  conv2dTranspose: () => {
    const kernel = randomTensor([2, 2, 8, 4], 2);
    return conv2dTranspose(randomTensor([2, 30, 31, 4], 1), kernel, null, { strides: 2 });
  },
  depthwise: () => depthwiseConv2d(randomTensor([2, 30, 31, 6], 1), randomTensor([3, 3, 6, 1], 2)),
  "depthwise by the image": () => {
    const kernel = randomTensor([3, 3, 6, 1], 2);
    return gradient((x) => depthwiseConv2d(x, kernel), [2, 30, 31, 6]);
  },
  "depthwise by the kernel": () => {
    const x = randomTensor([4, 30, 31, 64], 1);
    return gradient((kernel) => depthwiseConv2d(x, kernel), [3, 3, 64, 1]);
  },
  conv3d: () => conv3d(randomTensor([2, 9, 20, 21, 3], 1), randomTensor([2, 2, 2, 3, 8], 2)),
  "max pooling backward, in tiles": () => gradient((x) => pool.maxPool2d(x, { kernelSize: 2 }), [2, 40, 41, 3]),
  "max pooling backward, overlapping": () =>
    gradient((x) => pool.maxPool2d(x, { kernelSize: 3, strides: 2, padding: 1 }), [2, 20, 21, 3]),
  "average pooling backward, in tiles": () => gradient((x) => pool.avgPool2d(x, { kernelSize: 2 }), [2, 40, 41, 3]),
  "average pooling backward, overlapping": () =>
    gradient((x) => pool.avgPool2d(x, { kernelSize: 3, strides: 2, padding: 1 }), [2, 20, 21, 3]),
  "adaptive pooling": () => pool.adaptiveAvgPool2d(randomTensor([2, 20, 21, 5], 1), [11, 12]),
  "adaptive pooling backward": () => gradient((x) => pool.adaptiveAvgPool2d(x, [7, 8]), [2, 20, 21, 5]),
  "max unpooling": () => {
    const { values, indices } = pool.maxPoolWithIndices2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2 });
    return pool.maxUnpool2d(values, indices, { kernelSize: 2 });
  },
  "max unpooling backward": () => {
    const { indices } = pool.maxPoolWithIndices2d(randomTensor([2, 20, 20, 3], 1), { kernelSize: 2 });
    return gradient((x) => pool.maxUnpool2d(x, indices, { kernelSize: 2 }), [2, 10, 10, 3]);
  },
  "nearest resizing": () => upsampleNearest2d(randomTensor([2, 10, 11, 3], 1), { outputSize: [17, 19] }),
  "nearest resizing backward": () => gradient((x) => upsampleNearest2d(x, { outputSize: [17, 19] }), [2, 10, 11, 3]),
  "linear resizing": () => upsampleBilinear2d(randomTensor([2, 10, 11, 3], 1), { outputSize: [17, 11] }),
  "linear resizing backward": () => gradient((x) => upsampleBilinear2d(x, { outputSize: [17, 11] }), [2, 10, 11, 3]),
  "softmax backward": () => gradient(softmax, [300, 7]),
  "logSoftmax backward": () => gradient(logSoftmax, [300, 7]),
  argMax: () => argMax(randomTensor([300, 7], 1)),
  crossEntropy: () => softmaxCrossEntropy(randomTensor([500, 3], 1), labels(500), { reduction: "none" }),
  "crossEntropy backward": () => gradient((x) => softmaxCrossEntropy(x, labels(3000)), [3000, 3]),
  "Dice backward": () => gradient((x) => diceLoss(x, labels(2, 40, 20), { from: "probabilities" }), [2, 40, 20, 3]),
  batchNorm: () => batchNorm(randomTensor([70, 9, 9], 1)).y,
  "batchNorm backward": () => gradient((x) => batchNorm(x).y, [70, 9, 9]),
  groupNorm: () => groupNorm(randomTensor([31, 80, 6], 1), { groups: 2 }),
  "groupNorm backward": () => gradient((x) => groupNorm(x, { groups: 2 }), [31, 80, 6]),
  slice: () => slice(randomTensor([63, 34, 5], 1), [1, 2, 0], [63, 34, 5], [1, 1, 2]),
  concat: () => concat([randomTensor([31, 17, 3], 1), randomTensor([31, 17, 4], 2)]),
  "constant padding": () => pad(randomTensor([31, 17, 3], 1), sides),
  "reflected padding": () => pad(randomTensor([31, 17, 3], 1), sides, { mode: "reflect" }),
  "reflected padding backward": () => gradient((x) => pad(x, sides, { mode: "reflect" }), [31, 17, 3]),
  dropout: () => dropout(randomTensor([9001], 1), { ...source, rate: 0.5 }),
  gaussianNoise: () => gaussianNoise(randomTensor([1031], 1), { ...source, deviation: 1 }),
};

const sides = [
  [0, 0],
  [3, 2],
  [0, 0],
] as const;
const source = { step: tensor([], [2], "u32"), seed: 4, stream: "grid" };

function labels(...shape: number[]): Value {
  const count = shape.reduce((size, side) => size * side, 1);
  return tensor(
    shape,
    Array.from({ length: count }, (_, i) => i % 3),
    "i32",
  );
}

/** The gradient of a function of random numbers. */
function gradient(apply: (x: Value) => Value, shape: readonly number[]): Value {
  const x = randomTensor(shape, 1);
  const y = apply(x);
  const [dX] = differentiate(y, [x], add, randomTensor(y.type.shape, 3));
  if (!dX) throw new Error("no gradient");
  return dX;
}

describe.each(Object.entries(kernels))("%s", (_, build) => {
  const { limits } = defaultTarget;
  const countOf = (y: Value, target: Partial<Target>) =>
    Math.max(...planOf(makeGraph("g", { y }), target).calls.map(({ call }) => call.workgroups));

  test.each([{ software: false }, { software: true }])(
    "gives the same bits folded and straight, %o",
    async (adapter) => {
      const { subgroups, cores } = (await testGpu()).target;
      const count = countOf(build(), { ...adapter, subgroups, cores });
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
