import kernelRows from "../../shaders/conv/kernel_rows.wgsl";
import storePlain from "../../shaders/gemm/store.wgsl";
import storeSums from "../../shaders/gemm/store_sums.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import { tensorType } from "../core/types.ts";
import { aLaneShader, type BSource, bParams, bShaders, lanesOf, secondStage } from "./gemm.ts";
import { laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import type { Window } from "./window.ts";

/** The gradient by the filter, for the kernel that goes by rows of taps (shaders/conv/kernel_rows.wgsl). */
export interface KernelRows extends Window {
  readonly image: Value;
  /** dY, a segment for each of its rows. */
  readonly b: BSource;
  readonly dKernel: Value;
  readonly dBias: Value | undefined;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Channels and filters of one group. */
  readonly groupC: number;
  readonly groupF: number;
  readonly groups: number;
}

/** Whether the gradient goes by rows of taps. It pays on software adapters, for filters wider than a pixel. */
export function goesByKernelRows({ kernel, dilations }: KernelRows, target: Target): boolean {
  const width = kernel[1] ?? 1;
  const forced = target.force?.conv;
  const wanted = forced === undefined ? target.software && target.force?.gemm === undefined : forced === "rows";
  return wanted && width >= 2 && width <= 16 && (width - 1) * (dilations[1] ?? 1) <= 24;
}

export function lowerKernelRows(conv: KernelRows, target: Target): KernelCall[] {
  const { image, b, dKernel, dBias, kernel, strides, dilations, pads, groupC, groupF, groups, outHeight, outWidth } =
    conv;
  const [images = 0, height = 0, width = 0, channels = 0] = image.type.shape;
  const [kernelHeight = 1, kernelWidth = 1] = kernel;
  const rows = images * outHeight;
  const batchStride = groups > 1 ? groupF : 0;
  const layout = { n: groupF, segments: rows, depth: outWidth, b, rowStride: groupF * groups, batchStride };
  const { lanes } = lanesOf(layout);
  const aLanes = lanesFor(groupC);
  const wide = groupF / lanes;
  const most = Math.max(1, Math.min(lanes === 4 ? 4 : 8, Math.floor(mostSums / (kernelWidth * aLanes * lanes))));
  const columns = Math.ceil(wide / Math.ceil(wide / most));
  const pixels = stretchOf(outWidth, Math.floor(longestBody / (kernelWidth * aLanes * columns)));
  const pairs = (kernelHeight * groupC) / aLanes;
  const m = pairs + (dBias ? 1 : 0);
  const groupM = Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(m))));
  const groupsM = Math.ceil(m / groupM);
  const groupsN = Math.ceil(wide / columns);
  const wanted = Number(target.force?.slices ?? Math.ceil(32 / (groupsM * groupsN * groups)));
  const rowsPerSlice = Math.ceil(rows / Math.max(1, Math.min(wanted, rows)));
  const slices = Math.ceil(rows / rowsPerSlice);
  const taps = kernelHeight * kernelWidth * groupC;
  const sliceSize = (taps + (dBias ? 1 : 0)) * groupF * groups;
  const partial = slices > 1 ? scratch(tensorType([slices, sliceSize])) : null;
  const direct = dBias && !partial;
  const ending = epilogueOf(null, dKernel, lanes);
  const place = { row: layout.rowStride / lanes, batch: batchStride / lanes };
  const name = "conv2dKernelGradient";
  const main: KernelCall = {
    name,
    shaders: [
      kernelRows,
      aLaneShader(aLanes),
      ...bShaders(b, 1, target.subgroups && (pixels * columns) % 4 === 0),
      direct ? storeSums : storePlain,
      laneShader(lanes),
      ...ending.shaders,
    ],
    constants: {
      PIXELS: pixels,
      COLUMNS: columns,
      KERNEL_WIDTH: kernelWidth,
      STRIDE_X: strides[1] ?? 1,
      DILATION_X: dilations[1] ?? 1,
      RAGGED: outWidth % pixels === 0 ? 0 : 1,
      GROUP_M: groupM,
      GROUP_N: 1,
    },
    params: {
      geometry: {
        height,
        width,
        channels: channels / aLanes,
        groupChannels: groupC / aLanes,
        pairs,
        m,
        n: groupF,
        groupsM,
        groupsN,
        groups: groupsM * groupsN * groups * slices,
        slices,
        rows,
        rowsPerSlice,
        outHeight,
        outWidth,
        strideY: strides[0] ?? 1,
        dilationY: dilations[0] ?? 1,
        padTop: pads[0]?.[0] ?? 0,
        padLeft: pads[1]?.[0] ?? 0,
      },
      bStrided: bParams(b, lanes, 1, b.segmentStride),
      place: direct ? { ...place, ones: taps } : { ...place, slice: sliceSize / lanes },
      ...ending.params,
    },
    operands: { a: image, b: b.value, y: partial ?? dKernel, ...(direct ? { sums: dBias } : {}), ...ending.operands },
    workgroups: groupsM * groupsN * groups * slices,
    flops: 2 * rows * outWidth * taps * groupF * groups,
  };
  if (!partial) return [main];
  return [main, secondStage({ name, y: dKernel, sums: dBias, epilogue: null }, partial, slices, sliceSize, lanes)];
}

/** Sums that one invocation can keep, and multiplications in a body that compiles in reasonable time. */
const mostSums = 200;
const longestBody = 480;

/** Pixels of one step: the largest number up to 8 that divides the row, else as many as fit, with a ragged end. */
function stretchOf(outWidth: number, limit: number): number {
  const most = Math.max(1, Math.min(8, limit, outWidth));
  const divisor = [8, 7, 6, 5, 4].find((pixels) => pixels <= most && outWidth % pixels === 0);
  return divisor ?? most;
}
