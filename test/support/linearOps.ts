import type { Value } from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import type { Shape } from "../../src/core/types.ts";
import { adaptiveAvgPool2dBackwardOp, avgPool2dBackwardOp } from "../../src/ops/avgPool.ts";
import { batchNorm, batchNormGradientOp, batchNormWeightGradientOp } from "../../src/ops/batchNorm.ts";
import { splitOp } from "../../src/ops/concat.ts";
import { dropout, gaussianNoise } from "../../src/ops/dropout.ts";
import * as maps from "../../src/ops/elementwise.ts";
import { maxPool2dBackwardOp } from "../../src/ops/maxPool.ts";
import { maxUnpool2dBackwardOp, maxUnpool2dOp } from "../../src/ops/maxUnpool.ts";
import { normalizeGradientOp, normalizeOp } from "../../src/ops/norm.ts";
import { mirrorPadBackwardOp } from "../../src/ops/pad.ts";
import * as pool from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { resizeLinearBackwardOp, upsampleNearest2dBackwardOp } from "../../src/ops/resize.ts";
import * as shapes from "../../src/ops/shape.ts";
import { logSoftmaxGradOp, softmaxGradOp } from "../../src/ops/softmax.ts";
import { bedOfNails2d, upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { bilinear, type LinearCase, linear } from "./linearCase.ts";
import { linearProducts } from "./linearProducts.ts";
import { randomTensor, tensor } from "./run.ts";
import { poolShapes } from "./shapes.ts";

const zeros = (shape: Shape) => maps.zerosLike(randomTensor(shape, 1));
const source = { step: tensor([], [4], "u32"), seed: 5, stream: "case" };

/** Overlapping windows of a max pooling, where it found its maxima, and so how it scatters and gathers. */
const large = [2, 7, 9, 3] as const;
const small = [2, 4, 4, 3] as const;
const overlapping = {
  kernel: [3, 2],
  strides: [2, 3],
  dilations: [1, 1],
  pads: [
    [1, 1],
    [1, 1],
  ],
  ceilMode: false,
  shape: large,
} as const;
const tiles = {
  kernel: [2, 3],
  strides: [2, 3],
  dilations: [1, 1],
  pads: [
    [0, 0],
    [0, 0],
  ],
  ceilMode: false,
} as const;
const placesOf = () => {
  const options = { kernelSize: overlapping.kernel, strides: overlapping.strides, padding: 1 };
  return pool.maxPoolWithIndices2d(randomTensor(large, 7), options).indices;
};
/** Of windows that tile the image: no place twice. */
const ownPlaces = () => pool.maxPoolWithIndices2d(randomTensor([2, 7, 9, 3], 8), { kernelSize: [2, 3] }).indices;

/** dX, dWeight and dBias of a batch normalization of fixed numbers, by dY. */
const normalized: Shape = [5, 7, 3];
function batchNormGradient(dY: Value, index: 0 | 1 | 2): Value {
  const x = randomTensor(normalized, 1);
  const [, statistics] = statisticsOf(batchNorm(x, { weight: randomTensor([3], 2) }).y);
  const inputs = [dY, x, statistics, randomTensor([3], 2)];
  if (index === 0) return apply(batchNormGradientOp, inputs, { epsilon: 1e-3 })[0] as Value;
  return apply(batchNormWeightGradientOp, inputs, { epsilon: 1e-3 })[index - 1] as Value;
}

/** The outputs of the node that made a value. */
function statisticsOf(y: Value): readonly [Value, Value] {
  if (y.source.kind !== "node") throw new Error("no node");
  return y.source.node.outputs as unknown as readonly [Value, Value];
}

const grouped: Shape = [3, 5, 6];
function normalizeGradient(dY: Value): Value {
  const x = randomTensor(grouped, 1);
  const attrs = { groups: 2, epsilon: 1e-3 };
  const [, statistics] = apply(normalizeOp, [x], attrs);
  return applyOne(normalizeGradientOp, [dY, x, statistics as Value], attrs);
}

const ratios = [
  [3, 5],
  [2, 3],
] as const;
const line = { axis: 1, size: 5, out: 13, ratio: [5, 13], alignCorners: false } as const;

/**
 * Every linear operator of the catalogue, and as `map.add` every linear row of the elementwise functions, with the
 * cases on which <A x, y> = <x, A' y> is tried. Gradients are here too: they are linear in dY.
 */
export const linearOps: Readonly<Record<string, readonly LinearCase[]>> = {
  ...linearProducts,

  "map.add": [
    linear([3, 1, 7], (a) => maps.add(a, zeros([5, 1]))),
    linear([5, 1], (b) => maps.add(zeros([3, 1, 7]), b)),
  ],
  "map.sub": [linear([3, 1, 7], (a) => maps.sub(a, zeros([5, 1]))), linear([13], (b) => maps.sub(zeros([2, 13]), b))],
  "map.mul": [bilinear([1], [1], maps.mul), bilinear([17, 1, 3], [5, 1], maps.mul), bilinear([2, 8], [8], maps.mul)],
  "map.div": [linear([5, 11], (a) => maps.div(a, maps.exp(randomTensor([11], 2))))],
  "map.scale": [linear([13], (x) => maps.scale(x, -1.75))],
  "map.neg": [linear([13], maps.neg)],
  "map.identity": [linear([1, 5], (x) => maps.broadcastTo(x, [3, 7, 5])), linear([13], maps.identity)],

  maxPool2dBackward: [
    linear(
      small,
      (dY) => applyOne(maxPool2dBackwardOp, [dY, placesOf()], overlapping),
      (dX) => applyOne(maxUnpool2dBackwardOp, [dX, placesOf()], {}),
    ),
    linear(
      [2, 3, 3, 3],
      (dY) => applyOne(maxPool2dBackwardOp, [dY, ownPlaces()], { ...tiles, shape: large }),
      (dX) => applyOne(maxUnpool2dBackwardOp, [dX, ownPlaces()], {}),
    ),
  ],
  maxUnpool2d: [linear([2, 3, 3, 3], (x) => applyOne(maxUnpool2dOp, [x, ownPlaces()], { outputSize: [7, 9] }))],
  maxUnpool2dBackward: [
    linear(
      large,
      (dY) => applyOne(maxUnpool2dBackwardOp, [dY, placesOf()], {}),
      (dX) => applyOne(maxPool2dBackwardOp, [dX, placesOf()], overlapping),
    ),
  ],
  avgPool2d: [
    ...poolShapes(8, 41).map(({ input, dilations: _, ...options }) => linear(input, (x) => pool.avgPool2d(x, options))),
    linear([1, 5, 7, 2], (x) => pool.avgPool2d(x, { kernelSize: [2, 1], strides: [3, 4], divisorOverride: 7 })),
  ],
  avgPool2dBackward: [
    linear([1, 3, 2, 4], (x) => pool.averageUnpool2d(x, { kernelSize: [3, 2] })),
    linear([2, 3, 4, 3], (x) => pool.averageUnpool2d(x, { kernelSize: 3, strides: 2, padding: 1, outputSize: [6, 8] })),
    linear(small, (dY) => applyOne(avgPool2dBackwardOp, [dY], { ...overlapping, countIncludePad: true })),
  ],
  adaptiveAvgPool2d: [
    linear([2, 7, 9, 3], (x) => pool.adaptiveAvgPool2d(x, [3, 4])),
    linear([1, 3, 1, 4], (x) => pool.adaptiveAvgPool2d(x, [5, 2])),
  ],
  adaptiveAvgPool2dBackward: [
    linear([2, 3, 4, 3], (dY) => applyOne(adaptiveAvgPool2dBackwardOp, [dY], { shape: [2, 7, 9, 3] })),
  ],

  batchNormGradient: [
    linear(
      normalized,
      (dY) => batchNormGradient(dY, 0),
      (dY) => batchNormGradient(dY, 0),
    ),
  ],
  batchNormWeightGradient: [
    linear(
      normalized,
      (dY) => batchNormGradient(dY, 1),
      (weight) => maps.mul(batchNorm(randomTensor(normalized, 1)).y, weight),
    ),
    linear(
      normalized,
      (dY) => batchNormGradient(dY, 2),
      (bias) => maps.broadcastTo(bias, normalized),
    ),
  ],
  normalizeGradient: [linear(grouped, normalizeGradient, normalizeGradient)],
  dropout: [linear([5, 13], (x) => dropout(x, { ...source, rate: 0.4 }))],
  // Affine: the difference of two with the same noise is linear.
  gaussianNoise: [
    linear([5, 13], (x) => {
      const noise = { ...source, deviation: 0.3 };
      return maps.sub(gaussianNoise(x, noise), gaussianNoise(zeros([5, 13]), noise));
    }),
  ],

  upsampleNearest2d: [
    linear([1, 3, 2, 1], (x) => upsampleNearest2d(x, { outputSize: [5, 3] })),
    linear([2, 13, 11, 6], (x) => upsampleNearest2d(x, { outputSize: [5, 17] })),
  ],
  upsampleNearest2dBackward: [
    linear([1, 5, 3, 4], (dY) => applyOne(upsampleNearest2dBackwardOp, [dY], { ratios, shape: [1, 3, 2, 4] })),
  ],
  growBilinear2d: [
    linear([1, 3, 2, 1], (x) => upsampleBilinear2d(x, { outputSize: [5, 7] })),
    linear([2, 3, 5, 6], (x) => upsampleBilinear2d(x, { scale: [2, 1.5] })),
    linear([1, 5, 3, 8], (x) => upsampleBilinear2d(x, { outputSize: [11, 4], alignCorners: true })),
  ],
  resizeLinear: [
    linear([1, 3, 2, 1], (x) => upsampleBilinear2d(x, { outputSize: [5, 1] })),
    linear([2, 13, 11, 3], (x) => upsampleBilinear2d(x, { outputSize: [5, 4], alignCorners: true })),
    linear([1, 1, 5, 4], (x) => upsampleBilinear2d(x, { scale: [3, 1.5] })),
  ],
  resizeLinearBackward: [linear([2, 13, 3], (dY) => applyOne(resizeLinearBackwardOp, [dY], line))],

  reshape: [linear([2, 6, 5], (x) => maps.scale(shapes.reshape(maps.scale(x, 2), [4, 15]), 3))],
  permute: [
    linear([3, 5], (x) => shapes.permute(x, [1, 0])),
    linear([2, 7, 3, 4], (x) => shapes.permute(x, [0, 3, 1, 2])),
    linear([3, 2, 2, 3, 1, 2], (x) => shapes.permute(x, [2, 0, 5, 3, 1, 4])),
  ],
  concat: [
    linear([2, 3, 5], (x) => shapes.concat([zeros([2, 3, 4]), x, x, zeros([2, 3, 1])])),
    linear([2, 1, 7], (x) => shapes.concat([x, zeros([2, 3, 7])], 1)),
  ],
  split: [
    linear([2, 5, 3], (x) => {
      const [a, b, c] = apply(splitOp, [x], { axis: 1, sides: [2, 2, 1] });
      return a && b && c ? maps.add(maps.sub(a, maps.scale(b, 3)), c) : zeros([2, 2, 3]);
    }),
    // Of some parts nothing is made.
    linear([3, 20], (x) => apply(splitOp, [x], { axis: 1, sides: [8, 12] })[1] ?? x),
  ],
  slice: [
    linear([10], (x) => shapes.slice(x, [3], [10], [4])),
    linear([4, 7, 5, 3], (x) => shapes.slice(x, [1, 0, 2, 0], [3, 7, 5, 3], [1, 2, 1, 1])),
  ],
  spread: [
    linear([2, 3, 5, 2], (x) => bedOfNails2d(x, [2, 3])),
    linear([5, 7], (x) =>
      shapes.pad(x, [
        [2, 3],
        [-2, 1],
      ]),
    ),
  ],
  mirrorPad: [
    linear([3, 5, 2], (x) =>
      shapes.pad(
        x,
        [
          [0, 0],
          [4, 3],
          [1, 0],
        ],
        { mode: "reflect" },
      ),
    ),
    linear([3, 1], (x) =>
      shapes.pad(
        x,
        [
          [2, -1],
          [3, 5],
        ],
        { mode: "replicate" },
      ),
    ),
  ],
  mirrorPadBackward: [
    linear([3, 10, 4], (dY) =>
      applyOne(mirrorPadBackwardOp, [dY], { axis: 1, before: 3, after: 2, mode: "reflect", size: 5 }),
    ),
  ],
  sum: [
    linear([1], (x) => sum(x)),
    linear([3, 71, 4], (x) => sum(x, { axis: 1 })),
    linear([2, 1031], (x) => sum(x, { axis: 1, keepDims: true })),
    linear([613, 3], (x) => sum(x, { axis: 0 })),
  ],
  softmaxGrad: [linear([3, 7, 2], softmaxGradient, softmaxGradient)],
  logSoftmaxGrad: [
    linear(
      [5, 11],
      (dY) => applyOne(logSoftmaxGradOp, [randomTensor([5, 11], 1), dY], { axis: 1 }),
      // d / d dY of dY - exp(y) sum(dY).
      (d) => maps.sub(d, sum(maps.mul(d, maps.exp(randomTensor([5, 11], 1))), { axis: 1, keepDims: true })),
    ),
  ],
};

/** diag(y) - y y', a symmetric matrix for any y. */
function softmaxGradient(dY: Value): Value {
  return applyOne(softmaxGradOp, [randomTensor([3, 7, 2], 1), dY], { axis: 1 });
}
