import { drawDigits } from "../../src/data/digits.ts";
import { readMnist } from "../../src/data/idx.ts";
import type { LabelledImages } from "../../src/data/labelledImages.ts";
import type { Scaling } from "../../src/data/statistics.ts";

/** What LeNet-5 is trained and tested on. */
export interface ImageSets {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** How many digits are drawn unless told otherwise. */
export const digitCounts = { train: 20_000, test: 4_000 } as const;

/** Bytes to numbers of mean 0 and deviation 1, by MNIST's own mean 0.1307 and deviation 0.3081; drawn digits share them. */
export const digitScaling: Scaling = { scale: 1 / (255 * 0.3081), offset: -0.1307 / 0.3081 };

/** Drawn digits: the same for every run, training and test set from different seeds. */
export function drawDigitSets(counts: { readonly train: number; readonly test: number } = digitCounts): ImageSets {
  return { train: drawDigits({ count: counts.train, seed: 1 }), test: drawDigits({ count: counts.test, seed: 2 }) };
}

/** Reads four IDX files that a server shows below `url`, which ends with a slash. @throws FormatError */
export function readServedSets(url: string, name: string): Promise<ImageSets> {
  return readMnist(async (file) => {
    const response = await fetch(url + file);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }, name);
}

/** The first `limit` images of a set. */
export function takeFirst(set: LabelledImages, limit: number): LabelledImages {
  const count = Math.min(limit, set.count);
  const size = set.height * set.width * set.channels;
  return { ...set, count, images: set.images.subarray(0, count * size), labels: set.labels.subarray(0, count) };
}

/** Grey images of one size, one after the other: [n, height, width], u8. */
export type Pictures = Pick<LabelledImages, "images" | "height" | "width">;

/**
 * Images as a network sees them: scaled, and centred on its canvas of `side` x `side`.
 * @returns [n, side, side]
 */
export function toCanvas({ images, height, width }: Pictures, side: number): Float32Array<ArrayBuffer> {
  const size = height * width;
  const area = side * side;
  const x = new Float32Array((images.length / size) * area).fill(digitScaling.offset);
  const top = Math.floor((side - height) / 2);
  const left = Math.floor((side - width) / 2);
  images.forEach((ink, i) => {
    const row = Math.floor((i % size) / width);
    x[Math.floor(i / size) * area + (top + row) * side + left + (i % width)] =
      ink * digitScaling.scale + digitScaling.offset;
  });
  return x;
}
