import * as activations from "../../src/ops/activations.ts";
import * as ops from "../../src/ops/elementwise.ts";
import { erf64 } from "./erf64.ts";
import { binary, type NonLinearCase, unary } from "./nonLinearCase.ts";

const positive = (value: number) => 1.5 + value;
const wide = (value: number) => 8 * value;
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const softplus64 = (x: number) => Math.log1p(Math.exp(x));
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** The elementwise functions that are not linear and have a derivative, by their row. */
export const nonLinearRows: Readonly<Record<string, readonly NonLinearCase[]>> = {
  "map.addScalar": [
    unary(
      (x) => ops.addScalar(x, -0.75),
      (x) => x - 0.75,
    ),
  ],
  "map.div": [binary(ops.div, (a, b) => a / b, positive)],
  "map.pow": [binary(ops.pow, (a, b) => a ** b, positive)],
  "map.powScalar": [
    unary(
      (x) => ops.pow(x, -1.5),
      (x) => x ** -1.5,
      positive,
    ),
    unary(
      (x) => ops.pow(x, 3),
      (x) => x ** 3,
    ),
    unary(
      (x) => ops.pow(x, 1),
      (x) => x,
    ),
    unary(
      (x) => ops.pow(x, 0),
      () => 1,
    ),
  ],
  "map.maximum": [binary(ops.maximum, Math.max)],
  "map.minimum": [binary(ops.minimum, Math.min)],
  "map.clamp": [
    unary(
      (x) => ops.clamp(x, { min: -0.5, max: 1.25 }),
      (x) => Math.min(1.25, Math.max(-0.5, x)),
    ),
  ],
  "map.abs": [unary(ops.abs, Math.abs)],
  "map.sqrt": [unary(ops.sqrt, Math.sqrt, positive)],
  "map.square": [unary(ops.square, (x) => x * x)],
  "map.reciprocal": [unary(ops.reciprocal, (x) => 1 / x, positive)],
  "map.exp": [unary(ops.exp, Math.exp)],
  "map.log": [unary(ops.log, Math.log, positive)],
  "map.relu": [unary(activations.relu, (x) => Math.max(0, x))],
  "map.relu6": [unary(activations.relu6, (x) => Math.min(6, Math.max(0, x)), wide)],
  "map.leakyRelu": [
    unary(activations.leakyRelu, (x) => (x > 0 ? x : 0.01 * x)),
    unary(
      (x) => activations.leakyRelu(x, { negativeSlope: 0 }),
      (x) => Math.max(0, x),
    ),
    unary(
      (x) => activations.leakyRelu(x, { negativeSlope: 1.5 }),
      (x) => (x > 0 ? x : 1.5 * x),
    ),
  ],
  "map.prelu": [
    binary(activations.prelu, (x, weight) => (x > 0 ? x : weight * x)),
    unary(
      (x) => activations.leakyRelu(x, { negativeSlope: -0.75 }),
      (x) => (x > 0 ? x : -0.75 * x),
    ),
  ],
  "map.elu": [
    unary(activations.elu, (x) => (x > 0 ? x : Math.expm1(x))),
    unary(
      (x) => activations.elu(x, { alpha: 2.5 }),
      (x) => (x > 0 ? x : 2.5 * Math.expm1(x)),
    ),
    unary(
      (x) => activations.elu(x, { alpha: -0.6 }),
      (x) => (x > 0 ? x : -0.6 * Math.expm1(x)),
    ),
  ],
  "map.selu": [unary(activations.selu, (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)))],
  "map.gelu": [unary(activations.gelu, (x) => (x / 2) * (1 + erf64(x / Math.SQRT2)))],
  "map.geluTanh": [
    unary(
      (x) => activations.gelu(x, { approximate: "tanh" }),
      (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ),
  ],
  "map.sigmoid": [unary(activations.sigmoid, logistic, wide)],
  "map.tanh": [unary(activations.tanh, Math.tanh)],
  "map.silu": [unary(activations.silu, (x) => x * logistic(x), wide)],
  "map.swish": [binary(activations.swish, (x, beta) => x * logistic(beta * x))],
  "map.softplus": [
    unary(activations.softplus, softplus64, wide),
    // Beyond the threshold it is x itself; at 0.5 it would jump where x = 0.25.
    unary(
      (x) => activations.softplus(x, { beta: 2, threshold: 0.5 }),
      (x) => (x > 0.25 ? x : softplus64(2 * x) / 2),
    ),
  ],
  "map.softsign": [unary(activations.softsign, (x) => x / (1 + Math.abs(x)))],
  "map.hardsigmoid": [unary(activations.hardsigmoid, (x) => Math.min(1, Math.max(0, x / 6 + 0.5)), wide)],
  "map.hardswish": [unary(activations.hardswish, (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)), wide)],
  "map.mish": [unary(activations.mish, (x) => x * Math.tanh(softplus64(x)))],
  "map.erf": [unary(ops.erf, erf64)],
};
