import type { Value } from "../core/graph.ts";
import { apply, applyOne, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { type Shape, tensorType } from "../core/types.ts";
import {
  type ConvAttrs,
  type ConvOptions,
  type ConvTransposeOptions,
  convAttrs,
  inferConv,
  inferInputGradient,
  sizesOf,
} from "./convGeometry.ts";
import { inputGradientFilter, lowerForward, lowerInputGradient, lowerKernelGradient } from "./convLower.ts";
import { transposed } from "./convTranspose.ts";
import { isDepthwise, lowerDepthwise, lowerDepthwiseInputGradient, lowerDepthwiseKernelGradient } from "./depthwise.ts";
import { withBias } from "./gemm.ts";
import { turned } from "./turnFilters.ts";

const axes = ["H", "W"];

/**
 * y[n, oh, ow, f] = bias[f] + sum over kh, kw, c of x[n, oh s - p + kh d, ow s - p + kw d, c] kernel[kh, kw, c, f],
 * zero outside the image: cross-correlation, as everywhere in deep learning. With groups, output channel f sees the
 * channels of its group alone.
 */
export const conv2dOp: OpDef<ConvAttrs> = {
  name: "conv2d",
  epilogue: true,
  infer(types, attrs, where) {
    return inferConv(where, axes, types, attrs);
  },
  lower({ attrs, inputs: [x, kernel, bias], outputs: [y], epilogue, target }) {
    if (!x || !kernel || !y) return [];
    const ending = withBias(epilogue, bias ?? null);
    if (isDepthwise(x.type.shape, attrs.groups, target)) return lowerDepthwise(x, kernel, y, attrs, ending, target);
    const sizes = sizesOf(x.type.shape, kernel.type.shape, y.type.shape, attrs);
    return lowerForward(x, kernel, y, sizes, ending, target);
  },
  grad({ attrs, inputs: [x, kernel, bias], gradients: [dY], needs }) {
    if (!x || !kernel || !dY) return [];
    const dX = needs[0] ? applyOne(conv2dInputGradientOp, [dY, kernel], { ...attrs, shape: x.type.shape }) : null;
    if (!needs[1] && !needs[2]) return [dX];
    const kernelAttrs = { ...attrs, bias: bias !== undefined, shape: kernel.type.shape };
    const [dKernel = null, dBias = null] = apply(conv2dKernelGradientOp, [x, dY], kernelAttrs);
    return [dX, dKernel, dBias];
  },
};

interface InputGradientAttrs extends ConvAttrs {
  /** Of x. */
  readonly shape: Shape;
  /** Where the filter, with its channels last, starts in the third input, if there is one. */
  readonly turned?: number;
}

/** dX[n, h, w, c] = sum over taps and f of dY[n, (h + p - kh d) / s, .., f] kernel[kh, kw, c, f], where s divides. */
export const conv2dInputGradientOp: OpDef<InputGradientAttrs> = {
  name: "conv2dInputGradient",
  epilogue: true,
  infer(types, attrs, where) {
    return inferInputGradient(where, axes, types, attrs);
  },
  prepared: {
    input: 1,
    wanted: ({ groups }, { software }) => software && groups === 1,
    make: turned,
    attach: (attrs, start) => ({ ...attrs, turned: start }),
  },
  lower({ attrs, inputs: [dY, kernel, forms], outputs: [dX], epilogue, target }) {
    if (!dY || !kernel || !dX) return [];
    if (isDepthwise(dX.type.shape, attrs.groups, target)) {
      return lowerDepthwiseInputGradient(dY, kernel, dX, attrs, epilogue, target);
    }
    const sizes = sizesOf(dX.type.shape, kernel.type.shape, dY.type.shape, attrs);
    const filter = inputGradientFilter(kernel, sizes, forms ? { value: forms, start: attrs.turned ?? 0 } : null);
    return lowerInputGradient(dY, filter, dX, sizes, epilogue, target);
  },
  // It is linear in both: its own gradients are the convolution and the convolution's kernel gradient.
  grad({ attrs: { shape, ...attrs }, inputs: [dY, kernel], gradients: [d], needs }) {
    if (!dY || !kernel || !d) return [];
    return [
      needs[0] ? applyOne(conv2dOp, [d, kernel], attrs) : null,
      needs[1] ? applyOne(conv2dKernelGradientOp, [d, dY], { ...attrs, bias: false, shape: kernel.type.shape }) : null,
    ];
  },
};

interface KernelGradientAttrs extends ConvAttrs {
  /** Whether dBias is wanted too. */
  readonly bias: boolean;
  /** Of the kernel. */
  readonly shape: Shape;
}

/** dKernel[kh, kw, c, f] = sum over pixels of x[.., c] dY[.., f]; dBias[f] = sum over pixels of dY[.., f]. */
export const conv2dKernelGradientOp: OpDef<KernelGradientAttrs> = {
  name: "conv2dKernelGradient",
  noGradient: noSecondDerivatives,
  infer(_, { shape, bias }) {
    return [tensorType(shape), ...(bias ? [tensorType([shape[3] ?? 0])] : [])];
  },
  lower({ attrs, inputs: [x, dY], outputs: [dKernel, dBias], target }) {
    if (!x || !dY || !dKernel) return [];
    if (isDepthwise(x.type.shape, attrs.groups, target)) {
      return lowerDepthwiseKernelGradient(x, dY, dKernel, dBias, attrs, target);
    }
    const sizes = sizesOf(x.type.shape, dKernel.type.shape, dY.type.shape, attrs);
    return lowerKernelGradient(x, dY, dKernel, dBias, sizes, target);
  },
};

/**
 * 2-D convolution: x [N, H, W, C], kernel [KH, KW, C / groups, F], bias [F] -> [N, OH, OW, F], with, padded by `pads`,
 * OH = floor((H + pads - dilation (KH - 1) - 1) / stride) + 1; padding "same": OH = ceil(H / stride).
 * @throws ShapeError where channels do not fit, or the kernel is larger than the padded image
 * @example
 * conv2d(x, kernel, bias).type.shape; // => [2, 6, 6, 6]
 * conv2d(x, kernel, null, { strides: 2, padding: "same" }).type.shape; // => [2, 4, 4, 6]
 */
export function conv2d(x: Value, kernel: Value, bias: Value | null = null, options: ConvOptions = {}): Value {
  const where = whereIs("conv2d");
  checkNames(where, options, ["strides", "padding", "dilations", "groups"]);
  const attrs = convAttrs(where, 2, x.type.shape, kernel.type.shape, options);
  return applyOne(conv2dOp, bias ? [x, kernel, bias] : [x, kernel], attrs);
}

/**
 * Transposed convolution: x [N, H, W, C], kernel [KH, KW, F / groups, C], bias [F] -> [N, OH, OW, F] with
 * OH = (H - 1) stride - pads + dilation (KH - 1) + 1 + outputPadding; padding "same": OH = H stride.
 * @example
 * conv2dTranspose(x, fill([2, 2, 6, 4], 0.1), bias, { strides: 2 }).type.shape; // => [2, 16, 16, 6]
 */
export function conv2dTranspose(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  return transposed(whereIs("conv2dTranspose"), conv2dInputGradientOp, axes, [x, kernel, bias], options);
}
