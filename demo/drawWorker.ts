/** Draws digits beside the page, which stays alive: takes the counts, answers the sets. */
import { drawDigitSets } from "./data.ts";

addEventListener("message", ({ data }: MessageEvent<{ train: number; test: number }>) => {
  const sets = drawDigitSets(data);
  const transfer = [sets.train, sets.test].flatMap(({ images, labels }) => [images.buffer, labels.buffer]);
  postMessage(sets, { transfer });
});
