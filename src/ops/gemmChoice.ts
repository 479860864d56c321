import type { Target } from "../core/call.ts";
import type { Lanes } from "./lanes.ts";

/** What the choice of a GEMM kernel depends on. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  /** Blocks of the sum (taps of a filter, rows of an image) and terms in each. */
  readonly segments: number;
  readonly depth: number;
  readonly batch: number;
  /** Values of Y in one lane. */
  readonly lanes: Lanes;
  /** Vectors of B that a tile one lane wide needs in one step of the sum. */
  readonly bLoads: number;
}

export interface GemmChoice {
  /** `tile`: registers alone. `shared`: workgroup memory. */
  readonly family: "tile" | "shared";
  /** Of Y, for each invocation; columns in lanes. */
  readonly rows: number;
  readonly columns: number;
  readonly groupM: number;
  readonly groupN: number;
  /** Parts into which the sum is split, to be added up by a second kernel. */
  readonly slices: number;
  /** Quads share their loads of B. */
  readonly quad: boolean;
}

/**
 * Which GEMM kernel for which shape on which adapter: the one place where that is decided.
 *
 * A software adapter pays for loads and barriers: large register tiles, and loads of B shared by quads; few slices,
 * since it has few cores. A GPU pays for memory traffic: workgroup tiles; slices until the machine is full. Sums of
 * many short segments (a filter on few channels) would leave workgroup tiles mostly empty, so registers serve there too.
 */
export function chooseGemm(shape: GemmShape, target: Target): GemmChoice {
  const { force = {} } = target;
  const shared = force.gemm === undefined ? !target.software && shape.depth >= 8 : force.gemm === "shared";
  const choice = shared ? sharedTile(shape) : registerTile(shape, target);
  return { ...choice, slices: Number(force.slices ?? slicesFor(shape, choice, target)) };
}

function registerTile({ m, n, lanes, bLoads }: GemmShape, target: Target): Omit<GemmChoice, "slices"> {
  const columns = Number(target.force?.columns ?? balanced(n / lanes, lanes === 4 ? 4 : 8));
  const rows = Number(target.force?.rows ?? 8);
  // Whole quads, and no more invocations than the rows need.
  const groupM = Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(Math.ceil(m / rows)))));
  const quad = Boolean(target.force?.quad ?? (target.subgroups && target.software)) && (bLoads * columns) % 4 === 0;
  return { family: "tile", rows, columns, groupM, groupN: 1, quad };
}

function sharedTile({ n, lanes }: GemmShape): Omit<GemmChoice, "slices"> {
  const columns = lanes === 1 ? 4 : 1;
  const wanted = Math.ceil(n / lanes / columns);
  const groupN = Math.min(16, 2 ** Math.ceil(Math.log2(wanted)));
  // At most 128 rows, so that both tiles fit the 16 KiB of workgroup memory that every device has.
  return { family: "shared", rows: 4, columns, groupM: Math.min(32, 256 / groupN), groupN, quad: false };
}

/** The largest equal share of `count` that is at most `most`: 21 in shares of up to 8 gives 7. */
function balanced(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}

/** Terms below which a slice is not worth its second stage. */
const shortestSlice = 64;

function slicesFor(shape: GemmShape, choice: Omit<GemmChoice, "slices">, target: Target): number {
  const { m, n, segments, depth, batch, lanes } = shape;
  const groups =
    Math.ceil(m / (choice.rows * choice.groupM)) * Math.ceil(n / lanes / (choice.columns * choice.groupN)) * batch;
  const wanted = target.software ? 16 : 256;
  const most = Math.floor((segments * depth) / shortestSlice);
  return Math.max(1, Math.min(most, segments > 1 ? segments : most, Math.ceil(wanted / groups)));
}
