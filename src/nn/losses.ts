import { GraphError, ShapeError } from "../core/errors.ts";
import { constant, type Value } from "../core/graph.ts";
import { checkNames, checkNumber, showOption, whereIs } from "../core/options.ts";
import { showType, tensorType } from "../core/types.ts";
import { type CrossEntropyOptions, probabilityCrossEntropy, softmaxCrossEntropy } from "../ops/crossEntropy.ts";
import { add, scale } from "../ops/elementwise.ts";
import { focalLoss as focalLossOp } from "../ops/focalLoss.ts";
import { bceWithLogits, binaryCrossEntropy, huberLoss, l1Loss, mseLoss } from "../ops/losses.ts";
import {
  diceLoss as diceLossOp,
  type OverlapLossOptions,
  shareOfArea,
  softIouLoss as softIouLossOp,
} from "../ops/overlapLosses.ts";
import { reshape } from "../ops/reshape.ts";

/** What a model minimises: a scalar from its output, the labels, and the weights that a batch may carry. */
export interface Loss {
  readonly name: string;
  /**
   * What the answers of the model are, so that accuracy makes sense. `classes`: the largest of the outputs, against a
   * class index, or the largest of as many numbers. `binary`: each output for itself, yes or no, where labels are
   * numbers; class indices are classes here too. `values`: numbers; there is no accuracy.
   */
  readonly labels: "classes" | "binary" | "values";
  /** The outputs are probabilities. Default: false, they are logits. */
  readonly probabilities?: boolean;
  /** Class that takes no part, beside the -100 of rows that are not there. */
  readonly ignoreClass?: number | undefined;
  /** One factor a class, where the mean of class indices divides by their sum: so means of batches are weighed as well. */
  readonly classWeights?: readonly number[] | undefined;
  /** `weights` has the shape of the output without its last axis: a factor for each row, or pixel. */
  call(output: Value, labels: Value, weights?: Value): Value;
  /**
   * For a mean of other parts than rows, such as areas: what each part has in a loss that `call` made, f32 [], 1 / how many
   * there are, 0 for none. Batches weigh as many in the mean over a data set. Default: as many as they have rows that count.
   */
  share?(loss: Value): Value | undefined;
}

export interface CategoricalCrossentropyOptions {
  /** The output is logits, without a softmax. Default: true, which is safer in f32 than probabilities. */
  readonly fromLogits?: boolean;
  /** From 0 (default) to 1. */
  readonly labelSmoothing?: number;
  /** One factor a class; the mean divides by their sum over the rows, and is 0 where that is 0. */
  readonly classWeights?: readonly number[] | undefined;
}

export interface SparseCategoricalCrossentropyOptions extends CategoricalCrossentropyOptions {
  /** Class that takes no part. The loss of a batch of no other is 0. */
  readonly ignoreClass?: number | undefined;
}

/**
 * Mean of -log softmax(output)[class]; labels are class indices, one for each row or pixel.
 * @example
 * await model.compile({ gpu, optimizer: sgd(), loss: losses.sparseCategoricalCrossentropy({ ignoreClass: 255 }) });
 */
export function sparseCategoricalCrossentropy(options: SparseCategoricalCrossentropyOptions = {}): Loss {
  const name = "sparseCategoricalCrossentropy";
  const { ignoreClass, fromLogits = true, classWeights } = options;
  checkNames(name, options, ["fromLogits", "labelSmoothing", "classWeights", "ignoreClass"]);
  return {
    name,
    labels: "classes",
    probabilities: !fromLogits,
    ignoreClass,
    classWeights,
    call(output, labels, weights) {
      if (output.type.shape.at(-1) === 1) {
        throw new ShapeError({
          where: whereIs(name),
          seen: `output ${showType(output.type)}`,
          wanted: "an output for each of 2 or more classes",
          mend: "For one output, yes or no, use binaryCrossentropy, with labels 0 and 1 as numbers.",
        });
      }
      return crossEntropy(output, labels, weights, options, ignored(options));
    },
  };
}

/**
 * Mean of -sum of label log softmax(output); labels are distributions over the classes, one-hot for instance.
 * @example
 * const smooth = losses.categoricalCrossentropy({ labelSmoothing: 0.1 });
 */
export function categoricalCrossentropy(options: CategoricalCrossentropyOptions = {}): Loss {
  const name = "categoricalCrossentropy";
  checkNames(name, options, ["fromLogits", "labelSmoothing", "classWeights"]);
  return {
    name,
    labels: "classes",
    probabilities: options.fromLogits === false,
    call: (output, labels, weights) => crossEntropy(output, labels, weights, options, {}),
  };
}

function crossEntropy(
  output: Value,
  labels: Value,
  sampleWeights: Value | undefined,
  { fromLogits = true, labelSmoothing = 0, classWeights }: CategoricalCrossentropyOptions,
  more: CrossEntropyOptions,
): Value {
  return (fromLogits ? softmaxCrossEntropy : probabilityCrossEntropy)(output, labels, {
    ...more,
    labelSmoothing,
    classWeights: classWeights && vector(classWeights),
    sampleWeights,
  });
}

/** @internal */
export function vector(numbers: readonly number[]): Value {
  return constant(tensorType([numbers.length]), Float32Array.from(numbers));
}

export interface BinaryCrossentropyOptions {
  /** The output is logits, without a sigmoid. Default: true. */
  readonly fromLogits?: boolean;
  /** Factor of the positive part of each label. Default: 1. From logits alone. */
  readonly positiveWeight?: number | undefined;
}

/**
 * Mean of -(y log p + (1 - y) log(1 - p)); labels are numbers from 0 to 1 of the output's shape.
 * @example
 * const rare = losses.binaryCrossentropy({ positiveWeight: 10 });
 */
export function binaryCrossentropy(options: BinaryCrossentropyOptions = {}): Loss {
  const name = "binaryCrossentropy";
  checkNames(name, options, ["fromLogits", "positiveWeight"]);
  const { fromLogits = true, positiveWeight } = options;
  if (positiveWeight !== undefined) {
    checkNumber(name, "positiveWeight", positiveWeight, (value) => value >= 0, "0 or more");
    if (!fromLogits) {
      throw new GraphError({ where: name, seen: "positiveWeight with probabilities", wanted: "fromLogits: true" });
    }
  }
  return {
    name,
    labels: "binary",
    probabilities: !fromLogits,
    call(output, labels, weights) {
      const sample = perElement(output, weights);
      if (!fromLogits) return binaryCrossEntropy(output, labels, sample);
      const posWeight = positiveWeight === undefined ? undefined : vector([positiveWeight]);
      return bceWithLogits(output, labels, { ...sample, posWeight });
    },
  };
}

/** Weights of rows as factors of their elements. */
function perElement(output: Value, weights: Value | undefined): { readonly sampleWeight?: Value } {
  return weights ? { sampleWeight: reshape(weights, [...output.type.shape.slice(0, -1), 1]) } : {};
}

/**
 * Mean of (output - label)^2.
 * @example
 * losses.meanSquaredError().labels; // => "values"
 */
export function meanSquaredError(): Loss {
  return {
    name: "meanSquaredError",
    labels: "values",
    call: (output, labels, weights) => mseLoss(output, labels, perElement(output, weights)),
  };
}

/**
 * Mean of |output - label|.
 * @example
 * losses.meanAbsoluteError().labels; // => "values"
 */
export function meanAbsoluteError(): Loss {
  return {
    name: "meanAbsoluteError",
    labels: "values",
    call: (output, labels, weights) => l1Loss(output, labels, perElement(output, weights)),
  };
}

export interface HuberLossOptions {
  /** Where the parabola turns into a line. Default: 1. */
  readonly delta?: number;
}

/**
 * Mean of d^2 / 2 where d = |output - label| is at most delta, else of delta (d - delta / 2).
 * @example
 * const robust = losses.huber({ delta: 0.5 });
 */
export function huber(options: HuberLossOptions = {}): Loss {
  checkNames("huber", options, ["delta"]);
  const { delta = 1 } = options;
  return {
    name: "huber",
    labels: "values",
    call: (output, labels, weights) => huberLoss(output, labels, { delta, ...perElement(output, weights) }),
  };
}

export interface OverlapOptions {
  /** What is added to both parts of the ratio, 0 or more. Default: 1. */
  readonly smooth?: number;
  /** The output is logits, without softmax or sigmoid. Default: true. */
  readonly fromLogits?: boolean;
  /** Class that takes no part. The loss of a batch of no other is 0. */
  readonly ignoreClass?: number | undefined;
}

/**
 * 1 - 2 |P T| / (|P| + |T|), mean over images and classes: softmax for class indices, sigmoid for labels that are
 * numbers.
 * @example
 * const overlap = losses.diceLoss({ ignoreClass: unlabelled });
 */
export function diceLoss(options: OverlapOptions = {}): Loss {
  return overlapLoss("diceLoss", diceLossOp, options);
}

/**
 * 1 - |P T| / |P + T|, mean over images and classes: softmax for class indices, sigmoid for labels that are numbers.
 * @example
 * const overlap = losses.softIouLoss({ smooth: 1e-3 });
 */
export function softIouLoss(options: OverlapOptions = {}): Loss {
  return overlapLoss("softIouLoss", softIouLossOp, options);
}

function overlapLoss(name: string, op: typeof diceLossOp, options: OverlapOptions): Loss {
  checkNames(name, options, ["smooth", "fromLogits", "ignoreClass"]);
  const { smooth = 1, fromLogits = true, ignoreClass } = options;
  return {
    name,
    labels: "binary",
    probabilities: !fromLogits,
    ignoreClass,
    call(output, labels, weights) {
      const from: OverlapLossOptions["from"] = fromLogits ? "logits" : "probabilities";
      return op(output, labels, { smooth, from, sampleWeight: weights, ...ignored(options) });
    },
    share: shareOfArea,
  };
}

/**
 * The class that takes no part, as an option of operators.
 * @internal
 */
export function ignored({ ignoreClass }: Pick<Loss, "ignoreClass">): { readonly ignoreIndex: number | undefined } {
  return { ignoreIndex: ignoreClass };
}

export interface FocalOptions {
  /** 0 or more. Default: 2. */
  readonly gamma?: number;
  /** For class indices the factor of all, for numbers that of the positive ones, 1 - alpha of the others. Default: none. */
  readonly alpha?: number | undefined;
  /** Class that takes no part. The loss of a batch of no other is 0. */
  readonly ignoreClass?: number | undefined;
}

/**
 * Cross-entropy times (1 - p)^gamma, from logits: softmax for class indices, sigmoid for labels that are numbers.
 * @example
 * const focal = losses.focalLoss({ gamma: 2, alpha: 0.25 });
 */
export function focalLoss(options: FocalOptions = {}): Loss {
  checkNames("focalLoss", options, ["gamma", "alpha", "ignoreClass"]);
  const { gamma = 2, alpha, ignoreClass } = options;
  return {
    name: "focalLoss",
    labels: "binary",
    ignoreClass,
    call(output, labels, weights) {
      return focalLossOp(output, labels, { gamma, alpha, ...perElement(output, weights), ...ignored(options) });
    },
  };
}

/**
 * Sum of losses, each times its weight: `weightedSum([[1, "sparseCategoricalCrossentropy"], [0.5, diceLoss()]])`. Over a
 * data set, batches count by their rows, weighed as in the first.
 * @example
 * const both = losses.weightedSum([[1, "sparseCategoricalCrossentropy"], [0.5, losses.diceLoss()]]);
 * both.name; // => "1 sparseCategoricalCrossentropy + 0.5 diceLoss"
 */
export function weightedSum(terms: readonly (readonly [number, LossName | Loss])[]): Loss {
  const parts = terms.map(([weight, choice]) => ({ weight, loss: lossOf(choice) }));
  const [first] = parts;
  if (!first) throw new GraphError({ where: "weightedSum", seen: "no losses", wanted: "one or more" });
  for (const { weight, loss } of parts) {
    checkNumber("weightedSum", `the weight of ${loss.name}`, weight, () => true, "a finite number");
    if (loss.ignoreClass !== first.loss.ignoreClass) {
      const seen = `ignoreClass ${loss.ignoreClass ?? "none"} in ${loss.name}`;
      throw new GraphError({
        where: "weightedSum",
        seen,
        wanted: `${first.loss.ignoreClass ?? "none"}, as in the first`,
      });
    }
  }
  return {
    ...first.loss,
    name: parts.map(({ weight, loss }) => `${weight} ${loss.name}`).join(" + "),
    call: (output, labels, weights) =>
      parts
        .map(({ weight, loss }) => scale(loss.call(output, labels, weights), weight))
        .reduce((sum, term) => add(sum, term)),
  };
}

/**
 * The losses that a name stands for, each with its defaults. Those of overlaps and the focal loss have none, but are
 * called: their kernels would be part of every app that trains.
 */
const byName: Readonly<Record<LossName, () => Loss>> = {
  sparseCategoricalCrossentropy,
  categoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError,
  meanAbsoluteError,
  huber,
};

/** Each stands for the loss with its defaults. */
export type LossName =
  | "sparseCategoricalCrossentropy"
  | "categoricalCrossentropy"
  | "binaryCrossentropy"
  | "meanSquaredError"
  | "meanAbsoluteError"
  | "huber";

/**
 * The loss that a name stands for, or the loss itself.
 * @throws GraphError on another name
 * @internal
 */
export function lossOf(choice: LossName | Loss): Loss {
  if (typeof choice === "object" && typeof choice?.call === "function") return choice;
  const found = typeof choice === "string" && Object.hasOwn(byName, choice) ? byName[choice] : undefined;
  if (!found) {
    throw new GraphError({
      where: "compile",
      seen: `loss ${showOption(choice)}`,
      wanted: `one of ${Object.keys(byName).join(", ")}, or a Loss`,
      mend: "Others are called: loss: losses.diceLoss({ smooth: 1 }).",
    });
  }
  return found();
}
