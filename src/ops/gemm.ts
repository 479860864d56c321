import { type KernelCall, type Operand, type Target, workgroupsFor } from "../core/call.ts";
import { inline, oneStep, type Program } from "../core/expression.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import type { ShaderModule } from "../core/shader.ts";
import { sizeOf, tensorType } from "../core/types.ts";
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
import sharedKernel from "../../shaders/gemm/shared.wgsl";
import storePlain from "../../shaders/gemm/store.wgsl";
import storeSums from "../../shaders/gemm/store_sums.wgsl";
import sumSlices from "../../shaders/gemm/sum_slices.wgsl";
import sumSlicesSums from "../../shaders/gemm/sum_slices_sums.wgsl";
import tileKernel from "../../shaders/gemm/tile.wgsl";
import { chooseGemm, type GemmChoice } from "./gemmChoice.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";

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
  /** Link-time constants of the shader. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Its uniform. `depth` is the length of a block, which slicing may shorten. */
  params(depth: number): Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Where B comes from: element (block, k, n) at block * blockStride + k * depthStride + n * columnStride. */
export interface BSource {
  readonly value: Value;
  readonly columnStride: number;
  readonly depthStride: number;
  readonly batches: Batches;
}

/** Y[m, n] = sum over blocks and k of A[m, block, k] B[block, k, n], then the epilogue. */
export interface Gemm {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly blocks: number;
  readonly depth: number;
  readonly batch: number;
  readonly a: ASource;
  readonly b: BSource;
  readonly y: Value;
  /** Strides of Y in elements. */
  readonly rowStride: number;
  readonly batchStride: number;
  /** Column sums of B, as if A had one more row, of ones. */
  readonly sums?: Value | undefined;
  readonly epilogue: BoundProgram | null;
}

/** The dispatch of a product, and a second one that adds up its slices where the sum is split. */
export function lowerGemm(gemm: Gemm, target: Target): KernelCall[] {
  const { a, b, sums, y } = gemm;
  const alongColumns = b.columnStride === 1;
  const bSizes = [b.depthStride, b.batches.innerStride, b.batches.outerStride];
  const lanes = alongColumns ? lanesFor(gemm.n, gemm.rowStride, gemm.batchStride, ...bSizes) : 1;
  const bDepth = alongColumns ? 1 : lanesFor(gemm.depth, b.columnStride, b.batches.innerStride, b.batches.outerStride);
  const step = Math.max(bDepth, a.along === "depth" ? a.lanes : 1);
  const m = sums ? gemm.m + 1 : gemm.m;
  const choice = chooseGemm({ ...gemm, m, lanes, step }, target);

  // A sum of one block is sliced by cutting the block; one of many, by dealing out the blocks.
  const total = gemm.blocks * gemm.depth;
  const depth = gemm.blocks > 1 ? gemm.depth : Math.ceil(gemm.depth / choice.slices / step) * step;
  const blocks = Math.ceil(total / depth);
  const blocksPerSlice = Math.ceil(blocks / choice.slices);
  const slices = Math.ceil(blocks / blocksPerSlice);
  const sliceSize = m * gemm.n * gemm.batch;
  const partial = slices > 1 ? scratch(tensorType([slices, sliceSize])) : null;

  const groupsM = Math.ceil(m / (choice.rows * choice.groupM));
  const groupsN = Math.ceil(gemm.n / lanes / (choice.columns * choice.groupN));
  const groups = groupsM * groupsN * gemm.batch * slices;
  const bStride = alongColumns ? lanes : bDepth;
  const ending = epilogueOf(partial ? null : gemm.epilogue, y, lanes);
  // Partial results are dense [slice, m, batch, n] for one reason: their second stage sees y's own order.
  const rowStride = partial ? (gemm.batch > 1 ? gemm.rowStride : gemm.n) : gemm.rowStride;
  const place = { row: rowStride / lanes, batch: gemm.batchStride / lanes };
  const direct = sums && !partial;
  const main: KernelCall = {
    name: gemm.name,
    shaders: [
      choice.family === "tile" ? tileKernel : sharedKernel,
      a.shader,
      { 1: aLane1, 2: aLane2, 4: aLane4 }[a.lanes],
      alongColumns ? bColumns : { 1: bDepth1, 2: bDepth2, 4: bDepth4 }[bDepth],
      bStrided,
      ...(choice.family === "tile" ? [choice.quad ? bQuad : bOwn] : []),
      direct ? storeSums : storePlain,
      laneShader(lanes),
      ...ending.shaders,
    ],
    constants: { ...tileConstants(choice, a, step, gemm.depth), ...a.constants },
    params: {
      tile: { m, n: gemm.n, groupsM, groupsN, groups, slices, blocks, blocksPerSlice, depth, total },
      ...a.params(depth),
      bStrided: {
        column: alongColumns ? 1 : b.columnStride / bStride,
        block: (depth * (alongColumns ? b.depthStride : gemm.blocks > 1 ? gemm.n * b.columnStride : depth) ) / bStride / (alongColumns || gemm.blocks > 1 ? 1 : depth) / (alongColumns || gemm.blocks === 1 ? 1 : depth),
        depth: alongColumns ? b.depthStride / bStride : 1,
        inner: b.batches.inner,
        outerStride: b.batches.outerStride / bStride,
        innerStride: b.batches.innerStride / bStride,
      },
      place: direct ? { ...place, ones: gemm.m } : { ...place, slice: sliceSize / lanes },
      ...ending.params,
    },
    operands: { a: a.value, b: b.value, y: partial ?? y, ...(direct ? { sums } : {}), ...ending.operands },
    workgroups: groups,
    flops: 2 * gemm.m * gemm.n * total * gemm.batch,
  };
  return partial ? [main, secondStage(gemm, partial, slices, sliceSize, lanes)] : [main];
}
