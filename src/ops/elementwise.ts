import { GraphError, ShapeError } from "../core/errors.ts";
import { constant, type Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { type Shape, sameShape, showShape, tensorType } from "../core/types.ts";
import {
  argumentsOf,
  fillOptions,
  type Options,
  type RowName,
  rowOf,
  rowProgram,
  unbounded,
} from "./elementwiseTable.ts";
import { type MapAttrs, mapOp } from "./map.ts";
import { checkNumber, checkWord, whereIs } from "./options.ts";
import { sumTo } from "./reduce.ts";

/**
 * The elementwise functions, with NumPy's broadcasting. What they compute and their derivatives: elementwiseTable.ts.
 * How they run: map.ts.
 */
export const elementwise: OpDef<MapAttrs> = /* @__PURE__ */ mapOp({
  name: "map",
  doc: "Elementwise function, or a fused chain of them",
  grad({ attrs: { row }, inputs, outputs: [y], gradients: [dy], needs }) {
    if (!row || !y || !dy) {
      throw new GraphError({ seen: "the gradient of a fused chain", wanted: "gradients made before fusion" });
    }
    const derivatives = rowOf(row.name);
    const names = argumentsOf(derivatives);
    const values = new Map(inputs.map((x, i) => [names[i] ?? "", x])).set("y", y).set("dy", dy);
    return inputs.map((x, i) => {
      const derivative = derivatives[`d${names[i]}`];
      if (!derivative || !needs[i]) return null;
      if (derivative === "dy") return sumTo(dy, x.type.shape);
      const program = rowProgram(`${row.name}.d${names[i]}`, derivative, [...values.keys()], row.options);
      const operands = program.steps.flatMap((step) => step.names.flatMap((name) => values.get(name) ?? []));
      return sumTo(applyOne(elementwise, operands, { program }), x.type.shape);
    });
  },
});

function map<N extends RowName>(name: N, inputs: readonly Value[], given?: Options<N>, shape?: Shape): Value {
  const options = fillOptions(name, given ?? {});
  const program = rowProgram(name, rowOf(name).y, argumentsOf(rowOf(name)), options);
  return applyOne(elementwise, inputs, { program, row: { name, options }, ...(shape ? { shape } : {}) });
}

export const add = (a: Value, b: Value): Value => map("add", [a, b]);
export const sub = (a: Value, b: Value): Value => map("sub", [a, b]);
export const mul = (a: Value, b: Value): Value => map("mul", [a, b]);
export const div = (a: Value, b: Value): Value => map("div", [a, b]);
/** Larger of both; where they are equal, each gets half of the gradient. */
export const maximum = (a: Value, b: Value): Value => map("maximum", [a, b]);
export const minimum = (a: Value, b: Value): Value => map("minimum", [a, b]);
/** 1 where a = b, else 0. No gradient. */
export const equal = (a: Value, b: Value): Value => map("equal", [a, b]);
/** 1 where a > b, else 0. No gradient. */
export const greater = (a: Value, b: Value): Value => map("greater", [a, b]);

export const neg = (x: Value): Value => map("neg", [x]);
export const abs = (x: Value): Value => map("abs", [x]);
export const sqrt = (x: Value): Value => map("sqrt", [x]);
export const square = (x: Value): Value => map("square", [x]);
export const reciprocal = (x: Value): Value => map("reciprocal", [x]);
/** e^x; beyond x = 88, where f32 ends, e^88. */
export const exp = (x: Value): Value => map("exp", [x]);
export const log = (x: Value): Value => map("log", [x]);
export const erf = (x: Value): Value => map("erf", [x]);
/** -1, 0 or 1. No gradient. */
export const sign = (x: Value): Value => map("sign", [x]);
/** 1 where x > 0, else 0. No gradient. */
export const step = (x: Value): Value => map("step", [x]);
export const identity = (x: Value): Value => map("identity", [x]);
/** x, through which no gradient flows. */
export const stopGradient = (x: Value): Value => map("stopGradient", [x]);
/** x times a number. */
export const scale = (x: Value, factor: number): Value => map("scale", [x], { factor });
/** x plus a number. */
export const addScalar = (x: Value, addend: number): Value => map("addScalar", [x], { addend });
/** One number everywhere. */
export const fill = (shape: Shape, value: number): Value => map("fill", [], { value }, shape);
export const zerosLike = (x: Value): Value => fill(x.type.shape, 0);

/** x repeated along new leading axes and along axes of side 1. */
export function broadcastTo(x: Value, shape: Shape): Value {
  const y = map("identity", [x], {}, shape);
  if (!sameShape(y.type.shape, shape)) {
    const seen = `shape ${showShape(x.type.shape)}`;
    throw new ShapeError({ where: whereIs("broadcastTo"), seen, wanted: `a shape that ${showShape(shape)} repeats` });
  }
  return y;
}

/** a^b. Of a negative base only whole exponents have a power; others give NaN. 0^0 = 1. */
export function pow(a: Value, b: Value | number): Value {
  return typeof b === "number" ? map("powScalar", [a], { exponent: b }) : map("pow", [a, b]);
}

/** min where x < min, max where x > max, else x. At the bounds the gradient passes. */
export function clamp(x: Value, options: Options<"clamp">): Value {
  const { min = -unbounded, max = unbounded } = options;
  checkNumber(whereIs("clamp"), "min", min, (value) => value <= max, `at most max, ${max}`);
  return map("clamp", [x], options);
}

export const relu = (x: Value): Value => map("relu", [x]);
export const relu6 = (x: Value): Value => map("relu6", [x]);
export const selu = (x: Value): Value => map("selu", [x]);
export const sigmoid = (x: Value): Value => map("sigmoid", [x]);
export const tanh = (x: Value): Value => map("tanh", [x]);
export const softsign = (x: Value): Value => map("softsign", [x]);
export const hardsigmoid = (x: Value): Value => map("hardsigmoid", [x]);
export const hardswish = (x: Value): Value => map("hardswish", [x]);
export const mish = (x: Value): Value => map("mish", [x]);
/** x sigmoid(x). */
export const silu = (x: Value): Value => map("silu", [x]);
/** x sigmoid(beta x) with beta learned, a scalar or per channel; `silu` where it is 1. */
export const swish = (x: Value, beta: Value): Value => map("swish", [x, beta]);
/** x where x > 0, else weight x; the weight is learned, one or one per channel (last axis). */
export const prelu = (x: Value, weight: Value): Value => map("prelu", [x, weight]);

/** x where x > 0, else negativeSlope x. */
export function leakyRelu(x: Value, options: Options<"leakyRelu"> = {}): Value {
  const { negativeSlope } = fillOptions("leakyRelu", options);
  // Below 0 the result does not tell the sign of x, which its row reads the gradient from.
  if (negativeSlope !== undefined && negativeSlope < 0) return prelu(x, scalar(negativeSlope));
  return map("leakyRelu", [x], options);
}

/** x where x > 0, else alpha (e^x - 1). */
export function elu(x: Value, options: Options<"elu"> = {}): Value {
  const { alpha } = fillOptions("elu", options);
  // As with leakyRelu: the sum of both sides, each of which keeps its own x.
  if (alpha !== undefined && alpha < 0) {
    return add(relu(x), scale(addScalar(exp(clamp(x, { max: 0 })), -1), alpha));
  }
  return map("elu", [x], options);
}

function scalar(value: number): Value {
  return constant(tensorType([]), Float32Array.of(value));
}

/** log(1 + e^(beta x)) / beta; where beta x > threshold, x. */
export function softplus(x: Value, options: Options<"softplus"> = {}): Value {
  const { beta = 1 } = options;
  checkNumber(whereIs("softplus"), "beta", beta, (value) => value > 0, "more than 0");
  return map("softplus", [x], options);
}

export interface GeluOptions {
  /** `"tanh"`: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). Default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/** x P(X < x) for a standard normal X. */
export function gelu(x: Value, { approximate = "none" }: GeluOptions = {}): Value {
  checkWord(whereIs("gelu"), "approximate", approximate, ["none", "tanh"]);
  return map(approximate === "tanh" ? "geluTanh" : "gelu", [x]);
}
