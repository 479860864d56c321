import type { Value } from "../../src/core/graph.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { numbers } from "./run.ts";

/** An operator, and the same in f64, of which central differences give the gradient by every operand. */
export interface NonLinearCase {
  readonly operands: readonly Operand[];
  readonly apply: (...operands: Value[]) => Value;
  readonly reference: (...operands: ArrayLike<number>[]) => ArrayLike<number>;
}

export interface Operand {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Seeded numbers, made of ones in [-1, 1). */
export function operand(shape: Shape, seed: number, from: (value: number) => number = Number): Operand {
  return { shape, data: numbers(sizeOf(shape), seed).map(from) };
}

/** A function of one number, on 23 of them. */
export function unary(
  apply: (x: Value) => Value,
  reference: (x: number) => number,
  from: (value: number) => number = (value) => 3 * value,
): NonLinearCase {
  return {
    operands: [operand([23], 71, from)],
    apply: (x) => (x ? apply(x) : missing()),
    reference: (x = []) => Array.from(x, reference),
  };
}

/** A function of two numbers: 5 rows of 3, and 3 that all rows share. */
export function binary(
  apply: (a: Value, b: Value) => Value,
  reference: (a: number, b: number) => number,
  from: (value: number) => number = (value) => 3 * value,
): NonLinearCase {
  return {
    operands: [operand([5, 3], 72, from), operand([3], 73, from)],
    apply: (a, b) => (a && b ? apply(a, b) : missing()),
    reference: (a = [], b = []) => Array.from(a, (value, i) => reference(value, b[i % 3] ?? Number.NaN)),
  };
}

function missing(): never {
  throw new Error("an operand is missing");
}
