import aLane1 from "../../shaders/gemm/a_lane1.wgsl";
import aLane2 from "../../shaders/gemm/a_lane2.wgsl";
import aLane4 from "../../shaders/gemm/a_lane4.wgsl";
import aStrided from "../../shaders/gemm/a_strided.wgsl";
import bColumns from "../../shaders/gemm/b_columns.wgsl";
import bDepth1 from "../../shaders/gemm/b_depth1.wgsl";
import bDepth2 from "../../shaders/gemm/b_depth2.wgsl";
import bDepth4 from "../../shaders/gemm/b_depth4.wgsl";
import bOwn from "../../shaders/gemm/b_own.wgsl";
import bQuad from "../../shaders/gemm/b_quad.wgsl";
import bStrided from "../../shaders/gemm/b_strided.wgsl";
import plainSegments from "../../shaders/gemm/segments.wgsl";
import sharedKernel from "../../shaders/gemm/shared.wgsl";
import storePlain from "../../shaders/gemm/store.wgsl";
import storeSums from "../../shaders/gemm/store_sums.wgsl";
import sumSlices from "../../shaders/gemm/sum_slices.wgsl";
import sumSlicesSums from "../../shaders/gemm/sum_slices_sums.wgsl";
import tileKernel from "../../shaders/gemm/tile.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { inline, oneStep, type Program } from "../core/expression.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import type { ShaderModule } from "../core/shader.ts";
import { sizeOf, tensorType } from "../core/types.ts";
import { chooseGemm, type GemmChoice } from "./gemmChoice.ts";
import type { GemmFamily, GemmShape } from "./gemmVariants.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { type Terms, termsFor } from "./terms.ts";

/** Strides of a matrix in elements. Batch number = outer * inner; a stride of 0 repeats the matrix. */
export interface Batches {
  readonly inner: number;
  readonly outerStride: number;
  readonly innerStride: number;
}

/** Where A comes from: a matrix in memory, or the patches of an image. Vectors run along `depth` (k) or `rows` (m). */
export interface ASource {
  readonly value: Value;
  readonly along: "depth" | "rows";
  readonly lanes: Lanes;
  readonly shader: ShaderModule;
  /** Whether one segment may be cut into several: a matrix in memory, but no tap of a filter and no row of an image. */
  readonly divisible: boolean;
  /** Link-time constants of the shader. */
  readonly constants?: Readonly<Record<string, number>>;
  /** How the segments of B are numbered, if not as those of the sum. */
  readonly segments?: ShaderModule;
  /** Its uniform. `depth` is the length of a segment, which slicing may shorten. */
  params(depth: number): Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Where B comes from: element (segment, k, n) at start + segment * segmentStride + k * depthStride + n * columnStride. */
export interface BSource {
  readonly value: Value;
  /** Default 0. */
  readonly start?: number;
  /** May be negative, with a start. */
  readonly segmentStride: number;
  readonly columnStride: number;
  readonly depthStride: number;
  readonly batches: Batches;
}

/** Y[m, n] = sum over segments and k of A[m, segment, k] B[segment, k, n], then the epilogue. */
export interface Gemm {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly segments: number;
  readonly depth: number;
  readonly batch: number;
  readonly a: ASource;
  readonly b: BSource;
  readonly y: Value;
  /** Strides of Y in elements. */
  readonly rowStride: number;
  readonly batchStride: number;
  /** Where the rows of Y go, if not one behind the other. */
  readonly store?: ShaderModule;
  /** Column sums of B, as if A had one more row, of ones. */
  readonly sums?: Value | undefined;
  readonly epilogue: BoundProgram | null;
  /** Default: 2 m n segments depth batch. */
  readonly flops?: number;
}

/** The dispatch of a product, and a second one that adds up its slices where the sum is split. */
export function lowerGemm(gemm: Gemm, target: Target): KernelCall[] {
  const { a, b, n, sums, y } = gemm;
  const m = sums ? gemm.m + 1 : gemm.m;
  const aStep = a.along === "depth" ? a.lanes : 1;
  const shapeFor = (family: GemmFamily): GemmShape => {
    const { lanes, bDepth } = lanesOf(gemm, family === "shared");
    const step = Math.max(bDepth, aStep) as Lanes;
    const source = a.shader.path;
    return { ...gemm, m, lanes, step, aLanes: a.lanes, bLanes: bLanesOf(b, lanes, bDepth), source };
  };
  const choice = chooseGemm({ tile: shapeFor("tile"), shared: shapeFor("shared") }, target);
  const { lanes, bDepth } = lanesOf(gemm, choice.family === "shared");
  const { step } = choice;

  // A sum of one segment is sliced by cutting the segment, where it can be cut; one of many, by dealing out the segments.
  const total = gemm.segments * gemm.depth;
  const whole = gemm.segments > 1 || !a.divisible;
  const depth = whole ? gemm.depth : Math.ceil(total / choice.slices / step) * step;
  const segments = Math.ceil(total / depth);
  const segmentsPerSlice = Math.ceil(segments / choice.slices);
  const slices = Math.ceil(segments / segmentsPerSlice);
  const sliceSize = sizeOf(y.type.shape) + (sums ? sizeOf(sums.type.shape) : 0);
  const partial = slices > 1 ? scratch(tensorType([slices, sliceSize])) : null;
  const direct = sums && !partial;

  const groupsM = Math.ceil(m / (choice.rows * choice.groupM));
  const groupsN = Math.ceil(n / lanes / (choice.columns * choice.groupN));
  const groups = groupsM * groupsN * gemm.batch * slices;
  const terms = choice.family === "tile" ? termsFor(step, lanes, target) : null;
  const ending = epilogueOf(partial ? null : gemm.epilogue, y, lanes);
  const place = { row: gemm.rowStride / lanes, batch: gemm.batchStride / lanes };
  const main: KernelCall = {
    name: gemm.name,
    shaders: [
      ...(terms ? [tileKernel, terms.shader] : [sharedKernel]),
      a.shader,
      aLaneShader(a.lanes),
      ...bShaders(b, bDepth, choice.family === "shared" ? null : choice.quad),
      direct ? storeSums : (gemm.store ?? storePlain),
      a.segments ?? plainSegments,
      laneShader(lanes),
      ...ending.shaders,
    ],
    constants: { ...tileConstants(choice, a, step, depth, terms), ...a.constants },
    params: {
      tile: { m, n, groupsM, groupsN, groups, slices, segments, segmentsPerSlice, depth, total },
      ...a.params(depth),
      bStrided: bParams(b, lanes, bDepth, whole ? b.segmentStride : depth * b.depthStride),
      place: direct ? { ...place, ones: gemm.m } : { ...place, slice: sliceSize / lanes },
      ...ending.params,
    },
    operands: { a: a.value, b: b.value, y: partial ?? y, ...(direct ? { sums } : {}), ...ending.operands },
    workgroups: groups,
    flops: gemm.flops ?? 2 * gemm.m * n * total * gemm.batch,
  };
  return partial ? [main, secondStage(gemm, partial, slices, sliceSize, lanes)] : [main];
}

/**
 * How many values of Y one lane has, and how many of B one load brings along k, where it is stored transposed. Workgroup
 * memory holds B in lanes, so a transposed B is handled value by value there.
 */
export function lanesOf(
  gemm: Pick<Gemm, "n" | "segments" | "depth" | "b" | "rowStride" | "batchStride">,
  shared = false,
): { readonly lanes: Lanes; readonly bDepth: Lanes } {
  const { b, n, rowStride, batchStride } = gemm;
  const { batches, start = 0 } = b;
  const strides = [start, batches.innerStride, batches.outerStride, ...(gemm.segments > 1 ? [b.segmentStride] : [])];
  if (b.columnStride === 1) return { lanes: lanesFor(n, rowStride, batchStride, b.depthStride, ...strides), bDepth: 1 };
  const bDepth = lanesFor(gemm.depth, b.columnStride, ...strides);
  return { lanes: shared ? 1 : lanesFor(n, rowStride, batchStride), bDepth };
}

/** Values in one vector of B. */
export function bLanesOf(b: BSource, lanes: Lanes, bDepth: Lanes): Lanes {
  return b.columnStride === 1 ? lanes : bDepth;
}

/** The files that load B; `quad` null where the kernel shares loads by workgroup memory. */
export function bShaders(b: BSource, bDepth: Lanes, quad: boolean | null): ShaderModule[] {
  const loads = b.columnStride === 1 ? bColumns : { 1: bDepth1, 2: bDepth2, 4: bDepth4 }[bDepth];
  return [bStrided, loads, ...(quad === null ? [] : [quad ? bQuad : bOwn])];
}

/** The file that defines the lanes of A. */
export function aLaneShader(lanes: Lanes): ShaderModule {
  return { 1: aLane1, 2: aLane2, 4: aLane4 }[lanes];
}

/** Strides of B in its lanes. */
export function bParams(b: BSource, lanes: Lanes, bDepth: Lanes, segmentStride: number): Record<string, number> {
  const plain = b.columnStride === 1;
  const bLanes = bLanesOf(b, lanes, bDepth);
  return {
    column: plain ? 1 : b.columnStride / bLanes,
    // Backwards is forwards by 2^32 less.
    segment: (segmentStride / bLanes) >>> 0,
    start: (b.start ?? 0) / bLanes,
    depth: plain ? b.depthStride / bLanes : 1,
    inner: b.batches.inner,
    outerStride: b.batches.outerStride / bLanes,
    innerStride: b.batches.innerStride / bLanes,
  };
}

function tileConstants(
  choice: GemmChoice,
  a: ASource,
  step: number,
  depth: number,
  terms: Terms | null,
): Record<string, number> {
  return {
    ROWS: choice.rows,
    COLUMNS: choice.columns,
    GROUP_M: choice.groupM,
    GROUP_N: choice.groupN,
    DEPTH_LANES: a.along === "depth" ? a.lanes : 1,
    ROW_LANES: a.along === "rows" ? a.lanes : 1,
    ...(terms
      ? { DEPTH: step, GROUPS: terms.groups }
      : { TILE_K: depth >= choice.tileK ? choice.tileK : Math.ceil(depth / step) * step }),
  };
}

/** y = sum of the slices; the column sums, behind y in each slice, go to their own tensor. */
export function secondStage(
  gemm: Pick<Gemm, "name" | "y" | "sums" | "epilogue">,
  partial: Value,
  slices: number,
  sliceSize: number,
  lanes: Lanes,
): KernelCall {
  const ending = epilogueOf(gemm.epilogue, gemm.y, lanes);
  const count = sliceSize / lanes;
  const sums = gemm.sums;
  return {
    name: `${gemm.name}/sum`,
    shaders: [sums ? sumSlicesSums : sumSlices, laneShader(lanes), ...ending.shaders],
    params: {
      params: sums ? { count, split: sizeOf(gemm.y.type.shape) / lanes, slices } : { count, slices },
      ...ending.params,
    },
    operands: { partial, y: gemm.y, ...(sums ? { sums } : {}), ...ending.operands },
    workgroups: workgroupsFor(count, 64),
    flops: sliceSize * slices,
  };
}

/** A as a matrix in memory. With `ones`, it has one more row, of ones. */
export interface StridedA {
  readonly value: Value;
  readonly rowStride: number;
  readonly depthStride: number;
  /** Rows and terms of the sum; vectors must divide the one they run along. */
  readonly rows: number;
  readonly depth: number;
  readonly batches: Batches;
  readonly ones?: boolean;
}

export function stridedA({ value, rowStride, depthStride, rows, depth, batches, ones = false }: StridedA): ASource {
  const along = depthStride === 1 ? "depth" : "rows";
  const strides = [batches.innerStride, batches.outerStride];
  const lanes = along === "depth" ? lanesFor(depth, rowStride, ...strides) : lanesFor(rows, depthStride, ...strides);
  return {
    value,
    along,
    lanes,
    shader: aStrided,
    divisible: true,
    params: (segmentDepth) => ({
      aStrided: {
        row: along === "depth" ? rowStride / lanes : 1,
        segment: (segmentDepth * depthStride) / lanes,
        depth: along === "depth" ? 1 : depthStride / lanes,
        inner: batches.inner,
        outerStride: batches.outerStride / lanes,
        innerStride: batches.innerStride / lanes,
        ones: ones ? rows : 0xffffffff,
      },
    }),
  };
}

/** One batch, or the same matrix for all. */
export const oneBatch: Batches = { inner: 1, outerStride: 0, innerStride: 0 };

const addBias = /* @__PURE__ */ oneStep("bias", ["y", "b"], "y + b");

/** The epilogue that adds a bias along the last axis before anything else. */
export function withBias(epilogue: BoundProgram | null, bias: Value | null): BoundProgram | null {
  if (!bias) return epilogue;
  const program: Program = epilogue ? inline(epilogue.program, 0, addBias) : addBias;
  return { program, operands: [bias, ...(epilogue?.operands ?? [])] };
}
