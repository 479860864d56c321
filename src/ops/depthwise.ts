import forwardShader from "../../shaders/depthwise/forward.wgsl";
import inputGradientShader from "../../shaders/depthwise/inputGradient.wgsl";
import kernelGradientShader from "../../shaders/depthwise/kernelGradient.wgsl";
import sumSlices from "../../shaders/gemm/sum_slices.wgsl";
import sumSlicesSums from "../../shaders/gemm/sum_slices_sums.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { type Shape, sizeOf, tensorType } from "../core/types.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import type { Window } from "./window.ts";

/**
 * Kernels of convolutions in which each output channel reads one input channel: as products of matrices they would have
 * one column. Lanes lie along channels, and with them along those of the filter; where a channel has several filters
 * (multiplier > 1), all is done value by value.
 */
export interface DepthwiseShapes {
  readonly x: Shape;
  readonly kernel: Shape;
  readonly y: Shape;
}

/** Whether a convolution is one: as many groups as channels, more than one. A force chooses among the other kernels. */
export function isDepthwise(x: Shape, groups: number, { force }: Target): boolean {
  return groups > 1 && groups === x[3] && force?.conv === undefined && force?.gemm === undefined;
}

const workgroupSize = 64;
/** Neighbours in a row that one invocation of the forward kernel computes. */
const pixelsAtOnce = 4;

interface Layout {
  readonly lanes: Lanes;
  /** All of the kernels' sizes but the number of invocations. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Products in all. */
  readonly products: number;
}

function layoutOf({ x, kernel, y }: DepthwiseShapes, { strides, dilations, pads }: Window): Layout {
  const [, height = 0, width = 0, c = 1] = x;
  const [, outHeight = 0, outWidth = 0, f = 1] = y;
  const multiplier = f / c;
  const lanes = multiplier === 1 ? lanesFor(f) : 1;
  const sizes = {
    height,
    width,
    outHeight,
    outWidth,
    kernelHeight: kernel[0] ?? 1,
    kernelWidth: kernel[1] ?? 1,
    strideY: strides[0] ?? 1,
    strideX: strides[1] ?? 1,
    dilationY: dilations[0] ?? 1,
    dilationX: dilations[1] ?? 1,
    padTop: pads[0]?.[0] ?? 0,
    padLeft: pads[1]?.[0] ?? 0,
    channels: f / lanes,
    multiplier,
  };
  return { lanes, sizes, products: sizeOf(y) * (kernel[0] ?? 1) * (kernel[1] ?? 1) };
}

export function lowerDepthwise(
  x: Value,
  kernel: Value,
  y: Value,
  window: Window,
  epilogue: BoundProgram | null,
): KernelCall[] {
  const { lanes, sizes, products } = layoutOf({ x: x.type.shape, kernel: kernel.type.shape, y: y.type.shape }, window);
  const [n = 0, outHeight = 0, outWidth = 0, f = 0] = y.type.shape;
  const count = n * outHeight * Math.ceil(outWidth / pixelsAtOnce) * (f / lanes);
  const end = epilogueOf(epilogue, y, lanes);
  return [
    {
      name: "conv2d/depthwise",
      shaders: [forwardShader, laneShader(lanes), ...end.shaders],
      params: { params: { ...sizes, count }, ...end.params },
      operands: { x, kernel, y, ...end.operands },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: 2 * products,
    },
  ];
}

export function lowerDepthwiseInputGradient(
  dY: Value,
  kernel: Value,
  dX: Value,
  window: Window,
  epilogue: BoundProgram | null,
): KernelCall[] {
  const shapes = { x: dX.type.shape, kernel: kernel.type.shape, y: dY.type.shape };
  const { lanes, sizes, products } = layoutOf(shapes, window);
  const count = sizeOf(dX.type.shape) / lanes;
  const end = epilogueOf(epilogue, dX, lanes);
  return [
    {
      name: "conv2dInputGradient/depthwise",
      shaders: [inputGradientShader, laneShader(lanes), ...end.shaders],
      params: { params: { ...sizes, count }, ...end.params },
      operands: { dY, kernel, dX, ...end.operands },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: 2 * products,
    },
  ];
}

export function lowerDepthwiseKernelGradient(
  x: Value,
  dY: Value,
  dKernel: Value,
  dBias: Value | undefined,
  window: Window,
  target: Target,
): KernelCall[] {
  const shapes = { x: x.type.shape, kernel: dKernel.type.shape, y: dY.type.shape };
  const { lanes, sizes, products } = layoutOf(shapes, window);
  const [n = 0, outHeight = 0, , f = 0] = dY.type.shape;
  const filterTaps = (dKernel.type.shape[0] ?? 1) * (dKernel.type.shape[1] ?? 1);
  const taps = filterTaps + (dBias ? 1 : 0);
  const rows = n * outHeight;
  const busy = target.software ? 512 : 16_384;
  const slices = Math.max(1, Math.min(rows, 256, Math.ceil(busy / ((taps * f) / lanes))));
  const partial = scratch(tensorType([slices, taps, f]));
  const count = (taps * f) / lanes;
  return [
    {
      name: "conv2dKernelGradient/depthwise",
      shaders: [kernelGradientShader, laneShader(lanes)],
      params: { params: { ...sizes, count: count * slices }, slicing: { rows, slices, taps } },
      operands: { x, dY, partial },
      workgroups: workgroupsFor(count * slices, workgroupSize),
      flops: 2 * products,
    },
    {
      name: "conv2dKernelGradient/sum",
      shaders: [dBias ? sumSlicesSums : sumSlices, laneShader(lanes), ...epilogueOf(null, dKernel, lanes).shaders],
      params: { params: dBias ? { count, split: (filterTaps * f) / lanes, slices } : { count, slices } },
      operands: { partial, y: dKernel, ...(dBias ? { sums: dBias } : {}) },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: taps * f * slices,
    },
  ];
}
