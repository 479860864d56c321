import type { LabelledImages } from "../../src/data/labelledImages.ts";

/** Part of `asked` whose nearest image of `known`, by the sum of squared differences, has the same label. */
export function nearestNeighbourAccuracy(known: LabelledImages, asked: LabelledImages): number {
  const pixels = known.height * known.width;
  let right = 0;
  for (let i = 0; i < asked.count; i++) {
    let nearest = -1;
    let least = Infinity;
    for (let j = 0; j < known.count; j++) {
      let distance = 0;
      for (let p = 0; p < pixels && distance < least; p++) {
        const difference = (asked.images[i * pixels + p] ?? 0) - (known.images[j * pixels + p] ?? 0);
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        nearest = j;
      }
    }
    right += Number(known.labels[nearest] === asked.labels[i]);
  }
  return right / asked.count;
}
