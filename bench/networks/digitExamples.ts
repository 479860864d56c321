import { drawDigits } from "../../src/data/digits.ts";
import type { Examples } from "./network.ts";

/** Drawn digits, `side` pixels a side. */
export function digitExamples(count: number, side: number): Examples {
  const { images, labels, classes } = drawDigits({ count, seed: 1, size: side });
  return { count, side, images, labels, classes };
}
