import kernelGradient from "../../shaders/depthwise/kernelGradient.wgsl";
import stretches from "../../shaders/depthwise/stretches.wgsl";
import forwardTaps from "../../shaders/depthwise/taps.wgsl";
import transposedTaps from "../../shaders/depthwise/transposedTaps.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import type { ShaderModule } from "../core/shader.ts";
import { type Shape, sizeOf, tensorType } from "../core/types.ts";
import { secondStage } from "./gemm.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { bucket, type Candidate, pick } from "./pick.ts";
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
/** Vectors of products that are written out, one by one. */
const mostProducts = 256;
/** Entries of an array that stay in registers. */
const mostEntries = 64;

interface Layout {
  readonly lanes: Lanes;
  /** All of the kernels' sizes but the number of invocations. */
  readonly sizes: Readonly<Record<string, number>> & { readonly multiplier: number; readonly rowStride: number };
  readonly kernelSides: readonly [height: number, width: number];
  readonly stride: number;
  readonly dilation: number;
  /** Products in all. */
  readonly products: number;
}

function layoutOf({ x, kernel, y }: DepthwiseShapes, { strides, dilations, pads }: Window): Layout {
  const [, height = 0, width = 0, c = 1] = x;
  const [, outHeight = 0, outWidth = 0, f = 1] = y;
  const [kernelHeight = 1, kernelWidth = 1] = kernel;
  const multiplier = f / c;
  const lanes = multiplier === 1 ? lanesFor(f) : 1;
  const sizes = {
    height,
    width,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideY: strides[0] ?? 1,
    dilationY: dilations[0] ?? 1,
    padTop: pads[0]?.[0] ?? 0,
    padLeft: pads[1]?.[0] ?? 0,
    channels: f / lanes,
    multiplier,
    // Where rows of taps are neighbours, a row of dX sees one in so many; else each is looked at.
    rowStride: dilations[0] === 1 ? (strides[0] ?? 1) : 1,
  };
  return {
    lanes,
    sizes,
    kernelSides: [kernelHeight, kernelWidth],
    stride: strides[1] ?? 1,
    dilation: dilations[1] ?? 1,
    products: sizeOf(y) * kernelHeight * kernelWidth,
  };
}

/** Neighbours of a row that an invocation takes at once, and neighbouring taps that share a window. */
interface Tile {
  readonly pixels: number;
  readonly taps: number;
}

interface TileQuestion {
  readonly kind: string;
  readonly kernels: readonly ShaderModule[];
  /** Pixels of a row. */
  readonly width: number;
  readonly layout: Layout;
  /** Pixels that a tile sees of a row of the other image; null where there is no such tile. */
  windowOf(tile: Tile): number | null;
  /** Values that it loads besides, for each row of the filter. */
  othersOf(tile: Tile): number;
}

/** The tile of least loads for a row. On a CPU it may be long, where a GPU wants many invocations. */
function chooseTile({ kind, kernels, width, layout, windowOf, othersOf }: TileQuestion, target: Target): Tile {
  const { kernelSides, stride, dilation, lanes } = layout;
  const candidates: Candidate<Tile>[] = [];
  const most = Math.max(stride, Math.min(width, target.software ? 8 : 4));
  for (let taps = kernelSides[1]; taps >= 1; taps--) {
    if (kernelSides[1] % taps !== 0) continue;
    for (let pixels = 1; pixels <= most; pixels++) {
      const window = windowOf({ pixels, taps });
      if (window === null || (window > mostEntries && candidates.length > 0)) continue;
      const loads = (kernelSides[1] / taps) * window + othersOf({ pixels, taps });
      candidates.push({ variant: { pixels, taps }, cost: Math.ceil(width / pixels) * loads });
    }
  }
  const shape = { width: bucket(width), kernel: kernelSides.join("x"), stride, dilation, lanes };
  return pick(target, { kind, kernels, shape }, candidates);
}

function constantsOf({ pixels, taps }: Tile, { stride, dilation }: Layout) {
  return { PIXELS: pixels, TAPS: taps, STRIDE_X: stride, DILATION_X: dilation };
}

/** Pixels of x that a stretch of y sees by neighbouring taps. */
function seenOf({ pixels, taps }: Tile, { stride, dilation }: Layout): number {
  return (pixels - 1) * stride + (taps - 1) * dilation + 1;
}

export function lowerDepthwise(
  x: Value,
  kernel: Value,
  y: Value,
  window: Window,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const layout = layoutOf({ x: x.type.shape, kernel: kernel.type.shape, y: y.type.shape }, window);
  const seen = { shader: forwardTaps, windowOf: (tile: Tile) => seenOf(tile, layout) };
  return lowerStretches({ name: "conv2d/depthwise", image: x, kernel, result: y, layout, epilogue, ...seen }, target);
}

export function lowerDepthwiseInputGradient(
  dY: Value,
  kernel: Value,
  dX: Value,
  window: Window,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const layout = layoutOf({ x: dX.type.shape, kernel: kernel.type.shape, y: dY.type.shape }, window);
  const { stride, dilation, kernelSides, sizes } = layout;
  const phase = (window.pads[1]?.[0] ?? 0) % stride;
  const seen = {
    shader: transposedTaps,
    windowOf({ pixels, taps }: Tile) {
      const isStatic = pixels % stride === 0 && (taps === kernelSides[1] || (taps * dilation) % stride === 0);
      if (!isStatic) return null;
      return Math.floor((pixels - 1 + phase) / stride) + Math.ceil(((taps - 1) * dilation) / stride) + 1;
    },
    rows: Math.ceil(kernelSides[0] / sizes.rowStride),
    channels: sizes.multiplier,
    phase,
  };
  const name = "conv2dInputGradient/depthwise";
  return lowerStretches({ name, image: dY, kernel, result: dX, layout, epilogue, ...seen }, target);
}

interface Stretches {
  readonly name: string;
  readonly image: Value;
  readonly kernel: Value;
  readonly result: Value;
  readonly layout: Layout;
  readonly epilogue: BoundProgram | null;
  /** What a stretch adds up for each window, and how wide that is. */
  readonly shader: ShaderModule;
  windowOf(tile: Tile): number | null;
  /** Of the gradient by the input: rows of taps that a pixel sees, channels of y that it was read for, its phase. */
  readonly rows?: number;
  readonly channels?: number;
  readonly phase?: number;
}

function lowerStretches(
  { name, image, kernel, result, layout, epilogue, shader, windowOf, rows, channels = 1, phase }: Stretches,
  target: Target,
): KernelCall[] {
  const { lanes, sizes, kernelSides, products } = layout;
  const [n = 0, height = 0, width = 0, c = 0] = result.type.shape;
  const question = {
    kind: name,
    kernels: [stretches, shader],
    width,
    layout,
    windowOf,
    othersOf: () => kernelSides[1],
  };
  const tile = chooseTile(question, target);
  const steps = ((rows ?? kernelSides[0]) * kernelSides[1]) / tile.taps;
  const isShort = steps * tile.taps * tile.pixels <= mostProducts && channels === 1;
  const count = n * height * Math.ceil(width / tile.pixels) * (c / lanes);
  const end = epilogueOf(epilogue, result, lanes);
  return [
    {
      name,
      shaders: [stretches, shader, laneShader(lanes), ...end.shaders],
      constants: {
        ...constantsOf(tile, layout),
        STEPS: steps * channels,
        UNROLLED: isShort ? steps : 0,
        ...(phase === undefined ? {} : { CHANNEL_STEPS: steps, PHASE: phase }),
      },
      params: { params: sizes, stretches: { count, height, width, channels: c / lanes }, ...end.params },
      operands: { image, kernel, result, ...end.operands },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: 2 * products,
    },
  ];
}

/** Taps whose sums an invocation keeps. */
const mostSums = 25;

export function lowerDepthwiseKernelGradient(
  x: Value,
  dY: Value,
  dKernel: Value,
  dBias: Value | undefined,
  window: Window,
  target: Target,
): KernelCall[] {
  const layout = layoutOf({ x: x.type.shape, kernel: dKernel.type.shape, y: dY.type.shape }, window);
  const { lanes, sizes, kernelSides, products } = layout;
  const [n = 0, outHeight = 0, outWidth = 0, f = 0] = dY.type.shape;
  const filterTaps = kernelSides[0] * kernelSides[1];
  // All rows of the filter at once load dY once, and leave a GPU too few invocations.
  const filterRows = target.software && filterTaps <= mostSums ? kernelSides[0] : 1;
  const name = "conv2dKernelGradient";
  const tile = chooseTile(
    {
      kind: `${name}/depthwise`,
      kernels: [kernelGradient],
      width: outWidth,
      layout,
      windowOf: (tile) => (filterRows * tile.taps > mostSums ? null : seenOf(tile, layout)),
      othersOf: ({ pixels, taps }) => ((kernelSides[1] / taps) * pixels) / filterRows,
    },
    target,
  );
  const rows = n * outHeight;
  const invocations = ((filterTaps / filterRows / tile.taps) * f) / lanes;
  const busy = target.software ? 512 : 16_384;
  const slices = Math.max(1, Math.min(rows, 256, Math.ceil(busy / invocations)));
  const count = invocations * slices;
  const taps = filterTaps + (dBias ? 1 : 0);
  const partial = scratch(tensorType([slices, taps, f]));
  return [
    {
      name: `${name}/depthwise`,
      shaders: [kernelGradient, laneShader(lanes)],
      constants: { ...constantsOf(tile, layout), ROWS: filterRows, BIAS: dBias ? 1 : 0 },
      params: { params: sizes, slicing: { count, rows, slices, taps } },
      operands: { x, dY, partial },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: 2 * products,
    },
    secondStage({ name, y: dKernel, sums: dBias, epilogue: null }, partial, slices, taps * f, lanes),
  ];
}
