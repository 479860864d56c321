import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { showShape } from "../core/types.ts";
import { conv2d } from "./conv.ts";
import type { ConvOptions } from "./convGeometry.ts";
import { reshape } from "./reshape.ts";

/** As of a convolution; the groups are the channels. */
export type DepthwiseOptions = Omit<ConvOptions, "groups">;

const optionNames = ["strides", "padding", "dilations"];

/**
 * Each channel convolved by filters of its own: x [N, H, W, C], kernel [KH, KW, C, M], bias [C M] -> [N, OH, OW, C M].
 * Output channel c M + j is filter j of channel c.
 * @example
 * depthwiseConv2d(x, fill([3, 3, 4, 2], 0.1)).type.shape; // => [2, 6, 6, 8]
 */
export function depthwiseConv2d(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: DepthwiseOptions = {},
): Value {
  const where = whereIs("depthwiseConv2d");
  checkNames(where, options, optionNames);
  const [kh = 1, kw = 1, c = 0, multiplier = 0] = kernel.type.shape;
  if (x.type.shape.length !== 4 || kernel.type.shape.length !== 4 || c !== x.type.shape[3] || multiplier < 1) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.type.shape)} and kernel ${showShape(kernel.type.shape)}`,
      wanted: "x [N, H, W, C] and a kernel [KH, KW, C, multiplier] for as many channels",
      mend: "Images are NHWC here: channels last.",
    });
  }
  return conv2d(x, reshape(kernel, [kh, kw, 1, c * multiplier]), bias, { ...options, groups: c });
}

/**
 * Depthwise, then 1x1 convolution: x [N, H, W, C], depthwise kernel [KH, KW, C, M], pointwise kernel [1, 1, C M, F],
 * bias [F] -> [N, OH, OW, F]. Stride, padding and dilation are those of the first.
 * @example
 * separableConv2d(x, fill([3, 3, 4, 2], 0.1), fill([1, 1, 8, 6], 0.1), bias).type.shape; // => [2, 6, 6, 6]
 */
export function separableConv2d(
  x: Value,
  depthwiseKernel: Value,
  pointwiseKernel: Value,
  bias: Value | null = null,
  options: DepthwiseOptions = {},
): Value {
  const where = whereIs("separableConv2d");
  checkNames(where, options, optionNames);
  const [kh, kw] = pointwiseKernel.type.shape;
  if (pointwiseKernel.type.shape.length !== 4 || kh !== 1 || kw !== 1) {
    const seen = `pointwise kernel ${showShape(pointwiseKernel.type.shape)}`;
    throw new ShapeError({ where, seen, wanted: "[1, 1, C multiplier, F]" });
  }
  return conv2d(depthwiseConv2d(x, depthwiseKernel, null, options), pointwiseKernel, bias);
}
