import { FormatError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { mnistFiles, readMnist } from "../../src/data/idx.ts";
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

/** Side of LeNet-5's input; smaller images are centred on it. */
export const canvasSide = 32;

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

/** Reads the four IDX files that a person picked or dropped; others among them are an error. @throws FormatError */
export async function readPickedSets(files: readonly File[]): Promise<ImageSets> {
  const known = Object.values(mnistFiles).flatMap(({ images, labels }) => [images, labels]);
  const foreign = files.find(({ name }) => !known.some((file) => name === file || name === `${file}.gz`));
  if (foreign) {
    throw new FormatError({ where: foreign.name, seen: "a file of another name", wanted: known.join(", ") });
  }
  const byName = new Map(files.map((file) => [file.name, file]));
  return readMnist(async (name) => {
    const file = byName.get(name);
    return file ? new Uint8Array(await file.arrayBuffer()) : null;
  });
}

/** The first `limit` images of a set. */
export function takeFirst(set: LabelledImages, limit: number): LabelledImages {
  const count = Math.min(limit, set.count);
  const size = set.height * set.width * set.channels;
  return { ...set, count, images: set.images.subarray(0, count * size), labels: set.labels.subarray(0, count) };
}

/**
 * Images as the network sees them: scaled, and centred on its canvas.
 * @param images [n, height, width] u8
 * @returns [n, canvasSide, canvasSide]
 */
export function toCanvas(images: Uint8Array, height: number, width: number): Float32Array<ArrayBuffer> {
  const size = height * width;
  const area = canvasSide * canvasSide;
  const x = new Float32Array((images.length / size) * area).fill(digitScaling.offset);
  const top = Math.floor((canvasSide - height) / 2);
  const left = Math.floor((canvasSide - width) / 2);
  images.forEach((ink, i) => {
    const row = Math.floor((i % size) / width);
    x[Math.floor(i / size) * area + (top + row) * canvasSide + left + (i % width)] =
      ink * digitScaling.scale + digitScaling.offset;
  });
  return x;
}
