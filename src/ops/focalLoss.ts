import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { checkNumber, whereIs } from "../core/options.ts";
import { sparseFocalLoss } from "./crossEntropy.ts";
import { scale } from "./elementwise.ts";
import { elementwiseLoss, type LossOptions, literal } from "./losses.ts";
import { reshape } from "./reshape.ts";

/**
 * Focal loss from logits (Lin et al. 2017, "Focal loss for dense object detection"): cross-entropy in which what is
 * already answered well counts little. p is the probability that the network gives the truth.
 *
 *     class indices, i32 [..] for logits [.., C]:  alpha (1 - p)^gamma (-log p),            mean over rows
 *     targets t in [0, 1], f32 of x's shape:       alpha_t (1 - p_t)^gamma bce(x, t),       mean over elements
 *
 * with p = softmax(x)[class], or p_t = sigmoid(x) t + sigmoid(-x) (1 - t), alpha_t = alpha t + (1 - alpha) (1 - t), bce
 * the binary cross-entropy from logits. Without alpha its factor is 1.
 */
export interface FocalLossOptions extends LossOptions {
  /** 0 or more. Default: 2. */
  readonly gamma?: number;
  /** From 0 to 1. */
  readonly alpha?: number | undefined;
  /** Class indices alone: rows with this label take no part. The mean over none is 0. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * alpha (1 - p)^gamma (-log p) from logits, p the probability of the truth; for x and target as in `FocalLossOptions`.
 * @throws GraphError on an option out of range, or an `ignoreIndex` with targets that are numbers
 * @example
 * const loss = focalLoss(logits, classes, { gamma: 2 });
 */
export function focalLoss(x: Value, target: Value, options: FocalLossOptions = {}): Value {
  const where = whereIs("focalLoss");
  const { gamma = 2, alpha, ignoreIndex, ...rest } = options;
  checkNumber(where, "gamma", gamma, (value) => value >= 0, "0 or more");
  if (alpha !== undefined) checkNumber(where, "alpha", alpha, (value) => value >= 0 && value <= 1, "from 0 to 1");
  if (target.type.dtype === "i32") {
    const { sampleWeight, ...reduction } = rest;
    const sampleWeights = sampleWeight && reshape(sampleWeight, target.type.shape);
    const loss = sparseFocalLoss(x, target, { ...reduction, sampleWeights, ignoreIndex, gamma });
    return alpha === undefined ? loss : scale(loss, alpha);
  }
  if (ignoreIndex !== undefined) {
    throw new GraphError({ where, seen: "ignoreIndex with targets that are numbers", wanted: "class indices (i32)" });
  }
  // m = 1 - p_t, kept away from 0 for the sake of its powers; m' = dm/dx = p (1 - p) (1 - 2t).
  const one = "Lane(1.0)";
  const m = `max(sigmoid(x) * (${one} - t) + sigmoid(-x) * t, Lane(1e-30))`;
  const bce = `((${one} - t) * x + softplus(-x))`;
  const g = literal(gamma);
  const weight = alpha === undefined ? "" : `(${literal(1 - alpha)} + ${literal(2 * alpha - 1)} * t) * `;
  const lower = `power(${m}, ${literal(gamma - 1)})`;
  const sloped = (dm: string, dBce: string) => `${lower} * (${g} * ${dm} * ${bce} + ${m} * ${dBce})`;
  const dt = `${weight}${sloped("(sigmoid(-x) - sigmoid(x))", "(-x)")}`;
  const row = {
    y: `${weight}power(${m}, ${g}) * ${bce}`,
    dx: `${weight}${sloped(`(sigmoid(x) * sigmoid(-x) * (${one} - Lane(2.0) * t))`, "(sigmoid(x) - t)")}`,
    dt: alpha === undefined ? dt : `${dt} + ${literal(2 * alpha - 1)} * power(${m}, ${g}) * ${bce}`,
  };
  return elementwiseLoss("focalLoss", row, x, target, rest, []);
}
