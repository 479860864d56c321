import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkNumber, whereIs } from "../core/options.ts";
import { type Shape, sameShape, showShape } from "../core/types.ts";
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
import { sumTo } from "./reduce.ts";

/**
 * The elementwise functions, with NumPy's broadcasting; activations are in activations.ts. What they compute and their
 * derivatives: elementwiseTable.ts. How they run: map.ts.
 */
export const elementwise: OpDef<MapAttrs> = /* @__PURE__ */ mapOp({
  name: "map",
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

/** The function of a row of the table, on these operands; its result has at least this shape. */
export function applyRow<N extends RowName>(
  name: N,
  inputs: readonly Value[],
  given?: Options<N>,
  shape?: Shape,
): Value {
  const options = fillOptions(name, given ?? {});
  const program = rowProgram(name, rowOf(name).y, argumentsOf(rowOf(name)), options);
  return applyOne(elementwise, inputs, { program, row: { name, options }, ...(shape ? { shape } : {}) });
}

/**
 * a + b, as all functions of two operands with NumPy's broadcasting: from the last axis on, sides are equal or 1.
 * A gradient is summed over the axes along which its operand was repeated.
 * @example
 * add(x, channel).type.shape; // => [2, 8, 8, 4]
 */
export const add = (a: Value, b: Value): Value => applyRow("add", [a, b]);

/**
 * a - b.
 * @example
 * const centred = sub(x, mean(x, { axis: [1, 2], keepDims: true }));
 */
export const sub = (a: Value, b: Value): Value => applyRow("sub", [a, b]);

/**
 * a b, element by element; matrices: `matmul`.
 * @example
 * const scaled = mul(x, channel);
 */
export const mul = (a: Value, b: Value): Value => applyRow("mul", [a, b]);

/**
 * a / b. Gradients: dy / b, and -dy a / b^2.
 * @example
 * const shares = div(x, sum(x, { axis: -1, keepDims: true }));
 */
export const div = (a: Value, b: Value): Value => applyRow("div", [a, b]);

/**
 * Larger of both; where they are equal, each gets half of the gradient.
 * @example
 * const clipped = maximum(x, zerosLike(x));
 */
export const maximum = (a: Value, b: Value): Value => applyRow("maximum", [a, b]);

/**
 * Smaller of both; where they are equal, each gets half of the gradient.
 * @example
 * const clipped = minimum(x, fill([1], 6));
 */
export const minimum = (a: Value, b: Value): Value => applyRow("minimum", [a, b]);

/**
 * 1 where a = b, else 0. No gradient.
 * @example
 * const hits = equal(x, max(x, { axis: -1, keepDims: true }));
 */
export const equal = (a: Value, b: Value): Value => applyRow("equal", [a, b]);

/**
 * 1 where a > b, else 0. No gradient.
 * @example
 * const mask = greater(x, mean(x));
 */
export const greater = (a: Value, b: Value): Value => applyRow("greater", [a, b]);

/**
 * -x.
 * @example
 * const y = neg(x);
 */
export const neg = (x: Value): Value => applyRow("neg", [x]);

/**
 * |x|; its derivative at 0 is 0.
 * @example
 * const y = abs(x);
 */
export const abs = (x: Value): Value => applyRow("abs", [x]);

/**
 * The root of x, NaN below 0. Gradient: dy / (2 y), infinite at 0.
 * @example
 * const deviation = sqrt(addScalar(variance(x), 1e-5));
 */
export const sqrt = (x: Value): Value => applyRow("sqrt", [x]);

/**
 * x^2. Gradient: 2 x dy.
 * @example
 * const energy = sum(square(x), { axis: [1, 2, 3] });
 */
export const square = (x: Value): Value => applyRow("square", [x]);

/**
 * 1 / x. Gradient: -dy / x^2.
 * @example
 * const y = reciprocal(addScalar(abs(x), 1));
 */
export const reciprocal = (x: Value): Value => applyRow("reciprocal", [x]);

/**
 * e^x; beyond x = 88, where f32 ends, e^88.
 * @example
 * const y = exp(x);
 */
export const exp = (x: Value): Value => applyRow("exp", [x]);

/**
 * The natural logarithm. Gradient: dy / x.
 * @example
 * const y = log(clamp(x, { min: 1e-7 }));
 */
export const log = (x: Value): Value => applyRow("log", [x]);

/**
 * The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
 * @example
 * const y = erf(x);
 */
export const erf = (x: Value): Value => applyRow("erf", [x]);

/**
 * -1, 0 or 1. No gradient.
 * @example
 * const y = sign(x);
 */
export const sign = (x: Value): Value => applyRow("sign", [x]);

/**
 * 1 where x > 0, else 0. No gradient.
 * @example
 * const active = mean(step(x), { axis: [0, 1, 2] });
 */
export const step = (x: Value): Value => applyRow("step", [x]);

/**
 * x.
 * @internal
 */
export const identity = (x: Value): Value => applyRow("identity", [x]);

/**
 * x, through which no gradient flows.
 * @example
 * const target = stopGradient(sigmoid(x));
 */
export const stopGradient = (x: Value): Value => applyRow("stopGradient", [x]);

/**
 * x times a number.
 * @example
 * const y = scale(x, 1 / 255);
 */
export const scale = (x: Value, factor: number): Value => applyRow("scale", [x], { factor });

/**
 * x plus a number.
 * @example
 * const y = addScalar(x, 1e-5);
 */
export const addScalar = (x: Value, addend: number): Value => applyRow("addScalar", [x], { addend });

/**
 * One number everywhere.
 * @example
 * fill([2, 3], 0.5).type.shape; // => [2, 3]
 */
export const fill = (shape: Shape, value: number): Value => applyRow("fill", [], { value }, shape);

/**
 * 0 in the shape of x.
 * @example
 * zerosLike(x).type.shape; // => [2, 8, 8, 4]
 */
export const zerosLike = (x: Value): Value => fill(x.type.shape, 0);

/**
 * x repeated along new leading axes and along axes of side 1.
 * @example
 * broadcastTo(channel, [2, 8, 8, 4]).type.shape; // => [2, 8, 8, 4]
 * broadcastTo(channel, [4, 3]); // => ShapeError
 */
export function broadcastTo(x: Value, shape: Shape): Value {
  const y = applyRow("identity", [x], {}, shape);
  if (!sameShape(y.type.shape, shape)) {
    const seen = `shape ${showShape(x.type.shape)}`;
    throw new ShapeError({ where: whereIs("broadcastTo"), seen, wanted: `a shape that ${showShape(shape)} repeats` });
  }
  return y;
}

/**
 * a^b. Of a negative base only whole exponents have a power; others give NaN. 0^0 = 1.
 * @example
 * const y = pow(abs(x), 0.5);
 */
export function pow(a: Value, b: Value | number): Value {
  return typeof b === "number" ? applyRow("powScalar", [a], { exponent: b }) : applyRow("pow", [a, b]);
}

/**
 * min where x < min, max where x > max, else x. At the bounds the gradient passes.
 * @example
 * const y = clamp(x, { min: 0, max: 6 });
 * clamp(x, { min: 1, max: 0 }); // => GraphError
 */
export function clamp(x: Value, options: Options<"clamp">): Value {
  const { min = -unbounded, max = unbounded } = options;
  checkNumber(whereIs("clamp"), "min", min, (value) => value <= max, `at most max, ${max}`);
  return applyRow("clamp", [x], options);
}
