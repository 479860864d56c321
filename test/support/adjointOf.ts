import { differentiate } from "../../src/core/autodiff.ts";
import type { Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { add } from "../../src/ops/elementwise.ts";
import type { LinearCase } from "./linearCase.ts";
import { numbers, tensor } from "./run.ts";

/** A x and A' y as values of one graph, and the numbers that they are made of. */
export interface AdjointProblem {
  readonly result: Value;
  readonly y: Float32Array;
  /** For each operand its numbers and the adjoint's value. */
  readonly operands: readonly { readonly x: Float32Array; readonly adjoint: Value }[];
  /** All of the above values, for `evaluate`. */
  readonly values: Readonly<Record<string, Value>>;
}

export function adjointOf({ operands: shapes, apply, adjoint }: LinearCase): AdjointProblem {
  const data = shapes.map((shape, i) => numbers(sizeOf(shape), 51 + i));
  const leaves = shapes.map((shape, i) => tensor(shape, data[i] ?? []));
  const result = apply(...leaves);
  const y = numbers(sizeOf(result.type.shape), 61);
  const seed = tensor(result.type.shape, y);
  const gradients = adjoint ? [adjoint(seed)] : differentiate(result, leaves, add, seed);
  const operands = gradients.map((value, i) => {
    const x = data[i];
    if (!value || !x) throw new Error(`no gradient by operand ${i}`);
    return { x, adjoint: value };
  });
  const named = operands.map(({ adjoint: value }, i) => [`adjoint${i}`, value] as const);
  return { result, y, operands, values: { result, ...Object.fromEntries(named) } };
}
