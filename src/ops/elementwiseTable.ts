import { oneStep, type Program } from "../core/expression.ts";
import { checkNames, checkNumber, whereIs } from "../core/options.ts";

/**
 * One elementwise function: WGSL of its value, and beside it the derivative by each argument (`dx` for `x`).
 * The arguments are those that have a derivative, in this order.
 */
export interface Row {
  /** Options with their defaults; each stands as a literal in the program. */
  readonly options?: Readonly<Record<string, number>>;
  /** An expression over the arguments and the options, in which every literal is written `Lane(..)`. */
  readonly y: string;
  /**
   * Over the arguments, the options, `y` and the gradient `dy`; null where it is zero almost everywhere. What it does
   * not name is not kept for it: with `y` rather than `x`, the function can run in the epilogue of the kernel of `x`.
   */
  readonly [derivative: `d${string}`]: string | null;
}

/** The largest f32: no bound at all. */
export const unbounded = 3.4028234663852886e38;

/**
 * Every elementwise function of wgrad. Derivatives at kinks are PyTorch's. Functions beyond WGSL's own are in
 * shaders/lib/math.wgsl.
 */
export const rows = {
  // Arithmetic.
  add: {
    y: "a + b",
    da: "dy",
    db: "dy",
  },
  sub: {
    y: "a - b",
    da: "dy",
    db: "-dy",
  },
  mul: {
    y: "a * b",
    da: "dy * b",
    db: "dy * a",
  },
  div: {
    y: "a / b",
    da: "dy / b",
    db: "-dy * (y / b)",
  },
  pow: {
    y: "power(a, b)",
    da: "select(dy * b * power(a, b - Lane(1.0)), Lane(0.0), b == Lane(0.0))",
    db: "select(dy * y * log(a), Lane(0.0), (a == Lane(0.0)) & (b >= Lane(0.0)))",
  },
  powScalar: {
    options: { exponent: 1 },
    y: "power(x, exponent)",
    dx: "select(dy * exponent * power(x, exponent - Lane(1.0)), Lane(0.0), exponent == Lane(0.0))",
  },
  // Where both are equal, each gets half of the gradient.
  maximum: {
    y: "max(a, b)",
    da: "select(select(Lane(0.0), dy, a > b), Lane(0.5) * dy, a == b)",
    db: "select(select(Lane(0.0), dy, b > a), Lane(0.5) * dy, a == b)",
  },
  minimum: {
    y: "min(a, b)",
    da: "select(select(Lane(0.0), dy, a < b), Lane(0.5) * dy, a == b)",
    db: "select(select(Lane(0.0), dy, b < a), Lane(0.5) * dy, a == b)",
  },
  clamp: {
    options: { min: -unbounded, max: unbounded },
    y: "clamp(x, min, max)",
    dx: "select(Lane(0.0), dy, (x >= min) & (x <= max))",
  },
  scale: {
    options: { factor: 1 },
    y: "x * factor",
    dx: "dy * factor",
  },
  addScalar: {
    options: { addend: 0 },
    y: "x + addend",
    dx: "dy",
  },
  neg: {
    y: "-x",
    dx: "-dy",
  },
  abs: {
    y: "abs(x)",
    dx: "dy * sign(x)",
  },
  sqrt: {
    y: "sqrt(x)",
    dx: "Lane(0.5) * dy / y",
  },
  square: {
    y: "x * x",
    dx: "Lane(2.0) * dy * x",
  },
  reciprocal: {
    y: "Lane(1.0) / x",
    dx: "-dy * y * y",
  },
  exp: {
    y: "expSafe(x)",
    dx: "dy * y",
  },
  log: {
    y: "log(x)",
    dx: "dy / x",
  },

  // Selection.
  identity: {
    y: "x",
    dx: "dy",
  },
  stopGradient: {
    y: "x",
    dx: null,
  },
  fill: {
    options: { value: 0 },
    y: "value",
  },
  sign: {
    y: "sign(x)",
    dx: null,
  },
  step: {
    y: "select(Lane(0.0), Lane(1.0), x > Lane(0.0))",
    dx: null,
  },
  equal: {
    y: "select(Lane(0.0), Lane(1.0), a == b)",
    da: null,
    db: null,
  },
  greater: {
    y: "select(Lane(0.0), Lane(1.0), a > b)",
    da: null,
    db: null,
  },

  // Activations. `max` and `clamp` may turn a NaN into a number, comparisons do not.
  relu: {
    y: "select(x, Lane(0.0), x < Lane(0.0))",
    dx: "select(Lane(0.0), dy, y > Lane(0.0))",
  },
  relu6: {
    y: "select(select(x, Lane(0.0), x < Lane(0.0)), Lane(6.0), x > Lane(6.0))",
    dx: "select(Lane(0.0), dy, (y > Lane(0.0)) & (y < Lane(6.0)))",
  },
  leakyRelu: {
    options: { negativeSlope: 0.01 },
    y: "select(negativeSlope * x, x, x > Lane(0.0))",
    dx: "select(negativeSlope * dy, dy, y > Lane(0.0))",
  },
  prelu: {
    y: "select(weight * x, x, x > Lane(0.0))",
    dx: "select(weight * dy, dy, x > Lane(0.0))",
    dweight: "select(dy * x, Lane(0.0), x > Lane(0.0))",
  },
  elu: {
    options: { alpha: 1 },
    y: "select(x, alpha * expm1(x), x < Lane(0.0))",
    dx: "select(dy * (y + alpha), dy, y > Lane(0.0))",
  },
  // scale = 1.0507009873554805, alpha = 1.6732632423543772; scale * alpha = 1.7580993408473766.
  selu: {
    y: "select(Lane(1.0507009873554805) * x, Lane(1.7580993408473766) * expm1(x), x < Lane(0.0))",
    dx: "dy * select(y + Lane(1.7580993408473766), Lane(1.0507009873554805), y > Lane(0.0))",
  },
  gelu: {
    y: "x * normalCdf(x)",
    dx: "dy * (normalCdf(x) + x * normalDensity(x))",
  },
  geluTanh: {
    y: "geluTanh(x)",
    dx: "dy * geluTanhSlope(x)",
  },
  sigmoid: {
    y: "sigmoid(x)",
    dx: "dy * y * (Lane(1.0) - y)",
  },
  tanh: {
    y: "tanhSafe(x)",
    dx: "dy * (Lane(1.0) - y * y)",
  },
  silu: {
    y: "x * sigmoid(x)",
    dx: "dy * sigmoid(x) * (Lane(1.0) + x * sigmoid(-x))",
  },
  swish: {
    y: "x * sigmoid(beta * x)",
    dx: "dy * sigmoid(beta * x) * (Lane(1.0) + beta * x * sigmoid(-beta * x))",
    dbeta: "dy * x * x * sigmoid(beta * x) * sigmoid(-beta * x)",
  },
  softplus: {
    options: { beta: 1, threshold: 20 },
    y: "select(softplus(beta * x) / beta, x, beta * x > threshold)",
    dx: "select(dy * sigmoid(beta * x), dy, beta * x > threshold)",
  },
  softsign: {
    y: "x / (Lane(1.0) + abs(x))",
    dx: "dy * (Lane(1.0) - abs(y)) * (Lane(1.0) - abs(y))",
  },
  hardsigmoid: {
    y: "clamp(x / Lane(6.0) + Lane(0.5), Lane(0.0), Lane(1.0))",
    dx: "select(Lane(0.0), dy / Lane(6.0), (y > Lane(0.0)) & (y < Lane(1.0)))",
  },
  hardswish: {
    y: "x * clamp(x / Lane(6.0) + Lane(0.5), Lane(0.0), Lane(1.0))",
    dx: "select(select(dy * (x / Lane(3.0) + Lane(0.5)), dy, x > Lane(3.0)), Lane(0.0), x < Lane(-3.0))",
  },
  mish: {
    y: "mish(x)",
    dx: "dy * mishSlope(x)",
  },
  erf: {
    y: "erf(x)",
    dx: "dy * Lane(1.1283791670955126) * expSafe(-x * x)",
  },
} satisfies Record<string, Row>;

export type RowName = keyof typeof rows;

/** The options that a row takes, each with a default. */
export type Options<N extends RowName> = (typeof rows)[N] extends { readonly options: infer O }
  ? { readonly [K in keyof O]?: number }
  : Readonly<Record<string, never>>;

/** Names of the arguments of a row, in order. */
export function argumentsOf(row: Row): string[] {
  return Object.keys(row).flatMap((key) => (/^d./.test(key) ? [key.slice(1)] : []));
}

/** The row's defaults with the given options over them; they must be known, and finite as f32. */
export function fillOptions(name: string, given: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const filled: Record<string, number> = { ...rowOf(name).options };
  const where = whereIs(name);
  checkNames(where, given, Object.keys(filled));
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    checkNumber(where, key, value, (number) => Math.abs(number) <= unbounded, "finite in f32");
    filled[key] = value;
  }
  return filled;
}

export function rowOf(name: string): Row {
  return rows[name as RowName];
}

/** The program of an expression over some of `names`; its operands are the names that the expression has. */
export function rowProgram(
  title: string,
  expression: string,
  names: readonly string[],
  options: Readonly<Record<string, number>>,
): Program {
  const words = new Set(expression.match(word));
  const code = expression.replace(word, (found) => (found in options ? literal(options[found] ?? 0) : found));
  return oneStep(
    title,
    names.filter((name) => words.has(name)),
    code,
  );
}

const word = /\b[a-zA-Z_]\w*\b/g;

function literal(value: number): string {
  const digits = String(value);
  return `Lane(${/[.e]/.test(digits) ? digits : `${digits}.0`})`;
}
