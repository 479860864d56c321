import { ShapeError } from "../core/errors.ts";
import { checkLabelledMasks, type LabelledMasks } from "../data/segmentation.ts";
import { accuracy, type Confusion, dice, iou } from "./metrics.ts";
import type { Model } from "./model.ts";
import { maskOf, type PredictImageOptions, type TileOptions, TilePredictor } from "./predictTiles.ts";

export interface SegmentationScores {
  /** Part of all pixels whose class is right. */
  readonly pixelAccuracy: number;
  /** For each class: intersection over union, TP / (TP + FP + FN). NaN for a class that is neither there nor predicted. */
  readonly iou: readonly number[];
  /** For each class: 2 TP / (2 TP + FP + FN), the F1 score. NaN likewise. */
  readonly dice: readonly number[];
  /** Row = truth, column = prediction; pixels. */
  readonly confusion: Confusion;
}

export interface EvaluateSegmentationOptions extends TileOptions, PredictImageOptions {
  /** Given each image's index and its predicted mask [height, width], in order: to show it, or to save it. */
  readonly onImage?: (index: number, prediction: Uint8Array, total: number) => void | Promise<void>;
}

/**
 * Scores of a model over whole images, predicted by tiles.
 * @throws FormatError, ShapeError where set and model differ
 * @example
 * const { pixelAccuracy, iou, dice } = await evaluateSegmentation(segmenter, cells);
 */
export async function evaluateSegmentation(
  model: Model,
  set: LabelledMasks,
  { onImage, signal, ...options }: EvaluateSegmentationOptions = {},
): Promise<SegmentationScores> {
  const { images, masks, count, height, width, channels, classes, name } = checkLabelledMasks(set);
  const predictor = await TilePredictor.create(model, options);
  try {
    if (predictor.classes !== classes.length) {
      throw new ShapeError({
        where: name,
        seen: `a model of ${predictor.classes} classes`,
        wanted: `${classes.length}: ${classes.join(", ")}`,
      });
    }
    const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
    const area = height * width;
    for (let i = 0; i < count; i++) {
      const pixels = images.subarray(i * area * channels, (i + 1) * area * channels);
      const probabilities = await predictor.predict({ pixels, height, width, channels }, signal ? { signal } : {});
      const prediction = maskOf(probabilities, classes.length);
      countConfusion(confusion, masks.subarray(i * area, (i + 1) * area), prediction);
      await onImage?.(i, prediction, count);
    }
    return segmentationScores(confusion);
  } finally {
    predictor.dispose();
  }
}

/** Adds the pixels of a mask and its prediction to a confusion matrix: row = truth, column = prediction. */
export function countConfusion(confusion: readonly number[][], truth: Uint8Array, prediction: Uint8Array): void {
  truth.forEach((label, i) => {
    const row = confusion[label];
    const answer = prediction[i] ?? 0;
    if (row) row[answer] = (row[answer] ?? 0) + 1;
  });
}

/** What a confusion matrix of pixels says. */
export function segmentationScores(confusion: Confusion): SegmentationScores {
  return { pixelAccuracy: accuracy(confusion), iou: iou(confusion), dice: dice(confusion), confusion };
}
