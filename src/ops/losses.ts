import { GraphError, ShapeError } from "../core/errors.ts";
import { oneStep, type Program } from "../core/expression.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, noSecondDerivatives } from "../core/op.ts";
import { checkNames, checkNumber, checkWord, type Reduction, reductions, whereIs } from "../core/options.ts";
import { broadcastShapes, sameShape, showShape, showType, sizeOf } from "../core/types.ts";
import { type MapAttrs, mapOp } from "./map.ts";
import { sum } from "./reduce.ts";

/**
 * Losses that compare a prediction x and a target t element by element, as PyTorch defines them. Each is one
 * elementwise program in a form that is safe in f32, with its derivatives beside it, so that a loss and its gradient
 * are one kernel each, and join their elementwise neighbours.
 */
export interface LossRow {
  /** WGSL over x (prediction), t (target) and p (positive weight); every literal is written `Lane(..)`. */
  readonly y: string;
  readonly dx: string;
  readonly dt: string;
}

export interface LossOptions {
  /** Default: `"mean"`, over all elements. */
  readonly reduction?: Reduction;
  /** Factor of each element before the reduction; broadcasts to the shape of x. No gradient flows to it. */
  readonly sampleWeight?: Value | undefined;
}

export interface HuberOptions extends LossOptions {
  /** Where the parabola turns into a line, above 0. Default: 1. */
  readonly delta?: number;
}

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola turns into a line, 0 or more. Default: 1. */
  readonly beta?: number;
}

export interface BceWithLogitsOptions extends LossOptions {
  /** Factor of the positive part of each target; broadcasts to the shape of x. No gradient flows to it. */
  readonly posWeight?: Value | undefined;
}

/**
 * (x - target)^2: its mean, its sum, or each.
 * @example
 * mseLoss(a, targets).type.shape; // => []
 */
export function mseLoss(x: Value, target: Value, options: LossOptions = {}): Value {
  const row = { y: "(x - t) * (x - t)", dx: "Lane(2.0) * (x - t)", dt: "Lane(2.0) * (t - x)" };
  return elementwiseLoss("mseLoss", row, x, target, options, []);
}

/**
 * |x - target|; its derivative at 0 is 0.
 * @example
 * l1Loss(a, targets, { reduction: "none" }).type.shape; // => [5, 3]
 */
export function l1Loss(x: Value, target: Value, options: LossOptions = {}): Value {
  return elementwiseLoss("l1Loss", absolute, x, target, options, []);
}

/**
 * (x - target)^2 / 2 where |x - target| <= delta, else delta (|x - target| - delta / 2).
 * @example
 * const loss = huberLoss(a, targets, { delta: 0.5 });
 */
export function huberLoss(x: Value, target: Value, options: HuberOptions = {}): Value {
  const { delta = 1 } = options;
  checkNumber(whereIs("huberLoss"), "delta", delta, (value) => value > 0, "above 0");
  const [line, half] = [literal(delta), literal(delta / 2)];
  const row = {
    y: `select(${line} * (abs(x - t) - ${half}), Lane(0.5) * (x - t) * (x - t), abs(x - t) <= ${line})`,
    dx: `clamp(x - t, -${line}, ${line})`,
    dt: `clamp(t - x, -${line}, ${line})`,
  };
  return elementwiseLoss("huberLoss", row, x, target, options, ["delta"]);
}

/**
 * (x - target)^2 / (2 beta) where |x - target| < beta, else |x - target| - beta / 2: `huberLoss` / beta.
 * @example
 * const loss = smoothL1Loss(a, targets, { beta: 0.5 });
 */
export function smoothL1Loss(x: Value, target: Value, options: SmoothL1Options = {}): Value {
  const { beta = 1 } = options;
  checkNumber(whereIs("smoothL1Loss"), "beta", beta, (value) => value >= 0, "0 or more");
  const [turn, half] = [literal(beta), literal(beta / 2)];
  const row = {
    y: `select(abs(x - t) - ${half}, Lane(0.5) * (x - t) * (x - t) / ${turn}, abs(x - t) < ${turn})`,
    dx: `clamp((x - t) / ${turn}, Lane(-1.0), Lane(1.0))`,
    dt: `clamp((t - x) / ${turn}, Lane(-1.0), Lane(1.0))`,
  };
  return elementwiseLoss("smoothL1Loss", beta === 0 ? absolute : row, x, target, options, ["beta"]);
}

/**
 * -(t log x + (1 - t) log(1 - x)) from probabilities x, the logarithms no less than -100. From logits it is exact
 * further out: prefer `bceWithLogits`. Outside [0, 1] the loss is NaN.
 * @example
 * const loss = binaryCrossEntropy(sigmoid(a), targets);
 */
export function binaryCrossEntropy(x: Value, target: Value, options: LossOptions = {}): Value {
  const row = {
    y: `-(t * ${logOf("x")} + (Lane(1.0) - t) * ${logOf("(Lane(1.0) - x)")})`,
    dx: "(x - t) / max(x * (Lane(1.0) - x), Lane(1e-12))",
    dt: `${logOf("(Lane(1.0) - x)")} - ${logOf("x")}`,
  };
  return elementwiseLoss("binaryCrossEntropy", row, x, target, options, []);
}

/**
 * -(p t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))) from logits x, t the target, p = `posWeight`.
 * @example
 * const loss = bceWithLogits(a, targets);
 */
export function bceWithLogits(x: Value, target: Value, options: BceWithLogitsOptions = {}): Value {
  const { posWeight } = options;
  // log(1 + exp(-x)), from the exponential that cannot overflow.
  const softplus = "(max(-x, Lane(0.0)) + log(Lane(1.0) + exp(max(-abs(x), Lane(-87.0)))))";
  const positive = posWeight ? "(Lane(1.0) + (p - Lane(1.0)) * t) * " : "";
  const row = {
    y: `(Lane(1.0) - t) * x + ${positive}${softplus}`,
    dx: `(Lane(1.0) - t) - ${positive}sigmoid(-x)`,
    dt: posWeight ? `(p - Lane(1.0)) * ${softplus} - x` : "-x",
  };
  return elementwiseLoss("bceWithLogits", row, x, target, options, ["posWeight"], { p: posWeight });
}

const absolute: LossRow = { y: "abs(x - t)", dx: "sign(x - t)", dt: "sign(t - x)" };

/**
 * log(x); -100 where x is zero, or so small that a GPU may take it for zero; NaN below, by the root, since the
 * logarithm of a negative number is finite on some.
 */
function logOf(x: string): string {
  return `select(select(log(${x}), Lane(-100.0), ${x} < Lane(1.17549435e-38)), sqrt(${x}), ${x} < Lane(0.0))`;
}

/** A number as a WGSL literal of the lane's type. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  return `Lane(${/[.e]/.test(text) ? text : `${text}.0`})`;
}

/** A loss by element from its row; `weights` are operands of the row by their letter. */
export function elementwiseLoss(
  name: string,
  row: LossRow,
  x: Value,
  target: Value,
  options: LossOptions,
  known: readonly string[],
  weights: Readonly<Record<string, Value | undefined>> = {},
): Value {
  const where = whereIs(name);
  const { reduction = "mean", sampleWeight } = options;
  checkNames(where, options, ["reduction", "sampleWeight", ...known]);
  checkWord(where, "reduction", reduction, reductions);
  if (!sameShape(x.type.shape, target.type.shape)) {
    throw new ShapeError({
      where,
      seen: `a target ${showType(target.type)} for a prediction ${showType(x.type)}`,
      wanted: "equal shapes",
      mend: "Reshape one of them: broadcasting would compare each with many.",
    });
  }
  const operands: Record<string, Value> = { x, t: target };
  for (const [letter, weight] of Object.entries({ w: sampleWeight, ...weights })) {
    if (!weight) continue;
    if (!sameShape(broadcastShapes(where, weight.type.shape, x.type.shape), x.type.shape)) {
      const seen = `a weight ${showType(weight.type)}`;
      throw new ShapeError({ where, seen, wanted: `a shape that broadcasts to ${showShape(x.type.shape)}` });
    }
    operands[letter] = weight;
  }
  const names = Object.keys(operands);
  // The mean is the sum of terms that are divided already: no kernel of its own, forward or backward.
  const share = reduction === "mean" ? `${literal(1 / sizeOf(x.type.shape))} * ` : "";
  const factor = `${share}${sampleWeight ? "w * " : ""}`;
  const derivative = (by: "dx" | "dt") => oneStep(`${name}.${by}`, ["dy", ...names], `dy * ${factor}(${row[by]})`);
  const terms = applyOne(lossTermsOp, Object.values(operands), {
    program: oneStep(name, names, `${factor}(${row.y})`),
    derivatives: [derivative("dx"), derivative("dt")],
  });
  return reduction === "none" ? terms : sum(terms);
}

export interface LossTermsAttrs extends MapAttrs {
  /** Programs over dy and the inputs, by the first and the second input. A fused chain has none. */
  readonly derivatives?: readonly [Program, Program];
}

/** Terms of a loss, one an element. Inputs: prediction, target, weights. */
export const lossTermsOp = /* @__PURE__ */ mapOp<LossTermsAttrs>({
  name: "lossTerms",
  grad({ attrs: { derivatives, program }, inputs, gradients: [dy], needs }) {
    if (!derivatives || !dy) {
      throw new GraphError({ seen: "the gradient of a fused chain", wanted: "differentiation before fusion" });
    }
    if (needs.slice(2).includes(true)) {
      const where = whereIs(program.steps[0]?.name ?? "loss");
      throw new GraphError({
        where,
        seen: "weights that depend on a parameter",
        wanted: "constants",
        mend: "Wrap them in stopGradient().",
      });
    }
    return derivatives.map((derivative, i) =>
      needs[i] ? applyOne(lossGradientOp, [dy, ...inputs], { program: derivative }) : null,
    );
  },
});

/** Gradient of the terms by the prediction or the target. Inputs: dy, then those of the terms. */
export const lossGradientOp = /* @__PURE__ */ mapOp({
  name: "lossGradient",
  noGradient: noSecondDerivatives,
});
