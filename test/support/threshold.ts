import type { LabelledMasks } from "../../src/data/segmentation.ts";

/** The best that a threshold does: everything up to some grey level is class 1. What a network has to beat. */
export function bestThreshold({ images, masks }: LabelledMasks): { dice: number; pixelAccuracy: number } {
  const counts = [new Float64Array(256), new Float64Array(256)] as const;
  images.forEach((pixel, i) => {
    const histogram = counts[masks[i] === 1 ? 1 : 0];
    histogram[pixel] = (histogram[pixel] ?? 0) + 1;
  });
  const total = masks.reduce((sum, label) => sum + label, 0);
  let [hits, wrong] = [0, 0];
  const scores = Array.from({ length: 256 }, (_, level) => {
    hits += counts[1][level] ?? 0;
    wrong += counts[0][level] ?? 0;
    return { dice: (2 * hits) / (total + hits + wrong), pixelAccuracy: 1 - (total - hits + wrong) / masks.length };
  });
  return {
    dice: Math.max(...scores.map(({ dice }) => dice)),
    pixelAccuracy: Math.max(...scores.map(({ pixelAccuracy }) => pixelAccuracy)),
  };
}
