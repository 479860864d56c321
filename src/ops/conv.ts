import col2imShader from "../../shaders/conv/col2im.wgsl";
import im2colShader from "../../shaders/conv/im2col.wgsl";
import patchColumns from "../../shaders/conv/patch_columns.wgsl";
import patchRows from "../../shaders/conv/patches.wgsl";
import transposedPatchRows from "../../shaders/conv/transposed_patches.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { scratch, type Value } from "../core/graph.ts";
import { apply, applyOne, type BoundProgram, type OpDef } from "../core/op.ts";
import { currentPath } from "../core/scope.ts";
import { type Shape, showShape, sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { goesByKernelRows, lowerKernelRows } from "./convKernelRows.ts";
import { chooseRowTile, lowerRows, type RowConvolution } from "./convRows.ts";
import { add } from "./elementwise.ts";
import { type ASource, type BSource, lowerGemm, oneBatch, stridedA, withBias } from "./gemm.ts";
import { laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { outputSides, type Padding, perAxis, resolvePads, type Window } from "./window.ts";

/** A resolved 2-D convolution. The kernel is [KH, KW, C / groups, F]. */
export interface ConvAttrs extends Window {
  readonly groups: number;
}

/**
 * y[n, oh, ow, f] = bias[f] + sum over kh, kw, c of x[n, oh s - p + kh d, ow s - p + kw d, c] kernel[kh, kw, c, f],
 * zero outside the image: cross-correlation, as everywhere in deep learning. With groups, output channel f sees the
 * channels of its group alone.
 */
export const conv2dOp: OpDef<ConvAttrs> = {
  name: "conv2d",
  doc: "2-D convolution: stride, dilation, groups, any padding",
  epilogue: true,
  infer([x, kernel, bias], attrs, where) {
    const [n = 0, h = 0, w = 0] = x?.shape ?? [];
    const f = kernel?.shape[3] ?? 0;
    checkConv(x, kernel, attrs, where);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== f)) {
      throw new ShapeError({ where, seen: `bias ${showShape(bias.shape)}`, wanted: `[${f}], one for each filter` });
    }
    return [tensorType([n, ...outputSides(where, [h, w], attrs), f])];
  },
  lower({ attrs, inputs: [x, kernel, bias], outputs: [y], epilogue, target }) {
    if (!x || !kernel || !y) return [];
    const sizes = sizesOf(x.type.shape, kernel.type.shape, y.type.shape, attrs);
    return lowerForward(x, kernel, y, sizes, withBias(epilogue, bias ?? null), target);
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
}

/** dX[n, h, w, c] = sum over taps and f of dY[n, (h + p - kh d) / s, .., f] kernel[kh, kw, c, f], where s divides. */
export const conv2dInputGradientOp: OpDef<InputGradientAttrs> = {
  name: "conv2dInputGradient",
  doc: "Gradient of conv2d by its input; the forward pass of the transposed convolution",
  epilogue: true,
  infer([dY, kernel], attrs, where) {
    const x = tensorType(attrs.shape);
    checkConv(x, kernel, attrs, where);
    const [n = 0, h = 0, w = 0] = attrs.shape;
    const wanted = [n, ...outputSides(where, [h, w], attrs), kernel?.shape[3] ?? 0];
    if (dY?.shape.join() !== wanted.join()) {
      throw new ShapeError({ where, seen: `dY ${showShape(dY?.shape ?? [])}`, wanted: showShape(wanted) });
    }
    return [x];
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
  doc: "Gradient of conv2d by its kernel and bias",
  noGradient: "Second derivatives of convolutions are not part of wgrad.",
  infer(_, { shape, bias }) {
    return [tensorType(shape), ...(bias ? [tensorType([shape[3] ?? 0])] : [])];
  },
  lower({ attrs, inputs: [x, dY], outputs: [dKernel, dBias], target }) {
    if (!x || !dY || !dKernel) return [];
    const sizes = sizesOf(x.type.shape, dKernel.type.shape, dY.type.shape, attrs);
    return lowerKernelGradient(x, dY, dKernel, dBias, sizes, target);
  },
};

export interface ConvOptions {
  readonly strides?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilations?: number | readonly number[];
  readonly groups?: number;
}

/** 2-D convolution: x [N, H, W, C], kernel [KH, KW, C / groups, F], bias [F] -> [N, OH, OW, F]. */
export function conv2d(x: Value, kernel: Value, bias: Value | null = null, options: ConvOptions = {}): Value {
  const where = [currentPath(), "conv2d"].filter(Boolean).join("/");
  const attrs = convAttrs(where, x.type.shape, kernel.type.shape, options);
  return applyOne(conv2dOp, bias ? [x, kernel, bias] : [x, kernel], attrs);
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the end, below the stride: several inputs of a strided convolution have one output. */
  readonly outputPadding?: number | readonly number[];
}

/**
 * Transposed convolution: x [N, H, W, C], kernel [KH, KW, F / groups, C], bias [F] -> [N, OH, OW, F] with
 * OH = (H - 1) stride - pads + dilation (KH - 1) + 1 + outputPadding; padding "same": OH = H stride.
 */
export function conv2dTranspose(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  const where = [currentPath(), "conv2dTranspose"].filter(Boolean).join("/");
  const { padding = "valid", outputPadding = 0, groups = 1 } = options;
  const [n = 0, ...sides] = x.type.shape.slice(0, 3);
  const [kh = 1, kw = 1, f = 0] = kernel.type.shape;
  if (x.type.shape.length !== 4 || kernel.type.shape.length !== 4) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.type.shape)} and kernel ${showShape(kernel.type.shape)}`,
      wanted: "x [N, H, W, C] and a kernel [KH, KW, F / groups, C]",
    });
  }
  const strides = perAxis(where, "strides", options.strides ?? 1, 2);
  const dilations = perAxis(where, "dilations", options.dilations ?? 1, 2);
  const extra = perAxis(where, "outputPadding", outputPadding, 2, 0);
  const window = { kernel: [kh, kw], strides, dilations };
  const sameSides = sides.map((side, axis) => side * (strides[axis] ?? 1));
  const pads = resolvePads(where, padding, padding === "same" ? sameSides : sides, window);
  const out = sides.map((side, axis) => {
    if (padding === "same") return sameSides[axis] ?? 0;
    const [s = 1, d = 1, k = 1, e = 0] = [strides[axis], dilations[axis], window.kernel[axis], extra[axis]];
    if (e >= Math.max(s, d)) {
      throw new GraphError({
        where,
        seen: `outputPadding ${e}`,
        wanted: `less than the stride ${s} or the dilation ${d}`,
      });
    }
    return (side - 1) * s - (pads[axis]?.[0] ?? 0) - (pads[axis]?.[1] ?? 0) + d * (k - 1) + 1 + e;
  });
  const y = applyOne(conv2dInputGradientOp, [x, kernel], { ...window, pads, groups, shape: [n, ...out, f * groups] });
  return bias ? add(y, bias) : y;
}

function convAttrs(where: string, x: Shape, kernel: Shape, options: ConvOptions): ConvAttrs {
  const [kh = 1, kw = 1] = kernel;
  const window = {
    kernel: [kh, kw],
    strides: perAxis(where, "strides", options.strides ?? 1, 2),
    dilations: perAxis(where, "dilations", options.dilations ?? 1, 2),
  };
  const pads = resolvePads(where, options.padding ?? "valid", x.slice(1, 3), window);
  return { ...window, pads, groups: options.groups ?? 1 };
}

function checkConv(x: TensorType | undefined, kernel: TensorType | undefined, { groups }: ConvAttrs, where: string) {
  if (!x || !kernel || x.shape.length !== 4 || kernel.shape.length !== 4) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x?.shape ?? [])} and kernel ${showShape(kernel?.shape ?? [])}`,
      wanted: "x [N, H, W, C] and a kernel [KH, KW, C / groups, F]",
    });
  }
  wantDType(where, "x", x, "f32");
  wantDType(where, "kernel", kernel, "f32");
  const [c = 0, kernelC = 0, f = 0] = [x.shape[3], kernel.shape[2], kernel.shape[3]];
  if (!Number.isInteger(groups) || groups < 1 || c % groups !== 0 || f % groups !== 0) {
    throw new ShapeError({
      where,
      seen: `${groups} groups for ${c} channels and ${f} filters`,
      wanted: "a number of groups that divides both",
    });
  }
  if (kernelC * groups !== c) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.shape)} with ${c} channels and kernel ${showShape(kernel.shape)} for ${kernelC * groups}`,
      wanted: "as many channels in the kernel as in x",
      mend: "Images are NHWC here: channels last.",
    });
  }
}

/** The filter as B of a product: its columns are filters (`columns`), or channels, with the sum along filters (`depth`). */
function filterSource(value: Value, { f, groups, groupC, groupF }: ConvSizes, along: "columns" | "depth"): BSource {
  return {
    value,
    columnStride: along === "columns" ? 1 : f,
    depthStride: along === "columns" ? f : 1,
    segmentStride: groupC * f,
    batches: { inner: 1, outerStride: groups > 1 ? groupF : 0, innerStride: 0 },
  };
}

/** Everything that the kernels' parameters are made of. */
interface ConvSizes extends ConvAttrs {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oh: number;
  readonly ow: number;
  readonly f: number;
  readonly taps: number;
  /** Channels and filters of one group. */
  readonly groupC: number;
  readonly groupF: number;
}

function sizesOf(x: Shape, kernel: Shape, y: Shape, attrs: ConvAttrs): ConvSizes {
  const [n = 0, h = 0, w = 0, c = 0] = x;
  const [, oh = 0, ow = 0, f = 0] = y;
  const taps = (kernel[0] ?? 1) * (kernel[1] ?? 1);
  return { ...attrs, n, h, w, c, oh, ow, f, taps, groupC: c / attrs.groups, groupF: f / attrs.groups };
}

/** The fields that all patch shaders share. */
function windowParams({ kernel, strides, dilations, pads }: ConvSizes) {
  return {
    kernelWidth: kernel[1] ?? 1,
    strideY: strides[0] ?? 1,
    strideX: strides[1] ?? 1,
    dilationY: dilations[0] ?? 1,
    dilationX: dilations[1] ?? 1,
    padTop: pads[0]?.[0] ?? 0,
    padLeft: pads[1]?.[0] ?? 0,
  };
}

/** A 1x1 filter that takes every pixel: the image is the matrix of patches. */
function isPointwise({ taps, strides, pads, groups }: ConvSizes): boolean {
  return taps === 1 && groups === 1 && strides.every((stride) => stride === 1) && pads.flat().every((pad) => pad === 0);
}

function lowerForward(
  x: Value,
  kernel: Value,
  y: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps, groups, groupC, groupF } = sizes;
  const stored = target.force?.conv === "im2col" && groups === 1;
  const b = filterSource(kernel, sizes, "columns");
  const rows: RowConvolution = {
    ...sizes,
    name: "conv2d",
    image: x,
    b,
    y,
    outHeight: oh,
    outWidth: ow,
    depth: groupC,
    n: groupF,
    flipped: false,
    epilogue,
  };
  const tile = chooseRowTile(rows, target);
  if (tile) return [lowerRows(rows, tile)];
  const m = n * oh * ow;
  const before = stored ? im2col(x, sizes) : null;
  const matrix = before?.patches ?? (isPointwise(sizes) ? x : null);
  const depth = stored ? taps * c : groupC;
  return [
    ...(before ? [before.call] : []),
    ...lowerGemm(
      {
        name: "conv2d",
        m,
        n: groupF,
        segments: stored ? 1 : taps,
        depth,
        batch: groups,
        a: matrix
          ? stridedA({ value: matrix, rowStride: depth, depthStride: 1, rows: m, depth, batches: oneBatch })
          : patches(x, sizes, false),
        b,
        y,
        rowStride: f,
        batchStride: groups > 1 ? groupF : 0,
        epilogue,
      },
      target,
    ),
  ];
}

function lowerInputGradient(
  dY: Value,
  kernel: Value,
  dX: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, h, w, c, f, oh, ow, taps, groups, groupC, groupF } = sizes;
  if (target.force?.conv === "im2col" && groups === 1) {
    return lowerInputGradientStored(dY, kernel, dX, sizes, epilogue, target);
  }
  const b = filterSource(kernel, sizes, "depth");
  const rows: RowConvolution = {
    ...sizes,
    name: "conv2dInputGradient",
    image: dY,
    b,
    y: dX,
    outHeight: h,
    outWidth: w,
    depth: groupF,
    n: groupC,
    flipped: true,
    epilogue,
  };
  const tile = chooseRowTile(rows, target);
  if (tile) return [lowerRows(rows, tile)];
  const m = n * h * w;
  return lowerGemm(
    {
      name: "conv2dInputGradient",
      m,
      n: groupC,
      segments: taps,
      depth: groupF,
      batch: groups,
      a: isPointwise(sizes)
        ? stridedA({ value: dY, rowStride: f, depthStride: 1, rows: m, depth: f, batches: oneBatch })
        : patches(dY, { ...sizes, h: oh, w: ow, oh: h, ow: w, c: f, groupC: groupF }, true),
      b,
      y: dX,
      rowStride: c,
      batchStride: groups > 1 ? groupC : 0,
      epilogue,
    },
    target,
  );
}

function lowerKernelGradient(
  x: Value,
  dY: Value,
  dKernel: Value,
  dBias: Value | undefined,
  sizes: ConvSizes,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps, groups, groupC, groupF } = sizes;
  const stored = target.force?.conv === "im2col" && groups === 1;
  const b: BSource = {
    value: dY,
    columnStride: 1,
    depthStride: f,
    segmentStride: ow * f,
    batches: { inner: 1, outerStride: groups > 1 ? groupF : 0, innerStride: 0 },
  };
  const byRows = { ...sizes, image: x, b, dKernel, dBias, outHeight: oh, outWidth: ow };
  if (goesByKernelRows(byRows, target)) return lowerKernelRows(byRows, target);
  const before = stored ? im2col(x, sizes) : null;
  const matrix = before?.patches ?? (isPointwise(sizes) ? x : null);
  const rows = taps * groupC;
  const pixels = n * oh * ow;
  return [
    ...(before ? [before.call] : []),
    ...lowerGemm(
      {
        name: "conv2dKernelGradient",
        m: rows,
        n: groupF,
        segments: matrix ? 1 : n * oh,
        depth: matrix ? pixels : ow,
        batch: groups,
        a: matrix
          ? stridedA({
              value: matrix,
              rowStride: 1,
              depthStride: stored ? taps * c : c,
              rows,
              depth: pixels,
              batches: oneBatch,
              ones: dBias !== undefined,
            })
          : patchColumnsOf(x, sizes, dBias !== undefined),
        b,
        y: dKernel,
        rowStride: f,
        batchStride: groups > 1 ? groupF : 0,
        sums: dBias,
        epilogue: null,
      },
      target,
    ),
  ];
}

/** Patches as rows: of x for the forward pass, of dY (`transposed`) for the gradient by the input. */
function patches(value: Value, sizes: ConvSizes, transposed: boolean): ASource {
  const lanes = lanesFor(sizes.groupC);
  return {
    value,
    along: "depth",
    lanes,
    shader: transposed ? transposedPatchRows : patchRows,
    params: () => ({
      geometry: {
        ...windowParams(sizes),
        height: sizes.h,
        width: sizes.w,
        outHeight: sizes.oh,
        outWidth: sizes.ow,
        channels: sizes.c / lanes,
        groupChannels: sizes.groupC / lanes,
      },
    }),
  };
}

function patchColumnsOf(value: Value, sizes: ConvSizes, ones: boolean): ASource {
  const lanes = lanesFor(sizes.groupC);
  return {
    value,
    along: "rows",
    lanes,
    shader: patchColumns,
    params: () => ({
      geometry: {
        ...windowParams(sizes),
        height: sizes.h,
        width: sizes.w,
        outHeight: sizes.oh,
        channels: sizes.c / lanes,
        tapChannels: sizes.groupC,
        ones: ones ? sizes.taps * sizes.groupC : 0xffffffff,
      },
    }),
  };
}

/** The explicit matrix of patches [N OH OW, KH KW C]. */
function im2col(x: Value, sizes: ConvSizes): { patches: Value; call: KernelCall } {
  const stored = scratch(tensorType([sizes.n * sizes.oh * sizes.ow, sizes.taps * sizes.c]));
  return { patches: stored, call: patchCall("im2col", im2colShader, { x, patches: stored }, stored, sizes) };
}

/** dX through the explicit matrix: dPatches = dY kernel', then col2im. */
function lowerInputGradientStored(
  dY: Value,
  kernel: Value,
  dX: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps } = sizes;
  const m = n * oh * ow;
  const dPatches = scratch(tensorType([m, taps * c]));
  const ending = epilogueOf(epilogue, dX, lanesFor(c));
  const gather = patchCall("col2im", col2imShader, { patches: dPatches, x: dX }, dX, sizes);
  return [
    ...lowerGemm(
      {
        name: "conv2dInputGradient",
        m,
        n: taps * c,
        segments: 1,
        depth: f,
        batch: 1,
        a: stridedA({ value: dY, rowStride: f, depthStride: 1, rows: m, depth: f, batches: oneBatch }),
        b: { value: kernel, columnStride: f, depthStride: 1, segmentStride: 0, batches: oneBatch },
        y: dPatches,
        rowStride: taps * c,
        batchStride: 0,
        epilogue: null,
      },
      target,
    ),
    {
      ...gather,
      shaders: [...gather.shaders, ...ending.shaders],
      params: { ...gather.params, ...ending.params },
      operands: { ...gather.operands, ...ending.operands },
    },
  ];
}

function patchCall(
  name: string,
  shader: KernelCall["shaders"][number],
  operands: KernelCall["operands"],
  result: Value,
  sizes: ConvSizes,
): KernelCall {
  const lanes = lanesFor(sizes.c);
  const count = sizeOf(result.type.shape) / lanes;
  const params = {
    ...windowParams(sizes),
    height: sizes.h,
    width: sizes.w,
    outHeight: sizes.oh,
    outWidth: sizes.ow,
    taps: sizes.taps,
    channels: sizes.c / lanes,
    count,
  };
  return {
    name,
    shaders: [shader, laneShader(lanes)],
    params: { params },
    operands,
    workgroups: Math.ceil(count / 64),
    flops: 0,
  };
}
