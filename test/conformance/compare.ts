import { ShapeError } from "../../src/core/errors.ts";
import { sameShape, showShape, stridesOf } from "../../src/core/types.ts";

/** The worst element of a tensor that is not within its tolerance. */
export interface Failure {
  /** `"outputs.y"`, `"grads.x"`, in the vectors' names and layout. */
  readonly tensor: string;
  /** Flat, and by axis. */
  readonly index: number;
  readonly at: readonly number[];
  readonly got: number;
  readonly want: number;
  readonly tol: number;
  /** How many elements are beyond the tolerance, and of how many. */
  readonly count: number;
  readonly size: number;
}

export interface Comparison {
  /** Largest error over tolerance; Infinity for a NaN, and where exact numbers differ. */
  readonly worst: number;
  readonly failure: Failure | null;
}

export const equal: Comparison = Object.freeze({ worst: 0, failure: null });

/** |got - want| <= tol, element by element; integers must be equal. */
export function compare(tensor: string, got: Got, want: Want): Comparison {
  if (!sameShape(got.shape, want.shape) || got.data.length !== want.data.length) {
    throw new ShapeError({ where: tensor, seen: `shape ${showShape(got.shape)}`, wanted: showShape(want.shape) });
  }
  const tol = want.data instanceof Int32Array || want.data instanceof Uint8Array ? 0 : want.tol;
  let worst = 0;
  let index = 0;
  let count = 0;
  for (let i = 0; i < want.data.length; i++) {
    const ratio = errorRatio(got.data[i] ?? Number.NaN, want.data[i] ?? Number.NaN, tol);
    if (ratio > 1) count++;
    if (ratio > worst) {
      worst = ratio;
      index = i;
    }
  }
  if (count === 0) return { worst, failure: null };
  const at = stridesOf(want.shape).map((stride, axis) => Math.floor(index / stride) % (want.shape[axis] ?? 1));
  const seen = { got: got.data[index] ?? Number.NaN, want: want.data[index] ?? Number.NaN };
  return { worst, failure: { tensor, index, at, ...seen, tol, count, size: want.data.length } };
}

/** What the engine computed, in the vectors' layout. */
export interface Got {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface Want extends Got {
  readonly tol: number;
}

function errorRatio(got: number, want: number, tol: number): number {
  if (got === want) return 0;
  const ratio = Math.abs(got - want) / tol;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

/** The worst of both; of two failures the first. */
export function merge(a: Comparison, b: Comparison): Comparison {
  return { worst: Math.max(a.worst, b.worst), failure: a.failure ?? b.failure };
}

export function showFailure({ tensor, at, got, want, tol, count, size }: Failure): string {
  return `${tensor}${showShape(at)} got ${got}, want ${want}, tol ${tol} (${count} of ${size} elements differ)`;
}
