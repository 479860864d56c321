import type { Lanes } from "./lanes.ts";

/*
 * What the inner loop of a kernel costs on a software adapter, as measured and as read from the machine code of one
 * (docs/decisions.md). Nanoseconds are those of all cores together.
 */

/** One multiplication and addition in registers. */
export const multiplyNs = 0.13;

/** Each turn of a loop merges every sum under the mask of the live invocations. */
export const mergeNs = 0.24;

/** One value, loaded in a vector of so many. */
const loadNs: Readonly<Record<Lanes, number>> = { 1: 1.8, 2: 1.2, 4: 0.92 };

/** One value of a vector: loaded by each invocation, or by one of a quad, which hands it to the others. */
export function loadCost(lanes: Lanes, quad: boolean): number {
  return quad ? loadNs[lanes] / 4 + 0.13 : loadNs[lanes];
}

/** What a tile does in one turn of its loop. */
export interface Turn {
  /** Multiplications, and sums that they go to; both in vectors of so many lanes. */
  readonly products: number;
  readonly sums: number;
  readonly lanes: Lanes;
  /** Nanoseconds spent on loads. */
  readonly loads: number;
}

/** Steps of a training within which a kernel's compile time must have paid. */
const horizon = 170;

/** Milliseconds to compile a multiplication of the unrolled body, the statement that makes a vector of them, the store of a sum. */
const compileMs = { product: 0.13, statement: 0.7, sum: 0.5 } as const;

/**
 * Milliseconds that a kernel takes in `horizon` steps, its compilation included, where one step makes `total` products.
 * A large tile loads less for each product and compiles for longer; a small layer never earns that back.
 */
export function tileCost({ products, sums, lanes, loads }: Turn, total: number): number {
  const ns = multiplyNs + (loads + sums * mergeNs) / products;
  const compile = products * (compileMs.product + compileMs.statement / lanes) + sums * compileMs.sum;
  return (horizon * total * ns) / 1e6 + compile;
}
