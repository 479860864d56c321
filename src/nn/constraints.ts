import type { Value } from "../core/graph.ts";
import { checkNames, checkNumber } from "../core/options.ts";
import { limitNorms } from "../ops/maxNorm.ts";

/** What a weight must fulfil after each update. */
export interface Constraint {
  readonly name: string;
  /** The update that mends the weight, in place; `weight` is what the optimizer left. */
  apply(weight: Value): Value;
}

export interface MaxNormOptions {
  /** Largest Euclidean norm of the weights of one unit. Default: 2. */
  readonly maxValue?: number;
  /** The axis that counts the units. Default: the last, the outputs of dense and convolution kernels. */
  readonly axis?: number;
}

/**
 * Keeps the incoming weights of each unit within a ball: w * min(1, maxValue / |w|).
 * @example
 * dense({ units: 10, kernelConstraint: constraints.maxNorm({ maxValue: 3 }) });
 */
export function maxNorm(options: MaxNormOptions = {}): Constraint {
  checkNames("maxNorm", options, ["maxValue", "axis"]);
  const { maxValue = 2, axis = -1 } = options;
  checkNumber("maxNorm", "maxValue", maxValue, (value) => value > 0, "above 0");
  return { name: `maxNorm(${maxValue})`, apply: (weight) => limitNorms(weight, { maxValue, axis }) };
}
