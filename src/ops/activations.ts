import { constant, type Value } from "../core/graph.ts";
import { checkNumber, checkWord, whereIs } from "../core/options.ts";
import { tensorType } from "../core/types.ts";
import { add, addScalar, applyRow, clamp, exp, scale } from "./elementwise.ts";
import { fillOptions, type Options } from "./elementwiseTable.ts";

/**
 * max(0, x). Its derivative at 0 is 0.
 * @example
 * const y = relu(x);
 */
export const relu = (x: Value): Value => applyRow("relu", [x]);

/**
 * min(max(0, x), 6).
 * @example
 * const y = relu6(x);
 */
export const relu6 = (x: Value): Value => applyRow("relu6", [x]);

/**
 * 1.0507 x where x > 0, else 1.7581 (e^x - 1): self-normalizing (Klambauer et al. 2017).
 * @example
 * const y = selu(x);
 */
export const selu = (x: Value): Value => applyRow("selu", [x]);

/**
 * 1 / (1 + e^-x).
 * @example
 * const gate = sigmoid(x);
 */
export const sigmoid = (x: Value): Value => applyRow("sigmoid", [x]);

/**
 * (e^x - e^-x) / (e^x + e^-x), safe for x of any size.
 * @example
 * const y = tanh(x);
 */
export const tanh = (x: Value): Value => applyRow("tanh", [x]);

/**
 * x / (1 + |x|).
 * @example
 * const y = softsign(x);
 */
export const softsign = (x: Value): Value => applyRow("softsign", [x]);

/**
 * min(max(0, x / 6 + 1/2), 1).
 * @example
 * const gate = hardsigmoid(x);
 */
export const hardsigmoid = (x: Value): Value => applyRow("hardsigmoid", [x]);

/**
 * x hardsigmoid(x) (Howard et al. 2019).
 * @example
 * const y = hardswish(x);
 */
export const hardswish = (x: Value): Value => applyRow("hardswish", [x]);

/**
 * x tanh(log(1 + e^x)) (Misra 2019).
 * @example
 * const y = mish(x);
 */
export const mish = (x: Value): Value => applyRow("mish", [x]);

/**
 * x sigmoid(x).
 * @example
 * const y = silu(x);
 */
export const silu = (x: Value): Value => applyRow("silu", [x]);

/**
 * x sigmoid(beta x) with beta learned, a scalar or per channel; `silu` where it is 1.
 * @example
 * const y = swish(x, channel); // beta by channel
 */
export const swish = (x: Value, beta: Value): Value => applyRow("swish", [x, beta]);

/**
 * x where x > 0, else weight x; the weight is learned, one or one per channel (last axis).
 * @example
 * const y = prelu(x, channel); // the slope by channel
 */
export const prelu = (x: Value, weight: Value): Value => applyRow("prelu", [x, weight]);

/**
 * x where x > 0, else negativeSlope x.
 * @example
 * const y = leakyRelu(x, { negativeSlope: 0.2 });
 */
export function leakyRelu(x: Value, options: Options<"leakyRelu"> = {}): Value {
  const { negativeSlope } = fillOptions("leakyRelu", options);
  // Below 0 the result does not tell the sign of x, which its row reads the gradient from.
  if (negativeSlope !== undefined && negativeSlope < 0) return prelu(x, scalar(negativeSlope));
  return applyRow("leakyRelu", [x], options);
}

/**
 * x where x > 0, else alpha (e^x - 1).
 * @example
 * const y = elu(x);
 */
export function elu(x: Value, options: Options<"elu"> = {}): Value {
  const { alpha } = fillOptions("elu", options);
  // As with leakyRelu: the sum of both sides, each of which keeps its own x.
  if (alpha !== undefined && alpha < 0) {
    return add(relu(x), scale(addScalar(exp(clamp(x, { max: 0 })), -1), alpha));
  }
  return applyRow("elu", [x], options);
}

/**
 * log(1 + e^(beta x)) / beta; where beta x > threshold, x.
 * @example
 * const y = softplus(x);
 */
export function softplus(x: Value, options: Options<"softplus"> = {}): Value {
  const { beta = 1 } = options;
  checkNumber(whereIs("softplus"), "beta", beta, (value) => value > 0, "more than 0");
  return applyRow("softplus", [x], options);
}

export interface GeluOptions {
  /** `"tanh"`: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). Default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/**
 * x P(X < x) for a standard normal X.
 * @example
 * const y = gelu(x, { approximate: "tanh" });
 */
export function gelu(x: Value, { approximate = "none" }: GeluOptions = {}): Value {
  checkWord(whereIs("gelu"), "approximate", approximate, ["none", "tanh"]);
  return applyRow(approximate === "tanh" ? "geluTanh" : "gelu", [x]);
}

function scalar(value: number): Value {
  return constant(tensorType([]), Float32Array.of(value));
}
