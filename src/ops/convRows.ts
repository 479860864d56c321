import rowsKernel from "../../shaders/conv/rows.wgsl";
import wholeKernel from "../../shaders/conv/whole.wgsl";
import store from "../../shaders/gemm/store.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import type { Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { sizeOf } from "../core/types.ts";
import { aLaneShader, type BSource, bLanesOf, bParams, bShaders, lanesOf } from "./gemm.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { bucket, type Candidate, pick } from "./pick.ts";
import { loadCost, tileCost } from "./softwareCost.ts";
import { termsFor } from "./terms.ts";
import type { Window } from "./window.ts";

/** A convolution for the kernel that goes by rows of pixels (shaders/conv/rows.wgsl). */
export interface RowConvolution extends Window {
  readonly name: string;
  /** The image that is read, [images, height, width, channels]. */
  readonly image: Value;
  readonly b: BSource;
  readonly y: Value;
  /** Spatial sides of y. */
  readonly outHeight: number;
  readonly outWidth: number;
  /** Channels of the image and of y in one group. */
  readonly depth: number;
  readonly n: number;
  readonly groups: number;
  readonly epilogue: BoundProgram | null;
}

interface RowTile {
  /** Pixels of an output row, and lanes of filters, for each invocation. */
  readonly pixels: number;
  readonly columns: number;
  /** Channels in one step. */
  readonly step: number;
  readonly quad: boolean;
  /** All rows of the filter at once, instead of one after the other (shaders/conv/whole.wgsl). */
  readonly whole: boolean;
}

/** Sums that one invocation can keep. */
const mostSums = 256;
/** Entries of an array that a software adapter takes apart into registers. */
const mostEntries = 100;

/**
 * Whether a convolution goes by rows, and in which tile. It pays where loads are dear (software adapters) and the
 * filter is wider than one pixel; a GPU has workgroup memory for the same purpose. Of all tiles it takes the one of
 * least estimated time.
 */
export function chooseRowTile(conv: RowConvolution, target: Target): RowTile | null {
  const width = conv.kernel[1] ?? 1;
  const [strideX = 1, dilationX = 1] = [conv.strides[1], conv.dilations[1]];
  const { force = {}, subgroups: quad } = target;
  const wanted = force.conv === undefined ? target.software && force.gemm === undefined : force.conv === "rows";
  const reach = (width - 1) * dilationX;
  if (!wanted || width < 2 || reach > 24) return null;

  const { lanes, bDepth } = lanesOf(gemmOf(conv));
  const wide = conv.n / lanes;
  const height = conv.kernel[0] ?? 1;
  const total = sizeOf(conv.y.type.shape) * conv.depth * width * height;
  const candidates: Candidate<RowTile>[] = [];
  const consider = (tile: RowTile) => {
    const { pixels, columns, step, whole } = tile;
    const taps = whole ? height * width : width;
    const sums = pixels * columns * lanes;
    const window = ((pixels - 1) * strideX + reach + 1) * (whole ? height : 1);
    if (sums > mostSums || (whole && Math.max(window * step, taps * step * columns) > mostEntries)) return;
    const aLoads = window * loadCost(aLanesOf(tile), false);
    const bLoads = taps * columns * lanes * loadCost(bLanesOf(conv.b, lanes, bDepthOf(tile, bDepth)), quad);
    const loads = step * (aLoads + bLoads);
    const surplus =
      ((Math.ceil(conv.outWidth / pixels) * pixels) / conv.outWidth) * ((Math.ceil(wide / columns) * columns) / wide);
    const turns = whole ? 0 : (height * conv.depth) / step;
    const turn = { products: sums * taps * step, sums, lanes, turns, loads };
    candidates.push({ variant: tile, cost: tileCost(turn, surplus * total) });
  };
  const considerSteps = (steps: readonly number[], whole: boolean) => {
    for (const step of steps) {
      for (let columns = 1; columns <= (lanes === 4 ? 4 : 8); columns++) {
        if (columns !== Math.ceil(wide / Math.ceil(wide / columns))) continue;
        for (let pixels = 4; pixels <= 16; pixels++) consider({ pixels, columns, step, quad, whole });
      }
    }
  };
  // Of three channels it is no faster and compiles for longer.
  if (force.whole ?? conv.depth === 1) considerSteps([conv.depth], true);
  if (force.whole !== true || candidates.length === 0) {
    considerSteps(conv.depth % 2 === 0 ? [2, 1] : [1], false);
  }
  const [images = 0] = conv.y.type.shape;
  const question = {
    kind: "convRows",
    kernels: [rowsKernel, wholeKernel],
    shape: {
      rows: bucket(images * conv.outHeight),
      width: conv.outWidth,
      kernel: conv.kernel.join("x"),
      strideX,
      dilationX,
      depth: conv.depth,
      n: conv.n,
      groups: conv.groups,
      lanes,
      bDepth,
    },
  };
  return pick(target, question, candidates);
}

/** Values in one vector of A. */
function aLanesOf({ step }: RowTile): Lanes {
  return lanesFor(step);
}

/** Values in one vector of a transposed B, of at most so many. */
function bDepthOf({ step }: RowTile, most: Lanes): Lanes {
  return Math.min(most, lanesFor(step)) as Lanes;
}

export function lowerRows(conv: RowConvolution, tile: RowTile, target: Target): KernelCall {
  const { pixels, columns, step, quad, whole } = tile;
  const { b, y, image, n, groups, kernel, strides, dilations, pads, depth } = conv;
  const { lanes, bDepth: most } = lanesOf(gemmOf(conv));
  const [aLanes, bDepth] = [aLanesOf(tile), bDepthOf(tile, most)];
  const [kernelHeight = 1, kernelWidth = 1] = kernel;
  const turns = whole ? 1 : (kernelHeight * depth) / step;
  const [images = 0, height = 0, width = 0, channels = 0] = image.type.shape;
  const stretches = Math.ceil(conv.outWidth / pixels);
  const m = images * conv.outHeight * stretches;
  const groupM = Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(m))));
  const groupsM = Math.ceil(m / groupM);
  const groupsN = Math.ceil(n / lanes / columns);
  const terms = termsFor(((kernelHeight * depth) / turns) * kernelWidth, lanes, target);
  const ending = epilogueOf(conv.epilogue, y, lanes);
  const outChannels = n * groups;
  return {
    name: conv.name,
    shaders: [
      whole ? wholeKernel : rowsKernel,
      terms.shader,
      aLaneShader(aLanes),
      ...bShaders(b, bDepth, quad),
      store,
      laneShader(lanes),
      ...ending.shaders,
    ],
    constants: {
      PIXELS: pixels,
      COLUMNS: columns,
      DEPTH: step,
      ...(whole ? { KERNEL_HEIGHT: kernelHeight } : {}),
      KERNEL_WIDTH: kernelWidth,
      STRIDE_X: strides[1] ?? 1,
      DILATION_X: dilations[1] ?? 1,
      RAGGED: conv.outWidth % pixels === 0 ? 0 : 1,
      GROUPS: terms.groups,
      GROUP_M: groupM,
      GROUP_N: 1,
    },
    params: {
      geometry: {
        height,
        width,
        outHeight: conv.outHeight,
        outWidth: conv.outWidth,
        stretches,
        m,
        n,
        groupsM,
        groupsN,
        groups: groupsM * groupsN * groups,
        steps: turns,
        strideY: strides[0] ?? 1,
        dilationY: dilations[0] ?? 1,
        padTop: pads[0]?.[0] ?? 0,
        padLeft: pads[1]?.[0] ?? 0,
        depth,
        channels: channels / aLanes,
        groupChannels: depth / aLanes,
      },
      bStrided: bParams(b, lanes, bDepth, b.segmentStride),
      place: { row: outChannels / lanes, batch: groups > 1 ? n / lanes : 0, slice: 0 },
      ...ending.params,
    },
    operands: { a: image, b: b.value, y, ...ending.operands },
    workgroups: groupsM * groupsN * groups,
    flops: 2 * images * conv.outHeight * conv.outWidth * outChannels * depth * kernelHeight * kernelWidth,
  };
}

/** The same product in the words of gemm.ts. */
function gemmOf({ n, depth, b, groups, kernel }: RowConvolution) {
  const segments = (kernel[0] ?? 1) * (kernel[1] ?? 1);
  return { n, depth, segments, b, rowStride: n * groups, batchStride: groups > 1 ? n : 0 };
}
