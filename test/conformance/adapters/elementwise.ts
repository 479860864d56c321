import type { Value } from "../../../src/core/graph.ts";
import * as activations from "../../../src/ops/activations.ts";
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

  relu: unary((x) => activations.relu(x)),
  relu6: unary((x) => activations.relu6(x)),
  leaky_relu: unary((x, attrs) => activations.leakyRelu(x, { negativeSlope: attrs.number("negative_slope", 0.01) })),
  elu: unary((x, attrs) => activations.elu(x, { alpha: attrs.number("alpha", 1) })),
  selu: unary((x) => activations.selu(x)),
  gelu: unary((x, attrs) => activations.gelu(x, { approximate: attrs.word("approximate", "none", "tanh") })),
  sigmoid: unary((x) => activations.sigmoid(x)),
  tanh: unary((x) => activations.tanh(x)),
  silu: unary((x) => activations.silu(x)),
  softplus: unary((x, attrs) => {
    return activations.softplus(x, { beta: attrs.number("beta", 1), threshold: attrs.number("threshold", 20) });
  }),
  hardswish: unary((x) => activations.hardswish(x)),
  hardsigmoid: unary((x) => activations.hardsigmoid(x)),
  mish: unary((x) => activations.mish(x)),
  softsign: unary((x) => activations.softsign(x)),
  prelu: {
    layouts: { x: channelsLast, y: channelsLast },
    build: (inputs) => activations.prelu(inputs.get("x"), inputs.get("weight")),
  },
};
