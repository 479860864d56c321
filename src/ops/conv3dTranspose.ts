import type { Value } from "../core/graph.ts";
import { whereIs } from "../core/options.ts";
import { conv3dInputGradientOp, volumeAxes } from "./conv3d.ts";
import type { ConvTransposeOptions } from "./convGeometry.ts";
import { transposed } from "./convTranspose.ts";

/**
 * 3-D transposed convolution, which is the gradient of conv3d by its input: x [N, D, H, W, C], kernel
 * [KD, KH, KW, F / groups, C], bias [F] -> [N, OD, OH, OW, F] with, on each axis, O = (I - 1) stride - pads
 * + dilation (K - 1) + 1 + outputPadding; padding "same": O = I stride.
 * @example
 * conv3dTranspose(volume, fill([2, 2, 2, 6, 4], 0.1), bias, { strides: 2 }).type.shape; // => [2, 16, 16, 16, 6]
 */
export function conv3dTranspose(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  return transposed(whereIs("conv3dTranspose"), conv3dInputGradientOp, volumeAxes, [x, kernel, bias], options);
}
