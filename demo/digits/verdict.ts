import type { LabelledImages } from "../../src/data/labelledImages.ts";
import type { Judgement, Mistake } from "./judge.ts";

/** How a network does on test images, with pictures of its mistakes, one after the other. */
export interface Verdict extends Omit<Judgement, "mistakes"> {
  /** Some of the images that are read wrong, those of the surest answers first, of so many. */
  readonly mistakes: readonly Mistake[];
  readonly wrong: number;
  /** [mistakes, height, width], u8 */
  readonly pictures: Uint8Array<ArrayBuffer>;
  readonly height: number;
  readonly width: number;
}

/** Mistakes that are shown at most. */
const shownMistakes = 45;

/** A judgement for the page, with pictures of the images that it is about. */
export function verdictOf(judgement: Judgement, { height, width, images }: LabelledImages): Verdict {
  const size = height * width;
  const mistakes = judgement.mistakes.toSorted((a, b) => b.certainty - a.certainty).slice(0, shownMistakes);
  const pictures = new Uint8Array(mistakes.length * size);
  mistakes.forEach(({ index }, i) => {
    pictures.set(images.subarray(index * size, (index + 1) * size), i * size);
  });
  return { ...judgement, mistakes, wrong: judgement.mistakes.length, pictures, height, width };
}
