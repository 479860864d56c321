import { FormatError } from "../core/errors.ts";
import type { CellMask } from "./borderWeights.ts";
import type { LabelledMasks } from "./segmentation.ts";

/** What each pixel weighs in the loss: numbers [count, height, width], or a function that makes [height, width] of a mask. */
export type PixelWeights = Float32Array | ((mask: CellMask) => ArrayLike<number>);

/** The weights of all masks of a set, [count, height, width]. @throws FormatError on too many or few, or none of 0 or more */
export function pixelWeights(set: LabelledMasks, weights: PixelWeights): Float32Array {
  const { masks, count, height, width, name } = set;
  const area = height * width;
  const all = typeof weights === "function" ? new Float32Array(masks.length) : weights;
  if (typeof weights === "function") {
    for (let i = 0; i < count; i++) {
      const made = weights({ data: masks.subarray(i * area, (i + 1) * area), height, width });
      wantCount(`${name}, mask ${i}`, made.length, area);
      all.set(made, i * area);
    }
  }
  wantCount(name, all.length, masks.length);
  const wrong = all.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0) {
    const pixel = wrong % area;
    throw new FormatError({
      where: name,
      seen: `weight ${all[wrong]} for image ${Math.floor(wrong / area)}, row ${Math.floor(pixel / width)}, column ${pixel % width}`,
      wanted: "a finite number, 0 or more",
    });
  }
  return all;
}

function wantCount(where: string, seen: number, wanted: number): void {
  if (seen === wanted) return;
  throw new FormatError({ where, seen: `${seen} weights`, wanted: `${wanted}, one for each pixel of the masks` });
}
