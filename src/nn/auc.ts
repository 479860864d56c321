import { GraphError } from "../core/errors.ts";
import type { Value, Variable } from "../core/graph.ts";
import { checkNames } from "../core/options.ts";
import { sigmoid } from "../ops/activations.ts";
import { accumulateAuc } from "../ops/auc.ts";
import { softmax } from "../ops/softmax.ts";
import { ignored, type Loss } from "./losses.ts";
import { truthOf } from "./steps.ts";

export interface AucOptions {
  /** The class against the others. Default: the last one. */
  readonly positiveClass?: number;
}

/** Scores an evaluation by its area under the ROC curve; what `auc()` gives. */
export interface AucScore {
  /**
   * What tells its graph from others.
   * @internal
   */
  readonly name: string;
  /**
   * Adds a batch to the histograms of its scores, and returns the update.
   * @internal
   */
  accumulate(loss: Loss, output: Value, y: Value, histogram: Variable): Value;
  /** @internal */
  of(histogram: ArrayLike<number>): Auc;
}

/**
 * The area under the ROC curve, for `evaluate({ auc })`: of one class against the others.
 * @throws GraphError, at `evaluate`, where the model answers neither yes or no nor a class
 * @example
 * const { auc: area } = await model.evaluate(data, { auc: auc({ positiveClass: 8 }) });
 * console.log(area?.auc, "at most", area?.error, "off");
 */
export function auc(options: AucOptions = {}): AucScore {
  checkNames("auc", options, ["positiveClass"]);
  return {
    name: `auc${options.positiveClass ?? ""}`,
    accumulate(loss, output, y, histogram) {
      if (loss.labels === "values") {
        const wanted = "one for classes, or for yes and no";
        throw new GraphError({ where: "auc", seen: `the loss ${loss.name}`, wanted });
      }
      const truth = truthOf(loss, y);
      const scores = loss.probabilities ? output : truth.type.dtype === "i32" ? softmax(output) : sigmoid(output);
      return accumulateAuc(scores, truth, histogram, { ...ignored(loss), ...options });
    },
    of: aucOf,
  };
}

/** Area under the ROC curve. */
export interface Auc {
  /** Probability that a positive example scores above a negative one, ties counting half; NaN without one of either. */
  readonly auc: number;
  /** The exact area differs by no more than this. */
  readonly error: number;
}

/**
 * ROC AUC from histograms of the scores, [negatives.., positives..] of equally many bins, as src/ops/auc.ts gathers
 * them: the area by trapezoids. Within a bin the order of scores is lost, and counted as ties; so the error is at most
 * half of the pairs that share a bin, over all pairs.
 */
export function aucOf(histogram: ArrayLike<number>): Auc {
  const bins = histogram.length / 2;
  let below = 0;
  let [wins, ties, positives] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    const negative = histogram[bin] ?? 0;
    const positive = histogram[bins + bin] ?? 0;
    wins += positive * (below + negative / 2);
    ties += positive * negative;
    below += negative;
    positives += positive;
  }
  const pairs = positives * below;
  return { auc: wins / pairs, error: ties / 2 / pairs };
}
