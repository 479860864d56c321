import type { Value } from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import { conv2d, conv2dInputGradientOp, conv2dKernelGradientOp, conv2dTranspose } from "../../src/ops/conv.ts";
import { conv3d, conv3dInputGradientOp, conv3dKernelGradientOp } from "../../src/ops/conv3d.ts";
import { conv3dTranspose } from "../../src/ops/conv3dTranspose.ts";
import { zerosLike } from "../../src/ops/elementwise.ts";
import { dense, denseKernelGradientOp, matmul } from "../../src/ops/matmul.ts";
import { depthwiseConv2d } from "../../src/ops/separable.ts";
import { bilinear, type LinearCase, linear } from "./linearCase.ts";
import { randomTensor } from "./run.ts";
import { convShapes } from "./shapes.ts";

/** Products of matrices and convolutions: linear in the image and in the kernel, and in the bias where both are zero. */
const none = [0, 0] as const;

/** Strides beyond the kernel, dilation, groups, and padding on one side: as a node has it, and as a user writes it. */
const stridedOptions = {
  strides: [2, 5],
  dilations: [2, 1],
  padding: [
    [1, 3],
    [0, 1],
  ],
  groups: 2,
} as const;
const strided = { ...stridedOptions, kernel: [3, 2], pads: stridedOptions.padding };
const [image, filters, result] = [
  [2, 9, 13, 6],
  [3, 2, 3, 10],
  [2, 5, 3, 10],
] as const;

const spreadOptions = {
  strides: [1, 3, 2],
  dilations: [1, 1, 2],
  padding: [
    [1, 0],
    [0, 2],
    [2, 1],
  ],
  groups: 3,
} as const;
const spread = { ...spreadOptions, kernel: [2, 1, 3], pads: spreadOptions.padding };
const [volume, filters3d, result3d] = [
  [1, 3, 5, 7, 6],
  [2, 1, 3, 2, 9],
  [1, 3, 3, 3, 9],
] as const;

/** A kernel's gradient <K(x, dY), W> = <x, dX(dY, W)> = <W * x, dY>, without the gradient of the bias. */
function conv2dKernelGradient(x: Value, dY: Value): Value {
  return applyOne(conv2dKernelGradientOp, [x, dY], { ...strided, bias: false, shape: filters });
}

function conv3dKernelGradient(x: Value, dY: Value): Value {
  return applyOne(conv3dKernelGradientOp, [x, dY], { ...spread, bias: false, shape: filters3d });
}

export const linearProducts: Readonly<Record<string, readonly LinearCase[]>> = {
  matmul: [
    bilinear([1, 1], [1, 1], matmul),
    bilinear([7, 13], [13, 5], matmul),
    bilinear([11, 3], [11, 17], (a, b) => matmul(a, b, { transposeA: true })),
    bilinear([2, 5, 7], [3, 7], (a, b) => matmul(a, b, { transposeB: true })),
    bilinear([3, 1, 6, 5], [2, 4, 6], (a, b) => matmul(a, b, { transposeA: true, transposeB: true })),
  ],
  dense: [
    bilinear([1], [1, 1], dense),
    bilinear([5, 13], [13, 7], dense),
    bilinear([3, 2, 17], [17, 33], dense),
    linear([7], (bias) => dense(randomTensor([5, 13], 1), zerosLike(randomTensor([13, 7], 1)), bias)),
  ],
  denseKernelGradient: [
    linear(
      [11, 5],
      (x) => applyOne(denseKernelGradientOp, [x, randomTensor([11, 3], 2)], { bias: false }),
      (kernel) => matmul(randomTensor([11, 3], 2), kernel, { transposeB: true }),
    ),
    linear(
      [11, 3],
      (dY) => applyOne(denseKernelGradientOp, [randomTensor([11, 5], 1), dY], { bias: false }),
      (kernel) => matmul(randomTensor([11, 5], 1), kernel),
    ),
  ],
  conv2d: [
    ...convShapes(6, 31).map(({ input, kernel, kernelSize: _, ...options }) =>
      bilinear(input, kernel, (x, w) => conv2d(x, w, null, options)),
    ),
    bilinear([1, 1, 1, 1], [1, 1, 1, 1], (x, w) => conv2d(x, w)),
    bilinear([2, 5, 7, 12], [1, 1, 12, 5], (x, w) => conv2d(x, w)),
    bilinear([2, 8, 12, 16], [3, 3, 16, 8], (x, w) => conv2d(x, w, null, { padding: "same" })),
    bilinear([1, 7, 7, 3], [3, 3, 3, 4], (x, w) => conv2d(x, w, null, { strides: 4, padding: "full" })),
    bilinear([2, 9, 11, 5], [3, 3, 5, 1], (x, w) => depthwiseConv2d(x, w, null, { strides: [4, 1] })),
    bilinear([1, 6, 13, 4], [2, 3, 4, 3], (x, w) =>
      depthwiseConv2d(x, w, null, { dilations: [1, 2], padding: "same" }),
    ),
    linear([3], (bias) => conv2d(randomTensor([2, 5, 7, 2], 1), zerosLike(randomTensor([3, 3, 2, 3], 1)), bias)),
  ],
  conv2dInputGradient: [
    bilinear([2, 3, 5, 4], [3, 3, 6, 4], (x, w) => conv2dTranspose(x, w, null, { strides: 2, outputPadding: [1, 0] })),
    bilinear([1, 1, 3, 6], [2, 3, 1, 6], (x, w) => conv2dTranspose(x, w, null, { strides: [3, 4], groups: 3 })),
    bilinear([2, 5, 5, 3], [5, 5, 2, 3], (x, w) => conv2dTranspose(x, w, null, { dilations: 2, padding: 3 })),
  ],
  conv2dKernelGradient: [
    linear(
      image,
      (x) => conv2dKernelGradient(x, randomTensor(result, 2)),
      (w) => applyOne(conv2dInputGradientOp, [randomTensor(result, 2), w], { ...strided, shape: image }),
    ),
    linear(
      result,
      (dY) => conv2dKernelGradient(randomTensor(image, 1), dY),
      (w) => conv2d(randomTensor(image, 1), w, null, stridedOptions),
    ),
    linear(
      [2, 5, 7, 3],
      (dY) => {
        const attrs = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [none, none], groups: 1 };
        const [, dBias] = apply(conv2dKernelGradientOp, [zerosLike(randomTensor([2, 5, 7, 4], 1)), dY], {
          ...attrs,
          bias: true,
          shape: [1, 1, 4, 3],
        });
        return dBias as Value;
      },
      (bias) => conv2d(randomTensor([2, 5, 7, 4], 1), zerosLike(randomTensor([1, 1, 4, 3], 1)), bias),
    ),
  ],
  conv3d: [
    bilinear([1, 1, 1, 1, 1], [1, 1, 1, 1, 1], (x, w) => conv3d(x, w)),
    bilinear([2, 3, 5, 7, 3], [2, 3, 3, 3, 5], (x, w) => conv3d(x, w, null, { padding: "same" })),
    bilinear(volume, filters3d, (x, w) => conv3d(x, w, null, spreadOptions)),
    linear([4], (bias) => conv3d(randomTensor([1, 3, 3, 5, 2], 1), zerosLike(randomTensor([2, 2, 2, 2, 4], 1)), bias)),
  ],
  conv3dInputGradient: [
    bilinear([1, 2, 3, 2, 4], [2, 2, 3, 3, 4], (x, w) => conv3dTranspose(x, w, null, { strides: [2, 3, 1] })),
  ],
  conv3dKernelGradient: [
    linear(
      volume,
      (x) => conv3dKernelGradient(x, randomTensor(result3d, 2)),
      (w) => applyOne(conv3dInputGradientOp, [randomTensor(result3d, 2), w], { ...spread, shape: volume }),
    ),
    linear(
      result3d,
      (dY) => conv3dKernelGradient(randomTensor(volume, 1), dY),
      (w) => conv3d(randomTensor(volume, 1), w, null, spreadOptions),
    ),
  ],
};
