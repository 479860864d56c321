import { FormatError } from "../core/errors.ts";
import { isCount } from "../core/options.ts";

/** Images with a class for each pixel, as bytes: what a segmenter's data set holds before it goes to the GPU. */
export interface LabelledMasks {
  /** [count, height, width, channels], u8. */
  readonly images: Uint8Array;
  /** [count, height, width], u8: the class of each pixel, an index into `classes`. */
  readonly masks: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Names of the classes: `["cell", "membrane"]`. */
  readonly classes: readonly string[];
  /** What the set is called in messages and reports. */
  readonly name: string;
}

/**
 * Returns the set itself once its sizes agree and every pixel of its masks is a class.
 * @throws FormatError on an empty set, masks of another size, a value that is no class
 */
export function checkLabelledMasks(set: LabelledMasks): LabelledMasks {
  const { images, masks, count, height, width, channels, classes, name } = set;
  const sides = [count, height, width, channels];
  if (!sides.every(isCount)) {
    throw new FormatError({
      where: name,
      seen: `${count} images of ${height}x${width}x${channels}`,
      wanted: "at least one image of at least one pixel",
      mend: "Check that the folder, or the part of it that was asked for, holds images.",
    });
  }
  if (classes.length < 2 || classes.length > 256 || new Set(classes).size < classes.length) {
    throw new FormatError({
      where: name,
      seen: `classes ${classes.join(", ") || "(none)"}`,
      wanted: "2 to 256 names, each once",
    });
  }
  const pixels = count * height * width;
  if (images.length !== pixels * channels || masks.length !== pixels) {
    throw new FormatError({
      where: name,
      seen: `${images.length} bytes of images and ${masks.length} of masks`,
      wanted: `${pixels * channels} and ${pixels}, for ${count} images of ${height}x${width}x${channels}`,
      mend: "A mask has one byte for each pixel of its image.",
    });
  }
  const wrong = masks.findIndex((value) => value >= classes.length);
  if (wrong >= 0) {
    const image = Math.floor(wrong / (height * width));
    const pixel = wrong % (height * width);
    throw new FormatError({
      where: name,
      seen: `${masks[wrong]} in the mask of image ${image}, at row ${Math.floor(pixel / width)}, column ${pixel % width}`,
      wanted: `0 to ${classes.length - 1} (${classes.join(", ")})`,
      mend: "Map the values of the masks to classes when they are read.",
    });
  }
  return set;
}

/**
 * The images from index `first` up to, without, `end`: views of the same bytes.
 * @throws FormatError on an empty range
 * @example
 * const [seen, unseen] = [sliceMasks(cells, 0, 1), sliceMasks(cells, 1, 2)];
 * unseen.count; // => 1
 */
export function sliceMasks(set: LabelledMasks, first: number, end: number): LabelledMasks {
  const { images, masks, count, height, width, channels, name } = set;
  const whole = Number.isInteger(first) && Number.isInteger(end);
  if (!whole || first < 0 || end > count || first >= end) {
    throw new FormatError({ where: name, seen: `images ${first} to ${end}`, wanted: `a part of 0 to ${count}` });
  }
  const area = height * width;
  return {
    ...set,
    images: images.subarray(first * area * channels, end * area * channels),
    masks: masks.subarray(first * area, end * area),
    count: end - first,
  };
}
