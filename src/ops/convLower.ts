import patchColumns from "../../shaders/conv/patch_columns.wgsl";
import patchRows from "../../shaders/conv/patches.wgsl";
import phaseShader from "../../shaders/conv/phases.wgsl";
import storeBlocks from "../../shaders/conv/store_blocks.wgsl";
import storePhases from "../../shaders/conv/store_phases.wgsl";
import transposedPatchRows from "../../shaders/conv/transposed_patches.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import type { Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { type ConvSizes, windowParams } from "./convGeometry.ts";
import { goesByKernelRows, lowerKernelRows } from "./convKernelRows.ts";
import { chooseRowTile, lowerRows, type RowConvolution } from "./convRows.ts";
import { type ASource, type BSource, lowerGemm, oneBatch, stridedA } from "./gemm.ts";
import { lanesFor } from "./lanes.ts";

/*
 * Which kernels a convolution and its gradients run: by rows of pixels (convRows.ts, convKernelRows.ts) where that pays,
 * else as a product over patches that are never stored.
 */

/** The filter as B of a product: its columns are filters. */
function filterSource(value: Value, { f, groups, groupC, groupF }: ConvSizes): BSource {
  const batches = { inner: 1, outerStride: groups > 1 ? groupF : 0, innerStride: 0 };
  return { value, columnStride: 1, depthStride: f, segmentStride: groupC * f, batches };
}

/**
 * The filter as B of the gradient by the input: its columns are channels, its depth filters. It is stored with filters
 * last, and where there is a copy with channels last (`turned`), that is read instead.
 */
export function inputGradientFilter(
  kernel: Value,
  sizes: ConvSizes,
  turned: { readonly value: Value; readonly start: number } | null,
): BSource {
  const { c, f, groupC } = sizes;
  if (turned) return { ...turned, columnStride: 1, depthStride: c, segmentStride: c * f, batches: oneBatch };
  return { ...filterSource(kernel, sizes), columnStride: f, depthStride: 1, segmentStride: groupC * f };
}

/** A 1x1 filter that takes every pixel: the image is the matrix of patches. */
function isPointwise({ taps, strides, pads, groups }: ConvSizes): boolean {
  return taps === 1 && groups === 1 && strides.every((stride) => stride === 1) && pads.flat().every((pad) => pad === 0);
}

export function lowerForward(
  x: Value,
  kernel: Value,
  y: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps, groups, groupC, groupF } = sizes;
  const b = filterSource(kernel, sizes);
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
    epilogue,
  };
  const tile = chooseRowTile(rows, target);
  if (tile) return [lowerRows(rows, tile, target)];
  const m = n * oh * ow;
  return lowerGemm(
    {
      name: "conv2d",
      m,
      n: groupF,
      segments: taps,
      depth: groupC,
      batch: groups,
      a: isPointwise(sizes)
        ? stridedA({ value: x, rowStride: c, depthStride: 1, rows: m, depth: c, batches: oneBatch })
        : patches(x, sizes, false),
      b,
      y,
      rowStride: f,
      batchStride: groups > 1 ? groupF : 0,
      epilogue,
    },
    target,
  );
}

export function lowerInputGradient(
  dY: Value,
  filter: BSource,
  dX: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, h, w, c, f, oh, ow, groups, groupC, groupF } = sizes;
  const byRows = lowerInputGradientRows(dY, filter, dX, sizes, epilogue, target);
  if (byRows) return byRows;
  const product = {
    name: "conv2dInputGradient",
    n: groupC,
    depth: groupF,
    y: dX,
    rowStride: c,
    batchStride: groups > 1 ? groupC : 0,
    epilogue,
  };
  if (isPointwise(sizes)) {
    const rows = n * h * w;
    const a = stridedA({ value: dY, rowStride: f, depthStride: 1, rows, depth: f, batches: oneBatch });
    return lowerGemm({ ...product, m: rows, segments: 1, batch: 1, a, b: filter }, target);
  }
  if (isBlockwise(sizes)) return lowerGemm({ ...product, ...blocksOf(dY, filter, sizes) }, target);
  const phases = phasesOf(sizes);
  return lowerGemm(
    {
      ...product,
      m: n * phases.phaseHeight * phases.phaseWidth,
      segments: Math.ceil((sizes.kernel[0] ?? 1) / phases.phasesY) * Math.ceil((sizes.kernel[1] ?? 1) / phases.phasesX),
      batch: groups * phases.phasesY * phases.phasesX,
      a: {
        ...patches(dY, { ...sizes, h: oh, w: ow, oh: h, ow: w, c: f, groupC: groupF }, true, { phases }),
        segments: phaseShader,
      },
      b: { ...filter, batches: { ...filter.batches, inner: phases.phasesY * phases.phasesX } },
      store: storePhases,
      // Not all phases have as many taps as the one with the most.
      flops: (2 * n * h * w * sizes.taps * groupC * f) / (phases.phasesY * phases.phasesX),
    },
    target,
  );
}

/** The filter is as large as its stride and covers the image without rest: a pixel was used by one tap. */
function isBlockwise({ h, w, oh, ow, kernel, strides, pads, dilations }: ConvSizes): boolean {
  const exact = kernel.every((side, axis) => side === strides[axis]) && dilations.every((dilation) => dilation === 1);
  return exact && pads.flat().every((pad) => pad === 0) && h === oh * (kernel[0] ?? 1) && w === ow * (kernel[1] ?? 1);
}

/** Such a dX as one product a group and tap: dY as it lies, by that tap's filter (shaders/conv/store_blocks.wgsl). */
function blocksOf(dY: Value, filter: BSource, sizes: ConvSizes) {
  const { n, w, f, oh, ow, taps, groups, groupF, kernel } = sizes;
  const m = n * oh * ow;
  const batches = { inner: taps, outerStride: groups > 1 ? groupF : 0, innerStride: 0 };
  const a = stridedA({ value: dY, rowStride: f, depthStride: 1, rows: m, depth: groupF, batches });
  const blocks = { height: kernel[0] ?? 1, width: kernel[1] ?? 1, columns: ow, imageWidth: w };
  return {
    m,
    segments: 1,
    batch: groups * taps,
    a: { ...a, params: (depth: number) => ({ ...a.params(depth), blocks }) },
    b: {
      ...filter,
      segmentStride: 0,
      batches: { ...filter.batches, inner: taps, innerStride: filter.segmentStride },
    },
    store: storeBlocks,
  };
}

/**
 * The phases of a strided dX, see shaders/conv/phases.wgsl: as many as pixels lie between two positions of the filter.
 * Where the filter is dilated too, or the image is smaller than the stride, there is one.
 */
function phasesOf({ h, w, strides, dilations, kernel, pads }: ConvSizes) {
  const [strideY = 1, strideX = 1] = strides;
  const phased = dilations.every((dilation) => dilation === 1) && h >= strideY && w >= strideX;
  const [phasesY, phasesX] = phased ? [strideY, strideX] : [1, 1];
  return {
    phasesY,
    phasesX,
    height: h,
    width: w,
    phaseHeight: Math.ceil(h / phasesY),
    phaseWidth: Math.ceil(w / phasesX),
    kernelHeight: kernel[0] ?? 1,
    kernelWidth: kernel[1] ?? 1,
    padTop: pads[0]?.[0] ?? 0,
    padLeft: pads[1]?.[0] ?? 0,
  };
}

/** dX at stride 1 as a convolution of dY with the filter turned by 180 degrees, where that goes by rows. */
function lowerInputGradientRows(
  dY: Value,
  filter: BSource,
  dX: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] | null {
  const { f, h, w, taps, dilations, groupC, groupF } = sizes;
  if (sizes.strides.some((stride) => stride !== 1)) return null;
  const rows: RowConvolution = {
    ...sizes,
    // What remains of the full padding; it is negative where the convolution padded more than its filter reaches.
    pads: sizes.pads.map(
      ([before], axis) => [(dilations[axis] ?? 1) * ((sizes.kernel[axis] ?? 1) - 1) - before, 0] as const,
    ),
    name: "conv2dInputGradient",
    image: dY,
    b: { ...filter, start: (filter.start ?? 0) + (taps - 1) * groupC * f, segmentStride: -groupC * f },
    y: dX,
    outHeight: h,
    outWidth: w,
    depth: groupF,
    n: groupC,
    epilogue,
  };
  const tile = chooseRowTile(rows, target);
  return tile && [lowerRows(rows, tile, target)];
}

export function lowerKernelGradient(
  x: Value,
  dY: Value,
  dKernel: Value,
  dBias: Value | undefined,
  sizes: ConvSizes,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps, groups, groupC, groupF } = sizes;
  const b: BSource = {
    value: dY,
    columnStride: 1,
    depthStride: f,
    segmentStride: ow * f,
    batches: { inner: 1, outerStride: groups > 1 ? groupF : 0, innerStride: 0 },
  };
  const byRows = { ...sizes, image: x, b, dKernel, dBias, outHeight: oh, outWidth: ow };
  if (goesByKernelRows(byRows, target)) return lowerKernelRows(byRows, target);
  const isMatrix = isPointwise(sizes);
  const rows = taps * groupC;
  const pixels = n * oh * ow;
  const ones = dBias !== undefined;
  return lowerGemm(
    {
      name: "conv2dKernelGradient",
      m: rows,
      n: groupF,
      segments: isMatrix ? 1 : n * oh,
      depth: isMatrix ? pixels : ow,
      batch: groups,
      a: isMatrix
        ? stridedA({ value: x, rowStride: 1, depthStride: c, rows, depth: pixels, batches: oneBatch, ones })
        : patchColumnsOf(x, sizes, ones),
      b,
      y: dKernel,
      rowStride: f,
      batchStride: groups > 1 ? groupF : 0,
      sums: dBias,
      epilogue: null,
    },
    target,
  );
}

/** Patches as rows: of x for the forward pass, of dY (`transposed`, with its phases) for the gradient by the input. */
function patches(
  value: Value,
  sizes: ConvSizes,
  transposed: boolean,
  more: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): ASource {
  const lanes = lanesFor(sizes.groupC);
  return {
    value,
    along: "depth",
    lanes,
    shader: transposed ? transposedPatchRows : patchRows,
    divisible: false,
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
      ...more,
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
    divisible: false,
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
