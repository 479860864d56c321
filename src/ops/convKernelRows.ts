import kernelRows from "../../shaders/conv/kernel_rows.wgsl";
import storePlain from "../../shaders/gemm/store.wgsl";
import storeSums from "../../shaders/gemm/store_sums.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import { tensorType } from "../core/types.ts";
import { aLaneShader, type BSource, bParams, bShaders, lanesOf, secondStage } from "./gemm.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { bucket, type Candidate, pick } from "./pick.ts";
import { loadCost, multiplyNs, tileCost } from "./softwareCost.ts";
import { termsFor } from "./terms.ts";
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
  const quad = target.subgroups;
  const pairs = (kernelHeight * groupC) / aLanes;
  const { pixels, columns } = chooseTile(conv, { lanes, aLanes, wide, pairs, quad }, target);
  const m = pairs + (dBias ? 1 : 0);
  const groupsM = Math.ceil(m / groupM);
  const groupsN = Math.ceil(wide / columns);
  const busy = target.software ? 4 * target.cores : 32;
  const wanted = Number(target.force?.slices ?? Math.ceil(busy / (groupsM * groupsN * groups)));
  const rowsPerSlice = Math.ceil(rows / Math.max(1, Math.min(wanted, rows)));
  const slices = Math.ceil(rows / rowsPerSlice);
  const taps = kernelHeight * kernelWidth * groupC;
  const sliceSize = (taps + (dBias ? 1 : 0)) * groupF * groups;
  const partial = slices > 1 ? scratch(tensorType([slices, sliceSize])) : null;
  const direct = dBias && !partial;
  const terms = termsFor(pixels, lanes, target);
  const ending = epilogueOf(null, dKernel, lanes);
  const place = { row: layout.rowStride / lanes, batch: batchStride / lanes };
  const name = "conv2dKernelGradient";
  const main: KernelCall = {
    name,
    shaders: [
      kernelRows,
      terms.shader,
      aLaneShader(aLanes),
      ...bShaders(b, 1, quad),
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
      RAGGED_PIXELS: outWidth % pixels === 0 ? 0 : pixels,
      GROUPS: terms.groups,
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

/** Pairs of a workgroup: one quad, so that none computes more than it has to. Larger ones were no faster. */
const groupM = 4;
/** Sums that one invocation can keep. */
const mostSums = 256;

interface KernelRowsTile {
  /** Pixels of dY that a turn of the loop takes, and lanes of filters. */
  readonly pixels: number;
  readonly columns: number;
}

function chooseTile(
  { kernel, strides, dilations, outHeight, outWidth, groups, image }: KernelRows,
  of: { readonly lanes: Lanes; readonly aLanes: Lanes; readonly wide: number; readonly pairs: number; quad: boolean },
  target: Target,
): KernelRowsTile {
  const [width = 1, stride = 1, dilation = 1] = [kernel[1], strides[1], dilations[1]];
  const taps = width * of.aLanes;
  const products = (image.type.shape[0] ?? 1) * outHeight * outWidth * groups * of.pairs * taps * of.wide * of.lanes;
  const candidates: Candidate<KernelRowsTile>[] = [];
  for (let columns = 1; columns <= (of.lanes === 4 ? 4 : 8); columns++) {
    const sums = taps * columns * of.lanes;
    if (columns !== Math.ceil(of.wide / Math.ceil(of.wide / columns)) || (sums > mostSums && candidates.length > 0))
      continue;
    for (let pixels = 1; pixels <= Math.min(12, outWidth); pixels++) {
      const window = (pixels - 1) * stride + (width - 1) * dilation + 1;
      const shared = pixels * columns * of.lanes * loadCost(of.lanes, of.quad);
      const ragged = outWidth % pixels === 0 ? 0 : pixels * columns * of.lanes * multiplyNs;
      const loads = window * of.aLanes * loadCost(of.aLanes, false) + shared + ragged;
      const surplus =
        ((Math.ceil(outWidth / pixels) * pixels) / outWidth) * ((Math.ceil(of.wide / columns) * columns) / of.wide);
      const cost = tileCost({ products: sums * pixels, sums, lanes: of.lanes, loads }, surplus * products);
      candidates.push({ variant: { pixels, columns }, cost });
    }
  }
  const question = {
    kind: "convKernelRows",
    kernels: [kernelRows],
    shape: {
      rows: bucket((image.type.shape[0] ?? 1) * outHeight),
      width: outWidth,
      kernel: kernel.join("x"),
      stride,
      dilation,
      channels: image.type.shape[3] ?? 1,
      filters: of.wide * of.lanes,
      groups,
      lanes: of.lanes,
      quad: of.quad,
    },
  };
  return pick(target, question, candidates);
}
