import type { Target } from "../core/call.ts";
import type { Lanes } from "./lanes.ts";
import { loadCost, tileCost } from "./softwareCost.ts";

/** What the choice of a GEMM kernel depends on. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  /** Blocks of the sum (taps of a filter, rows of an image) and terms in each. */
  readonly segments: number;
  readonly depth: number;
  readonly batch: number;
  /** Values of Y in one lane, terms of the sum in one step. */
  readonly lanes: Lanes;
  readonly step: Lanes;
  /** Values in one vector of A and of B. */
  readonly aLanes: Lanes;
  readonly bLanes: Lanes;
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
 * A software adapter pays for loads and barriers: register tiles as large as the work is worth, and loads of B shared
 * by quads; few slices, since it has few cores. A GPU pays for memory traffic: workgroup tiles; slices until the
 * machine is full. Sums of many short segments (a filter on few channels) would leave workgroup tiles mostly empty, so
 * registers serve there too.
 */
export function chooseGemm(shape: GemmShape, shared: boolean, target: Target): GemmChoice {
  const choice = shared
    ? sharedTile(shape)
    : target.software
      ? softwareTile(shape, target)
      : registerTile(shape, target);
  return { ...choice, slices: Number(target.force?.slices ?? slicesFor(shape, choice, target)) };
}

/** Whether a product goes through workgroup memory. */
export function sharesMemory(depth: number, { software, force = {} }: Target): boolean {
  return force.gemm === undefined ? !software && depth >= 8 : force.gemm === "shared";
}

/** Whole quads, and no more invocations than the rows need. */
function groupFor(m: number, rows: number): number {
  return Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(Math.ceil(m / rows)))));
}

function registerTile({ m, n, lanes }: GemmShape, { force, subgroups }: Target): Omit<GemmChoice, "slices"> {
  const rows = Number(force?.rows ?? 8);
  const columns = Number(force?.columns ?? balanced(n / lanes, lanes === 4 ? 4 : 8));
  const quad = subgroups && force?.quad === true;
  return { family: "tile", rows, columns, groupM: groupFor(m, rows), groupN: 1, quad };
}

/** The tile of least estimated time. */
function softwareTile(shape: GemmShape, { force, subgroups }: Target): Omit<GemmChoice, "slices"> {
  const { m, n, segments, depth, batch, lanes, step, aLanes, bLanes } = shape;
  const quad = subgroups && force?.quad !== false;
  const wide = n / lanes;
  let best: { readonly rows: number; readonly columns: number; readonly cost: number } | null = null;
  for (const rows of force?.rows === undefined ? [4, 8] : [Number(force.rows)]) {
    for (let columns = 1; columns <= (lanes === 4 ? 4 : 8); columns++) {
      if (columns !== (force?.columns ?? balanced(wide, columns))) continue;
      const sums = rows * columns * lanes;
      const loads = step * (rows * loadCost(aLanes, false) + columns * lanes * loadCost(bLanes, quad));
      const surplus = ((Math.ceil(m / rows) * rows) / m) * ((Math.ceil(wide / columns) * columns) / wide);
      // A segment ends in a turn of the loop around this one.
      const merged = sums * (segments > 1 ? 1 + step / depth : 1);
      const turn = { products: sums * step, sums: merged, lanes, loads };
      const cost = tileCost(turn, surplus * m * n * segments * depth * batch);
      if (!best || cost < best.cost) best = { rows, columns, cost };
    }
  }
  const { rows, columns } = best ?? { rows: 4, columns: 1 };
  return { family: "tile", rows, columns, groupM: groupFor(m, rows), groupN: 1, quad };
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
  const wanted = target.software ? 8 : 256;
  const most = Math.floor((segments * depth) / shortestSlice);
  return Math.max(1, Math.min(most, segments > 1 ? segments : most, Math.ceil(wanted / groups)));
}
