import type { Value } from "../../src/core/graph.ts";
import type { Shape } from "../../src/core/types.ts";

/** An operator that is linear in each of its operands, and on what the adjoint identity is tried. */
export interface LinearCase {
  /** Shapes of the operands that it is linear in; all else is a constant of the case. */
  readonly operands: readonly Shape[];
  readonly apply: (...operands: Value[]) => Value;
  /**
   * The adjoint with respect to the first operand, for an operator without a gradient. Otherwise it is the gradient, of
   * every operand.
   */
  readonly adjoint?: (y: Value) => Value;
}

/** A case of one operand. */
export function linear(shape: Shape, apply: (x: Value) => Value, adjoint?: (y: Value) => Value): LinearCase {
  return { operands: [shape], apply: (x) => (x ? apply(x) : missing()), ...(adjoint ? { adjoint } : {}) };
}

/** A case of two operands, linear in each while the other stands. */
export function bilinear(a: Shape, b: Shape, apply: (a: Value, b: Value) => Value): LinearCase {
  return { operands: [a, b], apply: (left, right) => (left && right ? apply(left, right) : missing()) };
}

function missing(): never {
  throw new Error("an operand is missing");
}
