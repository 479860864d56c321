import patchColumns from "../../shaders/conv3d/patchColumns.wgsl";
import patchRows from "../../shaders/conv3d/patches.wgsl";
import transposedPatchRows from "../../shaders/conv3d/transposedPatches.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import type { Value } from "../core/graph.ts";
import { apply, applyOne, type BoundProgram, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { type Shape, tensorType } from "../core/types.ts";
import { type ConvAttrs, type ConvOptions, convAttrs, inferConv, inferInputGradient } from "./convGeometry.ts";
import { type ASource, type Batches, lowerGemm, withBias } from "./gemm.ts";
import { lanesFor } from "./lanes.ts";

export const volumeAxes = ["D", "H", "W"];

/**
 * 3-D convolution, of volumes [N, D, H, W, C] by kernels [KD, KH, KW, C / groups, F]: conv2d with one axis more. As
 * there, all three products are matrix products whose operand A is read from the volume in place (shaders/conv3d).
 */
export const conv3dOp: OpDef<ConvAttrs> = {
  name: "conv3d",
  epilogue: true,
  infer(types, attrs, where) {
    return inferConv(where, volumeAxes, types, attrs);
  },
  grad({ attrs, inputs: [x, kernel, bias], gradients: [dY], needs }) {
    if (!x || !kernel || !dY) return [];
    const dX = needs[0] ? applyOne(conv3dInputGradientOp, [dY, kernel], { ...attrs, shape: x.type.shape }) : null;
    if (!needs[1] && !needs[2]) return [dX];
    const kernelAttrs = { ...attrs, bias: bias !== undefined, shape: kernel.type.shape };
    const [dKernel = null, dBias = null] = apply(conv3dKernelGradientOp, [x, dY], kernelAttrs);
    return [dX, dKernel, dBias];
  },
  lower({ attrs, inputs: [x, kernel, bias], outputs: [y], epilogue, target }) {
    if (!x || !kernel || !y) return [];
    const sizes = sizesOf(x.type.shape, kernel.type.shape, y.type.shape, attrs);
    return lowerForward(x, kernel, y, sizes, withBias(epilogue, bias ?? null), target);
  },
};

interface InputGradientAttrs extends ConvAttrs {
  /** Of x. */
  readonly shape: Shape;
}

/** dX[n, d, h, w, c] = sum over taps and f of dY[n, (d + p - kd dilation) / s, .., f] kernel[.., c, f], where s divides. */
export const conv3dInputGradientOp: OpDef<InputGradientAttrs> = {
  name: "conv3dInputGradient",
  epilogue: true,
  infer(types, attrs, where) {
    return inferInputGradient(where, volumeAxes, types, attrs);
  },
  lower({ attrs, inputs: [dY, kernel], outputs: [dX], epilogue, target }) {
    if (!dY || !kernel || !dX) return [];
    const sizes = sizesOf(dX.type.shape, kernel.type.shape, dY.type.shape, attrs);
    return lowerInputGradient(dY, kernel, dX, sizes, epilogue, target);
  },
  // It is linear in both: its own gradients are the convolution and the convolution's kernel gradient.
  grad({ attrs: { shape, ...attrs }, inputs: [dY, kernel], gradients: [d], needs }) {
    if (!dY || !kernel || !d) return [];
    return [
      needs[0] ? applyOne(conv3dOp, [d, kernel], attrs) : null,
      needs[1] ? applyOne(conv3dKernelGradientOp, [d, dY], { ...attrs, bias: false, shape: kernel.type.shape }) : null,
    ];
  },
};

interface KernelGradientAttrs extends ConvAttrs {
  /** Whether dBias is wanted too. */
  readonly bias: boolean;
  /** Of the kernel. */
  readonly shape: Shape;
}

/** dKernel[.., c, f] = sum over voxels of x[.., c] dY[.., f]; dBias[f] = sum over voxels of dY[.., f]. */
export const conv3dKernelGradientOp: OpDef<KernelGradientAttrs> = {
  name: "conv3dKernelGradient",
  noGradient: noSecondDerivatives,
  infer(_, { shape, bias }) {
    return [tensorType(shape), ...(bias ? [tensorType([shape[4] ?? 0])] : [])];
  },
  lower({ attrs, inputs: [x, dY], outputs: [dKernel, dBias], target }) {
    if (!x || !dY || !dKernel) return [];
    const sizes = sizesOf(x.type.shape, dKernel.type.shape, dY.type.shape, attrs);
    return lowerKernelGradient(x, dY, dKernel, dBias, sizes, target);
  },
};

/**
 * 3-D convolution: x [N, D, H, W, C], kernel [KD, KH, KW, C / groups, F], bias [F] -> [N, OD, OH, OW, F].
 * @example
 * conv3d(volume, fill([3, 3, 3, 4, 6], 0.1), bias).type.shape; // => [2, 6, 6, 6, 6]
 */
export function conv3d(x: Value, kernel: Value, bias: Value | null = null, options: ConvOptions = {}): Value {
  const where = whereIs("conv3d");
  checkNames(where, options, ["strides", "padding", "dilations", "groups"]);
  const attrs = convAttrs(where, 3, x.type.shape, kernel.type.shape, options);
  return applyOne(conv3dOp, bias ? [x, kernel, bias] : [x, kernel], attrs);
}

interface Sizes extends ConvAttrs {
  /** Spatial sides of x and y. */
  readonly sides: Shape;
  readonly outs: Shape;
  readonly n: number;
  readonly c: number;
  readonly f: number;
  readonly taps: number;
  readonly groupC: number;
  readonly groupF: number;
}

function sizesOf(x: Shape, kernel: Shape, y: Shape, attrs: ConvAttrs): Sizes {
  const [n = 0, c = 0, f = 0] = [x[0], x[4], y[4]];
  const taps = product(kernel.slice(0, 3));
  const own = { sides: x.slice(1, 4), outs: y.slice(1, 4), n, c, f, taps };
  return { ...attrs, ...own, groupC: c / attrs.groups, groupF: f / attrs.groups };
}

function product(sides: Shape): number {
  return sides.reduce((size, side) => size * side, 1);
}

/** Batches of the product are groups, which lie side by side in the filters. */
function groupBatches({ groups, groupF }: Sizes): Batches {
  return { inner: 1, outerStride: groups > 1 ? groupF : 0, innerStride: 0 };
}

function lowerForward(
  x: Value,
  kernel: Value,
  y: Value,
  sizes: Sizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, sides, outs, f, c, taps, groups, groupC, groupF } = sizes;
  const gemm = {
    name: "conv3d",
    m: n * product(outs),
    n: groupF,
    segments: taps,
    depth: groupC,
    batch: groups,
    a: volumeSource(x, patchRows, "depth", sizes, {
      inSides: sides,
      outSides: outs,
      channels: c,
      groupChannels: groupC,
    }),
    b: {
      value: kernel,
      columnStride: 1,
      depthStride: f,
      segmentStride: groupC * f,
      batches: groupBatches(sizes),
    },
    y,
    rowStride: f,
    batchStride: groups > 1 ? groupF : 0,
    epilogue,
  };
  return lowerGemm(gemm, target);
}

function lowerInputGradient(
  dY: Value,
  kernel: Value,
  dX: Value,
  sizes: Sizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, sides, outs, f, c, taps, groups, groupC, groupF } = sizes;
  const read = { inSides: outs, outSides: sides, channels: f, groupChannels: groupF };
  const gemm = {
    name: "conv3dInputGradient",
    m: n * product(sides),
    n: groupC,
    segments: taps,
    depth: groupF,
    batch: groups,
    a: volumeSource(dY, transposedPatchRows, "depth", sizes, read),
    b: {
      value: kernel,
      columnStride: f,
      depthStride: 1,
      segmentStride: groupC * f,
      batches: groupBatches(sizes),
    },
    y: dX,
    rowStride: c,
    batchStride: groups > 1 ? groupC : 0,
    epilogue,
  };
  return lowerGemm(gemm, target);
}

function lowerKernelGradient(
  x: Value,
  dY: Value,
  dKernel: Value,
  dBias: Value | undefined,
  sizes: Sizes,
  target: Target,
): KernelCall[] {
  const { n, sides, outs, f, c, taps, groups, groupC, groupF } = sizes;
  const width = outs[2] ?? 1;
  const ones = dBias ? taps * groupC : 0xffffffff;
  const read = { inSides: sides, outSides: outs, channels: c, groupChannels: groupC, ones };
  const gemm = {
    name: "conv3dKernelGradient",
    m: taps * groupC,
    n: groupF,
    segments: (n * product(outs)) / width,
    depth: width,
    batch: groups,
    a: volumeSource(x, patchColumns, "rows", sizes, read),
    b: {
      value: dY,
      columnStride: 1,
      depthStride: f,
      segmentStride: width * f,
      batches: groupBatches(sizes),
    },
    y: dKernel,
    rowStride: f,
    batchStride: groups > 1 ? groupF : 0,
    sums: dBias,
    epilogue: null,
  };
  return lowerGemm(gemm, target);
}

interface VolumeRead {
  /** Of the volume that is read, and of the grid of the product's rows or sum. */
  readonly inSides: Shape;
  readonly outSides: Shape;
  /** Of the volume that is read. */
  readonly channels: number;
  readonly groupChannels: number;
  readonly ones?: number;
}

function volumeSource(
  value: Value,
  shader: ASource["shader"],
  along: ASource["along"],
  { kernel, strides, dilations, pads }: ConvAttrs,
  { inSides, outSides, channels, groupChannels, ones = 0xffffffff }: VolumeRead,
): ASource {
  const lanes = lanesFor(groupChannels);
  const volume = {
    inDepth: inSides[0] ?? 1,
    inHeight: inSides[1] ?? 1,
    inWidth: inSides[2] ?? 1,
    outDepth: outSides[0] ?? 1,
    outHeight: outSides[1] ?? 1,
    outWidth: outSides[2] ?? 1,
    kernelHeight: kernel[1] ?? 1,
    kernelWidth: kernel[2] ?? 1,
    strideZ: strides[0] ?? 1,
    strideY: strides[1] ?? 1,
    strideX: strides[2] ?? 1,
    dilationZ: dilations[0] ?? 1,
    dilationY: dilations[1] ?? 1,
    dilationX: dilations[2] ?? 1,
    padFront: pads[0]?.[0] ?? 0,
    padTop: pads[1]?.[0] ?? 0,
    padLeft: pads[2]?.[0] ?? 0,
    channels: channels / lanes,
    groupLanes: groupChannels / lanes,
    groupChannels,
    ones,
  };
  return { value, along, lanes, shader, divisible: false, params: () => ({ volume }) };
}
