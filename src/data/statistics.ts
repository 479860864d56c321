import type { LabelledImages } from "./labelledImages.ts";

/** How bytes become numbers: x = pixel * scale + offset. */
export interface Scaling {
  readonly scale: number;
  readonly offset: number;
}

/**
 * The scaling that gives the pixels of a set mean 0 and standard deviation 1. Use that of the training set for all
 * sets. A set of one single value is only centred.
 * @example
 * const train = imageDataset(gpu, digits, standardScaling(digits));
 * train.dispose();
 */
export function standardScaling({ images }: Pick<LabelledImages, "images">): Scaling {
  const counts = new Float64Array(256);
  for (const pixel of images) counts[pixel] = (counts[pixel] ?? 0) + 1;
  const moment = (power: number) =>
    counts.reduce((sum, count, pixel) => sum + count * pixel ** power, 0) / images.length;
  const mean = moment(1);
  const deviation = Math.sqrt(Math.max(0, moment(2) - mean * mean)) || 1;
  return { scale: 1 / deviation, offset: -mean / deviation };
}
