import type { Target } from "../core/call.ts";
import type { Lanes } from "./lanes.ts";
import type { Candidate } from "./pick.ts";
import { loadCost, tileCost } from "./softwareCost.ts";

/** What the choice of a GEMM kernel depends on. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  /** Blocks of the sum (taps of a filter, rows of an image) and terms in each. */
  readonly segments: number;
  readonly depth: number;
  readonly batch: number;
  /** Values of Y in one lane, the fewest terms of the sum in one step. */
  readonly lanes: Lanes;
  readonly step: Lanes;
  /** Values in one vector of A and of B. */
  readonly aLanes: Lanes;
  readonly bLanes: Lanes;
  /** The shader that loads A. */
  readonly source: string;
}

/** `tile`: registers alone. `shared`: workgroup memory. */
export type GemmFamily = "tile" | "shared";

/** One of the kernels that compute the same product. */
export interface GemmVariant {
  readonly family: GemmFamily;
  /** Of Y, for each invocation; columns in lanes. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of the sum in one turn of the loop. */
  readonly step: number;
  /** Terms of the sum that are in workgroup memory at a time; 0 in registers. */
  readonly tileK: number;
  /** Quads share their loads of B; in registers only. */
  readonly quad: boolean;
}

/**
 * The kernels that a product can take, with what each is estimated to cost.
 *
 * A software adapter pays for loads and barriers: register tiles as large as the work is worth, and loads of B shared
 * by quads; few slices, since it has few cores. A GPU pays for memory traffic: workgroup tiles; slices until the
 * machine is full. Sums of many short segments (a filter on few channels) would leave workgroup tiles mostly empty, so
 * registers serve there too. Nothing is estimated for GPUs: the first variant is the rule, the others are what
 * measurements may prefer to it.
 */
export function gemmVariants(
  shapes: Readonly<Record<GemmFamily, GemmShape>>,
  target: Target,
): readonly Candidate<GemmVariant>[] {
  const { software, force } = target;
  const family = force?.gemm ?? (!software && shapes.tile.depth >= 8 ? "shared" : "tile");
  if (family === "tile" && software) return softwareTiles(shapes.tile, target);
  const registers = registerTiles(shapes.tile, target);
  if (family === "tile") return inOrder(registers);
  const shared = sharedTiles(shapes.shared);
  return inOrder(force?.gemm ? shared : [...shared, ...registers.slice(0, 1)]);
}

function inOrder(variants: readonly GemmVariant[]): Candidate<GemmVariant>[] {
  return variants.map((variant, cost) => ({ variant, cost }));
}

/** Tiles of registers on a GPU. */
function registerTiles({ n, lanes, step }: GemmShape, { force, subgroups }: Target): GemmVariant[] {
  const widest = lanes === 4 ? 4 : 8;
  const quad = subgroups && force?.quad === true;
  const sides = [
    [8, widest],
    [4, widest],
    [8, widest / 2],
    [4, widest / 2],
    [4, 1],
  ] as const;
  const variants = sides.map(([rows, columns]): GemmVariant => {
    const forced = {
      rows: Number(force?.rows ?? rows),
      columns: Number(force?.columns ?? balanced(n / lanes, columns)),
    };
    return { family: "tile", ...forced, step, tileK: 0, quad };
  });
  return variants.filter(
    ({ rows, columns }, i) => variants.findIndex((other) => other.rows === rows && other.columns === columns) === i,
  );
}

/** Tiles of workgroup memory: 4x4 to 8x8 values an invocation, 8 to 32 terms at a time. */
function sharedTiles({ m, n, depth, lanes, step }: GemmShape): GemmVariant[] {
  const narrow = lanes === 1 ? 4 : 1;
  const sides = [
    [4, narrow, 16],
    [8, narrow, 16],
    [8, 2 * narrow, 16],
    [8, 2 * narrow, 8],
    [4, narrow, 32],
  ] as const;
  return sides
    .filter(([rows, columns, tileK], i) => i === 0 || (rows <= m && columns * lanes <= n && tileK <= depth))
    .map(([rows, columns, tileK]) => ({ family: "shared", rows, columns, step, tileK, quad: false }));
}

/** Tiles of registers on a software adapter. */
function softwareTiles(shape: GemmShape, { force, subgroups }: Target): Candidate<GemmVariant>[] {
  const { m, n, segments, depth, batch, lanes, aLanes, bLanes } = shape;
  const quad = subgroups && force?.quad !== false;
  const wide = n / lanes;
  // More terms in a turn than the vectors have: fewer merges of sums. More than four were no faster.
  const steps = shape.step < 4 && depth % 4 === 0 ? [shape.step, 4] : [shape.step];
  const forced = steps.filter((step) => step === force?.step);
  const candidates: Candidate<GemmVariant>[] = [];
  for (const step of forced.length > 0 ? forced : steps) {
    for (const rows of force?.rows === undefined ? [4, 8] : [Number(force.rows)]) {
      for (let columns = 1; columns <= (lanes === 4 ? 4 : 8); columns++) {
        if (columns !== (force?.columns ?? balanced(wide, columns))) continue;
        const sums = rows * columns * lanes;
        const loads = step * (rows * loadCost(aLanes, false) + columns * lanes * loadCost(bLanes, quad));
        const surplus = ((Math.ceil(m / rows) * rows) / m) * ((Math.ceil(wide / columns) * columns) / wide);
        // A segment ends in a turn of the loop around this one.
        const merged = sums * (segments > 1 ? 1 + step / depth : 1);
        const turn = { products: sums * step, sums, lanes, merged, loads };
        const cost = tileCost(turn, surplus * m * n * segments * depth * batch);
        candidates.push({ variant: { family: "tile", rows, columns, step, tileK: 0, quad }, cost });
      }
    }
  }
  return candidates;
}

/** The largest equal share of `count` that is at most `most`: 21 in shares of up to 8 gives 7. */
function balanced(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}
