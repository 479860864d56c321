import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWord, type Reduction, reductions, whereIs } from "../core/options.ts";
import {
  type Shape,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { defaultIgnoreIndex, lowerBackward, lowerForward, lowerJoint } from "./crossEntropyLower.ts";
import { clamp, log } from "./elementwise.ts";

/**
 * Cross-entropy over the last axis, as PyTorch's `cross_entropy` and `nll_loss`, channels last:
 *
 *     scores [.., C] f32; labels [..] i32 (class indices) or [.., C] f32 (probabilities); class weights w [C];
 *     sample weights v [..]
 *     row loss = -v * sum over c of w[c] * ((1 - s) * t[c] + s / C) * log softmax(scores)[c]
 *
 * with t the one-hot label and s the label smoothing. `mean` divides by the sum of the class weights of the labels that
 * are not ignored (for probabilities: by the number of rows), whatever the sample weights; where that sum is 0, so are
 * the mean (in PyTorch it is NaN) and its gradients. A label outside [0, C) reads nothing beyond the tensors: the loss
 * of its row, and so the sum or mean, is NaN, and its gradient zero. The label -100 marks rows that are not there.
 *
 * The focal form (Lin et al. 2017, "Focal loss for dense object detection") multiplies each row's loss by (1 -
 * p)^gamma, p the probability of its class.
 */
export interface CrossEntropyAttrs {
  /** What the scores are: `logits` are normalized here, `logProbabilities` already are. */
  readonly from: "logits" | "logProbabilities";
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
  /** The inputs that follow scores and labels. */
  readonly weights: readonly ("class" | "sample")[];
  /** Exponent of the focal form; 0 is plain cross-entropy. */
  readonly gamma: number;
}

export interface NllOptions {
  /** Default: `"mean"`. */
  readonly reduction?: Reduction;
  /** [C]; no gradient flows to them. */
  readonly classWeights?: Value | undefined;
  /** [..], a factor for each row; no gradient flows to them. */
  readonly sampleWeights?: Value | undefined;
  /** Rows with this label take no part, nor do those with -100, by which batches mark rows that are not there. */
  readonly ignoreIndex?: number | undefined;
}

export interface CrossEntropyOptions extends NllOptions {
  /** From 0 (default) to 1. */
  readonly labelSmoothing?: number;
}

export interface SparseFocalOptions extends NllOptions {
  /** 0 or more. Default: 2. */
  readonly gamma?: number;
}

export { defaultIgnoreIndex };

/**
 * -log softmax(logits)[label], from logits [.., C] and labels that are class indices [..] i32 or probabilities [.., C]
 * f32: their mean, or one number a row with `reduction: "none"`. NaN for a label that is no class.
 * @example
 * softmaxCrossEntropy(logits, classes).type.shape; // => []
 * softmaxCrossEntropy(logits, classes, { reduction: "none" }).type.shape; // => [5]
 */
export function softmaxCrossEntropy(logits: Value, labels: Value, options: CrossEntropyOptions = {}): Value {
  checkNames(whereIs("softmaxCrossEntropy"), options, [...nllNames, "labelSmoothing"]);
  return crossEntropyFrom("logits", logits, labels, options);
}

/**
 * -logProbabilities[label]: `softmaxCrossEntropy` from log-probabilities [.., C] and class indices [..] i32.
 * @throws DTypeError on labels that are not i32
 * @example
 * const loss = nllLoss(logSoftmax(logits), classes);
 */
export function nllLoss(logProbabilities: Value, labels: Value, options: NllOptions = {}): Value {
  const where = whereIs("nllLoss");
  checkNames(where, options, nllNames);
  wantDType(where, "labels", labels.type, "i32");
  return crossEntropyFrom("logProbabilities", logProbabilities, labels, options);
}

/**
 * `softmaxCrossEntropy` from probabilities, those below 1e-7 taken as 1e-7, as in Keras: prefer logits.
 * @example
 * const loss = probabilityCrossEntropy(softmax(logits), classes);
 */
export function probabilityCrossEntropy(probabilities: Value, labels: Value, options: CrossEntropyOptions = {}): Value {
  checkNames(whereIs("probabilityCrossEntropy"), options, [...nllNames, "labelSmoothing"]);
  return crossEntropyFrom("logProbabilities", log(clamp(probabilities, { min: 1e-7 })), labels, options);
}

/**
 * (1 - p)^gamma (-log p), p = softmax(logits)[label], from logits [.., C] and class indices [..] i32.
 * @throws DTypeError on labels that are not i32
 * @example
 * const loss = sparseFocalLoss(logits, classes, { gamma: 2, reduction: "sum" });
 */
export function sparseFocalLoss(logits: Value, labels: Value, options: SparseFocalOptions = {}): Value {
  const where = whereIs("focalLoss");
  const { gamma = 2, ...rest } = options;
  checkNames(where, rest, nllNames);
  checkNumber(where, "gamma", gamma, (value) => value >= 0, "0 or more");
  wantDType(where, "labels", labels.type, "i32");
  return crossEntropyFrom("logits", logits, labels, rest, gamma);
}

const nllNames = ["reduction", "classWeights", "sampleWeights", "ignoreIndex"];

function crossEntropyFrom(
  from: CrossEntropyAttrs["from"],
  scores: Value,
  labels: Value,
  { reduction = "mean", classWeights, sampleWeights, ignoreIndex, labelSmoothing = 0 }: CrossEntropyOptions,
  gamma = 0,
): Value {
  if (ignoreIndex !== undefined && labels.type.dtype === "f32") {
    const seen = `ignoreIndex ${ignoreIndex} with labels of type ${showType(labels.type)}`;
    throw new GraphError({ where: whereIs(crossEntropyOp.name), seen, wanted: "class indices (i32)" });
  }
  const inputs = [scores, labels, ...(classWeights ? [classWeights] : []), ...(sampleWeights ? [sampleWeights] : [])];
  return applyOne(crossEntropyOp, inputs, {
    from,
    gamma,
    weights: [...(classWeights ? ["class" as const] : []), ...(sampleWeights ? ["sample" as const] : [])],
    reduction,
    labelSmoothing,
    ignoreIndex: ignoreIndex ?? defaultIgnoreIndex,
  });
}

/** Outputs: the loss; under a reduction also what a unit of weight counts in it, by which its gradient is multiplied. */
export const crossEntropyOp: OpDef<CrossEntropyAttrs> = {
  name: "crossEntropy",
  infer(types, { reduction, labelSmoothing, ignoreIndex, weights }, where) {
    const rows = inferRows(types, weights, where);
    checkWord(where, "reduction", reduction, reductions);
    checkNumber(where, "labelSmoothing", labelSmoothing, (s) => s >= 0 && s <= 1, "a number from 0 to 1");
    checkNumber(where, "ignoreIndex", ignoreIndex, (index) => index === (index | 0), "a whole number");
    return reduction === "none" ? [tensorType(rows)] : [tensorType([]), tensorType([])];
  },
  grad({ attrs, inputs, outputs: [, share], gradients: [dy], needs }) {
    if (needs.slice(1).includes(true)) {
      throw new GraphError({
        where: whereIs("crossEntropy"),
        seen: `${needs[1] ? "labels" : "weights"} that depend on a parameter`,
        wanted: "constants",
        mend: "Wrap them in stopGradient().",
      });
    }
    if (!dy) return [null];
    const arriving = share ? [dy, share] : [dy];
    return [applyOne(crossEntropyGradientOp, [...inputs, ...arriving], attrs)];
  },
  lower: lowerForward,
};

/** Both at once, for a reduction: scores, labels, weights where there are any, dy -> the gradient by the scores, the loss. */
export const crossEntropyWithGradientOp: OpDef<CrossEntropyAttrs> = {
  name: "crossEntropyWithGradient",
  infer: ([scores]) => (scores ? [scores, tensorType([])] : []),
  lower: lowerJoint,
  noGradient: noSecondDerivatives,
};

/** Inputs: scores, labels, weights where there are any, dy, and under a reduction the second output. */
export const crossEntropyGradientOp: OpDef<CrossEntropyAttrs> = {
  name: "crossEntropyGradient",
  infer: ([scores]) => (scores ? [scores] : []),
  lower: lowerBackward,
  noGradient: noSecondDerivatives,
  joins: { earlier: crossEntropyOp, joint: crossEntropyWithGradientOp },
};

/** Shape of the labels, one a row. */
function inferRows(
  [scores, labels, ...weights]: readonly TensorType[],
  names: CrossEntropyAttrs["weights"],
  where: string,
): Shape {
  if (!scores || !labels) throw new ShapeError({ where, seen: "too few inputs", wanted: "scores and labels" });
  wantDType(where, "scores", scores, "f32");
  wantDType(where, "labels", labels, "i32", "f32");
  const rows = scores.shape.slice(0, -1);
  const classes = scores.shape.at(-1) ?? 0;
  if (scores.shape.length < 1 || classes < 1 || sizeOf(rows) < 1) {
    throw new ShapeError({ where, seen: `scores ${showType(scores)}`, wanted: "[.., C], one row and class at least" });
  }
  const wanted = labels.dtype === "i32" ? rows : scores.shape;
  if (!sameShape(labels.shape, wanted)) {
    throw new ShapeError({
      where,
      seen: `labels ${showType(labels)} for scores ${showType(scores)}`,
      wanted: `i32${showShape(rows)} class indices or f32${showShape(scores.shape)} probabilities`,
      mend: "There is one label for each row of scores: masks have the sides of the output, not of the input.",
    });
  }
  weights.forEach((type, i) => {
    const name = `${names[i]}Weights`;
    const fitting = names[i] === "class" ? [classes] : rows;
    wantDType(where, name, type, "f32");
    if (!sameShape(type.shape, fitting)) {
      throw new ShapeError({ where, seen: `${name} ${showType(type)}`, wanted: showShape(fitting) });
    }
  });
  return rows;
}
