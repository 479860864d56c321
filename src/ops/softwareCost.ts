import type { Lanes } from "./lanes.ts";
import { statementsFor } from "./terms.ts";

/*
 * What the inner loop of a kernel costs on a software adapter, as measured and as read from the machine code of one
 * (docs/decisions.md). Nanoseconds are those of all cores together.
 */

/** One multiplication and addition in registers. */
export const multiplyNs = 0.1;

/** Each turn of a loop merges every sum under the mask of the live invocations. */
const mergeNs = 0.1;

/** A loop costs every sum this much, however many turns it takes. */
const loopNs = 1.5;

/** One value, loaded in a vector of so many. */
const loadNs: Readonly<Record<Lanes, number>> = { 1: 1.9, 2: 1.9, 4: 1.2 };

/** One value that an invocation of a quad loads for all four, and what it takes to hand it on. */
const sharedNs = 0.5;

/** One value of a vector: loaded by each invocation, or by one of a quad, which hands it to the others. */
export function loadCost(lanes: Lanes, quad: boolean): number {
  return quad ? sharedNs : loadNs[lanes];
}

/** What a tile does in one turn of its loop. */
export interface Turn {
  /** Multiplications, and sums that they go to; both in vectors of so many lanes. */
  readonly products: number;
  readonly sums: number;
  readonly lanes: Lanes;
  /** How often the loop turns; 0 where there is none. Default: so often that entering it costs nothing. */
  readonly turns?: number;
  /** Sums that are merged in a turn, where that is not all of them once. */
  readonly merged?: number;
  /** Nanoseconds spent on loads. */
  readonly loads: number;
}

/** Steps of a training within which a kernel's compile time must have paid. */
const horizon = 170;

/**
 * Milliseconds to compile a multiplication of the unrolled body, a statement that makes vectors of them (terms.ts), the
 * merging and storing of a sum, loads that take a nanosecond.
 */
const compileMs = { product: 0.085, statement: 0.57, sum: 0.85, load: 0.25 } as const;

/**
 * Milliseconds that a kernel takes in `horizon` steps, its compilation included, where one step makes `total` products.
 * A large tile loads less for each product and compiles for longer; a small layer never earns that back.
 */
export function tileCost(turn: Turn, total: number): number {
  const { products, sums, lanes, loads, turns = Number.POSITIVE_INFINITY, merged = sums } = turn;
  const looped = turns === 0 ? 0 : merged * mergeNs + (sums * loopNs) / turns;
  const ns = multiplyNs + (loads + looped) / products;
  const statements = (sums / lanes) * statementsFor(products / sums, lanes);
  const { product, statement, sum, load } = compileMs;
  const compile = products * product + statements * statement + sums * sum + loads * load;
  return (horizon * total * ns) / 1e6 + compile;
}
