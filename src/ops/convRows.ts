import rowsKernel from "../../shaders/conv/rows.wgsl";
import store from "../../shaders/gemm/store.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import type { Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { sizeOf } from "../core/types.ts";
import { aLaneShader, type BSource, bLanesOf, bParams, bShaders, lanesOf } from "./gemm.ts";
import { type Lanes, laneShader } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { bucket, type Candidate, pick } from "./pick.ts";
import { loadCost, tileCost } from "./softwareCost.ts";
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
  readonly step: Lanes;
  readonly quad: boolean;
}

/** Sums that one invocation can keep. */
const mostSums = 256;

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
  const total = sizeOf(conv.y.type.shape) * conv.depth * width * (conv.kernel[0] ?? 1);
  const candidates: Candidate<RowTile>[] = [];
  for (const step of [2, 1] as const) {
    if (conv.depth % step !== 0) continue;
    const bLanes = bLanesOf(conv.b, lanes, Math.min(bDepth, step) as Lanes);
    for (let columns = 1; columns <= (lanes === 4 ? 4 : 8); columns++) {
      if (columns !== Math.ceil(wide / Math.ceil(wide / columns))) continue;
      for (let pixels = 4; pixels <= 16; pixels++) {
        const sums = pixels * columns * lanes;
        if (sums > mostSums) continue;
        const window = (pixels - 1) * strideX + reach + 1;
        const loads = step * (window * loadCost(step, false) + width * columns * lanes * loadCost(bLanes, quad));
        const surplus =
          ((Math.ceil(conv.outWidth / pixels) * pixels) / conv.outWidth) *
          ((Math.ceil(wide / columns) * columns) / wide);
        const cost = tileCost({ products: sums * width * step, sums, lanes, loads }, surplus * total);
        candidates.push({ variant: { pixels, columns, step, quad }, cost });
      }
    }
  }
  const [images = 0] = conv.y.type.shape;
  const question = {
    kind: "convRows",
    kernels: [rowsKernel],
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

export function lowerRows(conv: RowConvolution, { pixels, columns, step, quad }: RowTile): KernelCall {
  const { b, y, image, n, groups, kernel, strides, dilations, pads, depth } = conv;
  const { lanes, bDepth: most } = lanesOf(gemmOf(conv));
  const bDepth = Math.min(most, step) as Lanes;
  const [images = 0, height = 0, width = 0, channels = 0] = image.type.shape;
  const stretches = Math.ceil(conv.outWidth / pixels);
  const m = images * conv.outHeight * stretches;
  const groupM = Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(m))));
  const groupsM = Math.ceil(m / groupM);
  const groupsN = Math.ceil(n / lanes / columns);
  const ending = epilogueOf(conv.epilogue, y, lanes);
  const outChannels = n * groups;
  return {
    name: conv.name,
    shaders: [rowsKernel, aLaneShader(step), ...bShaders(b, bDepth, quad), store, laneShader(lanes), ...ending.shaders],
    constants: {
      PIXELS: pixels,
      COLUMNS: columns,
      DEPTH: step,
      KERNEL_WIDTH: kernel[1] ?? 1,
      STRIDE_X: strides[1] ?? 1,
      DILATION_X: dilations[1] ?? 1,
      RAGGED: conv.outWidth % pixels === 0 ? 0 : 1,
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
        steps: ((kernel[0] ?? 1) * depth) / step,
        strideY: strides[0] ?? 1,
        dilationY: dilations[0] ?? 1,
        padTop: pads[0]?.[0] ?? 0,
        padLeft: pads[1]?.[0] ?? 0,
        depth,
        channels: channels / step,
        groupChannels: depth / step,
      },
      bStrided: bParams(b, lanes, bDepth, b.segmentStride),
      place: { row: outChannels / lanes, batch: groups > 1 ? n / lanes : 0, slice: 0 },
      ...ending.params,
    },
    operands: { a: image, b: b.value, y, ...ending.operands },
    workgroups: groupsM * groupsN * groups,
    flops: 2 * images * conv.outHeight * conv.outWidth * outChannels * depth * (kernel[0] ?? 1) * (kernel[1] ?? 1),
  };
}

/** The same product in the words of gemm.ts. */
function gemmOf({ n, depth, b, groups, kernel }: RowConvolution) {
  const segments = (kernel[0] ?? 1) * (kernel[1] ?? 1);
  return { n, depth, segments, b, rowStride: n * groups, batchStride: groups > 1 ? n : 0 };
}
