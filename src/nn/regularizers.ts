import type { Value } from "../core/graph.ts";
import { checkNames, checkNumber } from "../core/options.ts";
import { abs, add, scale, square } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";

/**
 * What a weight pays for its size. The penalty joins the loss that is differentiated, not the loss that is reported: so
 * training and validation losses compare, and the penalty costs no kernel but the one that adds its gradient to the
 * weight's own.
 */
export interface Regularizer {
  readonly name: string;
  /** A scalar to be minimised along with the loss. */
  penalty(weight: Value): Value;
}

/**
 * factor * sum |w| (lasso): drives weights to zero.
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.l1(1e-4) });
 */
export function l1(factor = 0.01): Regularizer {
  checkFactor("l1", "factor", factor);
  return { name: `l1(${factor})`, penalty: (weight) => sum(scale(abs(weight), factor)) };
}

/**
 * factor * sum w^2 (ridge), as in Keras: the gradient is 2 factor w, PyTorch's weight decay of 2 factor.
 * @example
 * conv2d({ filters: 8, kernelSize: 3, kernelRegularizer: regularizers.l2(1e-4) });
 */
export function l2(factor = 0.01): Regularizer {
  checkFactor("l2", "factor", factor);
  return { name: `l2(${factor})`, penalty: (weight) => sum(scale(square(weight), factor)) };
}

export interface L1L2Options {
  /** Default: 0. */
  readonly l1?: number;
  /** Default: 0. */
  readonly l2?: number;
}

/**
 * l1 sum |w| + l2 sum w^2 (elastic net).
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.l1l2({ l1: 1e-5, l2: 1e-4 }) });
 */
export function l1l2(options: L1L2Options): Regularizer {
  checkNames("l1l2", options, ["l1", "l2"]);
  const { l1: first = 0, l2: second = 0 } = options;
  checkFactor("l1l2", "l1", first);
  checkFactor("l1l2", "l2", second);
  return {
    name: `l1l2(${first}, ${second})`,
    penalty: (weight) => sum(add(scale(abs(weight), first), scale(square(weight), second))),
  };
}

function checkFactor(where: string, name: string, factor: number): void {
  checkNumber(where, name, factor, (value) => value >= 0, "0 or more");
}
