import type { Value } from "../../../src/core/graph.ts";
import * as ops from "../../../src/ops/elementwise.ts";
import type { Adapter, CaseAttrs } from "../adapter.ts";
import { channelsLast } from "../layout.ts";

function unary(op: (x: Value, attrs: CaseAttrs) => Value): Adapter {
  return { build: (inputs, attrs) => op(inputs.get("x"), attrs) };
}

function binary(op: (a: Value, b: Value) => Value): Adapter {
  return { build: (inputs) => op(inputs.get("a"), inputs.get("b")) };
}

/** Elementwise functions and activations: any rank, so the layout stays. */
export const elementwiseAdapters: Readonly<Record<string, Adapter>> = {
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div),
  pow: binary(ops.pow),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),

  sqrt: unary((x) => ops.sqrt(x)),
  exp: unary((x) => ops.exp(x)),
  log: unary((x) => ops.log(x)),
  abs: unary((x) => ops.abs(x)),
  neg: unary((x) => ops.neg(x)),
  square: unary((x) => ops.square(x)),
  reciprocal: unary((x) => ops.reciprocal(x)),
  pow_scalar: unary((x, attrs) => ops.pow(x, attrs.number("exponent"))),
  clamp: unary((x, attrs) => {
    const bound = (name: "min" | "max") => (attrs.has(name) ? { [name]: attrs.number(name) } : {});
    return ops.clamp(x, { ...bound("min"), ...bound("max") });
  }),

  relu: unary((x) => ops.relu(x)),
  relu6: unary((x) => ops.relu6(x)),
  leaky_relu: unary((x, attrs) => ops.leakyRelu(x, { negativeSlope: attrs.number("negative_slope", 0.01) })),
  elu: unary((x, attrs) => ops.elu(x, { alpha: attrs.number("alpha", 1) })),
  selu: unary((x) => ops.selu(x)),
  gelu: unary((x, attrs) => ops.gelu(x, { approximate: attrs.word("approximate", "none", "tanh") })),
  sigmoid: unary((x) => ops.sigmoid(x)),
  tanh: unary((x) => ops.tanh(x)),
  silu: unary((x) => ops.silu(x)),
  softplus: unary((x, attrs) => {
    return ops.softplus(x, { beta: attrs.number("beta", 1), threshold: attrs.number("threshold", 20) });
  }),
  hardswish: unary((x) => ops.hardswish(x)),
  hardsigmoid: unary((x) => ops.hardsigmoid(x)),
  mish: unary((x) => ops.mish(x)),
  softsign: unary((x) => ops.softsign(x)),
  prelu: {
    layouts: { x: channelsLast, y: channelsLast },
    build: (inputs) => ops.prelu(inputs.get("x"), inputs.get("weight")),
  },
};
