import { FormatError } from "../core/errors.ts";
import { isCount } from "../core/options.ts";
import { defaultIgnoreIndex } from "../ops/crossEntropy.ts";

/** Images with one class each, as bytes: what a classifier's data set holds before it goes to the GPU. */
export interface LabelledImages {
  /** [count, height, width, channels], u8, 0 = background, 255 = full ink. */
  readonly images: Uint8Array;
  /** [count], u8, the class of each image, below `classes`. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
  /** What the set is called in messages and reports. */
  readonly name: string;
}

/**
 * Returns the set itself once its sizes agree and every label is a class.
 * @throws FormatError on an empty set, bytes or labels of another number, a label that is no class
 */
export function checkLabelledImages(set: LabelledImages): LabelledImages {
  const { images, labels, count, height, width, channels, classes, name } = set;
  const sides = [count, height, width, channels];
  if (!sides.every(isCount)) {
    throw new FormatError({
      where: name,
      seen: `${count} images of ${height}x${width}x${channels}`,
      wanted: "at least one image of at least one pixel",
      mend: "Check that the file, or the part of it that was asked for, holds images.",
    });
  }
  if (labels.length !== count || images.length !== count * height * width * channels) {
    throw new FormatError({
      where: name,
      seen: `${images.length} bytes of images of ${height}x${width}x${channels}, and ${labels.length} labels`,
      wanted: `${count} images and as many labels`,
      mend: "An image has one byte for each channel of each pixel, and a label is one byte.",
    });
  }
  checkClasses(name, labels, classes);
  return set;
}

/** Labels that are classes, or -100 for none. @throws FormatError at the first that is neither */
export function checkClasses(name: string, labels: Uint8Array | Int32Array, classes: number): void {
  const wrong = labels.findIndex((label: number) => label >= classes || (label < 0 && label !== defaultIgnoreIndex));
  if (wrong < 0) return;
  throw new FormatError({
    where: name,
    seen: `label ${labels[wrong]} at index ${wrong}`,
    wanted: `labels from 0 to ${classes - 1}`,
    mend: "Say how many classes there are, or map the labels to classes when they are read.",
  });
}
