import { ShapeError } from "../core/errors.ts";

/**
 * Scores of an evaluation from its confusion matrix, exact counts: row = label, column = answer, as `evaluate` returns
 * it. For class k: TP = counts[k][k], FP = the rest of its column, FN = the rest of its row. A score of a class whose
 * denominator is 0, since it is nowhere labelled or nowhere answered, is NaN; means leave it out.
 */
export type Confusion = readonly (readonly number[])[];

/**
 * Part of the answers that are right; of pixels: pixel accuracy.
 * @example
 * metrics.accuracy([[8, 2], [1, 9]]); // => 0.85
 */
export function accuracy(confusion: Confusion): number {
  const { truePositives, labelled } = tally(confusion);
  return sum(truePositives) / sum(labelled);
}

/**
 * Intersection over union (Jaccard index) of each class: TP / (TP + FP + FN).
 * @example
 * metrics.iou([[8, 2], [0, 10]]).map((score) => score.toFixed(2)); // => ["0.80", "0.83"]
 */
export function iou(confusion: Confusion): number[] {
  const { truePositives, labelled, answered } = tally(confusion);
  return truePositives.map((tp, k) => tp / (at(labelled, k) + at(answered, k) - tp));
}

/**
 * Mean of `iou` over the classes that have one.
 * @example
 * metrics.meanIou([[5, 0], [0, 5]]); // => 1
 */
export function meanIou(confusion: Confusion): number {
  return meanOf(iou(confusion));
}

/**
 * Dice coefficient of each class, the F1 score: 2 TP / (2 TP + FP + FN).
 * @example
 * metrics.dice([[8, 2], [0, 10]]).map((score) => score.toFixed(2)); // => ["0.89", "0.91"]
 */
export function dice(confusion: Confusion): number[] {
  const { truePositives, labelled, answered } = tally(confusion);
  return truePositives.map((tp, k) => (2 * tp) / (at(labelled, k) + at(answered, k)));
}

/**
 * The harmonic mean of precision and recall, which is `dice`.
 * @example
 * const { confusion } = await model.evaluate(data);
 * const scores = metrics.f1(confusion);
 */
export const f1 = dice;

/**
 * Mean of `dice` over the classes that have one.
 * @example
 * metrics.meanDice([[5, 0], [0, 5]]); // => 1
 */
export function meanDice(confusion: Confusion): number {
  return meanOf(dice(confusion));
}

/**
 * Of the answers of each class, the part that is right: TP / (TP + FP).
 * @example
 * metrics.precision([[8, 2], [2, 6]]); // => [0.8, 0.75]
 */
export function precision(confusion: Confusion): number[] {
  const { truePositives, answered } = tally(confusion);
  return truePositives.map((tp, k) => tp / at(answered, k));
}

/**
 * Of the labels of each class, the part that is found: TP / (TP + FN).
 * @example
 * metrics.recall([[6, 2], [2, 8]]); // => [0.75, 0.8]
 */
export function recall(confusion: Confusion): number[] {
  const { truePositives, labelled } = tally(confusion);
  return truePositives.map((tp, k) => tp / at(labelled, k));
}

function tally(confusion: Confusion) {
  const size = confusion.length;
  if (size === 0 || confusion.some((row) => row.length !== size)) {
    throw new ShapeError({
      where: "metrics",
      seen: `${size} rows of ${[...new Set(confusion.map((row) => row.length))].join(", ") || "no"} counts`,
      wanted: "a square confusion matrix",
    });
  }
  return {
    truePositives: confusion.map((row, k) => at(row, k)),
    labelled: confusion.map(sum),
    answered: confusion.map((_, k) => sum(confusion.map((row) => at(row, k)))),
  };
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

function meanOf(scores: readonly number[]): number {
  const defined = scores.filter((score) => !Number.isNaN(score));
  return sum(defined) / defined.length;
}
