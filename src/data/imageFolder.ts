import { FormatError } from "../core/errors.ts";
import { checkLabelledMasks, type LabelledMasks } from "./segmentation.ts";

/** A file of a folder, wherever that is: its name, and how to get its bytes. */
export interface ImageFile {
  /** `"17.png"`, or with a path before it. */
  readonly name: string;
  /** Its bytes: of a `File` the file itself. */
  read(): Promise<Blob>;
}

/** A class, and the grey values of a mask that stand for it, ends included. */
export interface MaskClass {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The masks of the ISBI 2012 challenge: white inside a cell, black on a membrane.
 * @example
 * isbi2012Classes.map(({ name }) => name); // => ["cell", "membrane"]
 */
export const isbi2012Classes: readonly MaskClass[] = [
  { name: "cell", from: 128, to: 255 },
  { name: "membrane", from: 0, to: 127 },
];

export interface ReadPairsOptions {
  /** What the set is called. */
  readonly name: string;
  /** One or more. */
  readonly images: readonly ImageFile[];
  /** One for each image, of the same name but for folder and extension. */
  readonly masks: readonly ImageFile[];
  /** In the order of their numbers. */
  readonly classes: readonly MaskClass[];
  /** 1 for grey (colours are weighed as Rec. 601 does), 3 for red, green, blue. Default 1. */
  readonly channels?: 1 | 3;
  /** How many pairs are read, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads a folder of images and one of masks with the browser's decoders (PNG, JPEG and what else it knows), in the
 * order of the names: `2.png` comes before `10.png`. Colour profiles are left aside, so that the bytes are those of the
 * file.
 * @throws FormatError on a file without its partner, one that cannot be read or decoded, pixels that are transparent,
 * images of different sizes, and values of a mask that are no class
 * @example
 * const asFile = (file: File) => ({ name: file.name, read: async () => file });
 * const [images, masks] = [imageFiles.map(asFile), maskFiles.map(asFile)]; // of an <input type="file" multiple>
 * const set = await readImagePairs({ name: "membranes", images, masks, classes: isbi2012Classes });
 * set.count; // => 2
 */
export async function readImagePairs(options: ReadPairsOptions): Promise<LabelledMasks> {
  const { name, classes, channels = 1, onProgress } = options;
  const pairs = pairFiles(name, options.images, options.masks);
  const classOf = classTable(name, classes);
  let set: { images: Uint8Array; masks: Uint8Array; width: number; height: number } | undefined;
  for (const [i, { image, mask }] of pairs.entries()) {
    const picture = await decode(image);
    const labels = await decode(mask);
    const { width, height } = picture;
    set ??= {
      images: new Uint8Array(pairs.length * width * height * channels),
      masks: new Uint8Array(pairs.length * width * height),
      width,
      height,
    };
    wantSize(image.name, picture, set, `the first image, ${pairs[0]?.image.name}`);
    wantSize(mask.name, labels, set, `its image, ${image.name}`);
    const area = width * height;
    copyPixels(image.name, picture.data, set.images.subarray(i * area * channels, (i + 1) * area * channels), channels);
    copyClasses(mask.name, labels, set.masks.subarray(i * area, (i + 1) * area), classOf, classes);
    onProgress?.(i + 1, pairs.length);
  }
  return checkLabelledMasks({
    images: set?.images ?? new Uint8Array(),
    masks: set?.masks ?? new Uint8Array(),
    count: pairs.length,
    height: set?.height ?? 0,
    width: set?.width ?? 0,
    channels,
    classes: classes.map((entry) => entry.name),
    name,
  });
}

interface Pair {
  readonly image: ImageFile;
  readonly mask: ImageFile;
}

/** Images and masks that have the same stem, in numeric order. */
export function pairFiles(where: string, images: readonly ImageFile[], masks: readonly ImageFile[]): Pair[] {
  const maskOf = byStem(where, masks);
  const imageOf = byStem(where, images);
  const alone = [
    ...[...imageOf].filter(([stem]) => !maskOf.has(stem)).map(([, file]) => `${file.name} without a mask`),
    ...[...maskOf].filter(([stem]) => !imageOf.has(stem)).map(([, file]) => `${file.name} without an image`),
  ];
  if (alone.length > 0 || images.length === 0) {
    const more = alone.length > 4 ? `, and ${alone.length - 4} more` : "";
    throw new FormatError({
      where,
      seen: alone.slice(0, 4).join(", ") + more || "no images",
      wanted: "images, and for each a mask of the same name",
      mend: "Name them alike, but for folder and extension: image/17.png and label/17.png.",
    });
  }
  const order = new Intl.Collator("en", { numeric: true });
  return [...imageOf]
    .toSorted(([a], [b]) => order.compare(a, b))
    .flatMap(([stem, image]) => {
      const mask = maskOf.get(stem);
      return mask ? [{ image, mask }] : [];
    });
}

function byStem(where: string, files: readonly ImageFile[]): Map<string, ImageFile> {
  const found = new Map<string, ImageFile>();
  for (const file of files) {
    const stem = file.name.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
    const other = found.get(stem);
    if (other) {
      throw new FormatError({ where, seen: `${other.name} and ${file.name}`, wanted: "one file of each name" });
    }
    found.set(stem, file);
  }
  return found;
}

/** The pixels of a file, RGBA. */
async function decode(file: ImageFile): Promise<ImageData> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(await file.read(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      { where: file.name, seen: `a file that cannot be read or decoded (${reason})`, wanted: "an image, PNG or JPEG" },
      { cause },
    );
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  const pixels = context?.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  if (!pixels) throw new FormatError({ where: file.name, seen: "no 2D canvas", wanted: "a browser that has one" });
  return pixels;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function wantSize(where: string, seen: Size, wanted: Size, like: string): void {
  if (seen.width === wanted.width && seen.height === wanted.height) return;
  throw new FormatError({
    where,
    seen: `${seen.width}x${seen.height} pixels`,
    wanted: `${wanted.width}x${wanted.height}, as ${like}`,
    mend: "Resize or crop the files to one size.",
  });
}

function copyPixels(where: string, rgba: Uint8ClampedArray, to: Uint8Array, channels: 1 | 3): void {
  for (let i = 0; i < rgba.length / 4; i++) {
    const red = rgba[4 * i] ?? 0;
    const green = rgba[4 * i + 1] ?? 0;
    const blue = rgba[4 * i + 2] ?? 0;
    if (rgba[4 * i + 3] !== 255) {
      throw new FormatError({ where, seen: `a transparent pixel, number ${i}`, wanted: "opaque pixels" });
    }
    if (channels === 1) to[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    else {
      to[3 * i] = red;
      to[3 * i + 1] = green;
      to[3 * i + 2] = blue;
    }
  }
}

/** The class of each grey value, 255 for none. */
function classTable(where: string, classes: readonly MaskClass[]): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  classes.forEach(({ name, from, to }, number) => {
    const free = number < 255 && table.subarray(from, to + 1).every((entry) => entry === 255);
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > 255 || from > to || !free) {
      throw new FormatError({
        where,
        seen: `class ${name} for the values ${from} to ${to}`,
        wanted: "whole numbers from 0 to 255 that belong to no other class",
      });
    }
    table.fill(number, from, to + 1);
  });
  return table;
}

function copyClasses(
  where: string,
  { data, width }: ImageData,
  to: Uint8Array,
  classOf: Uint8Array,
  classes: readonly MaskClass[],
): void {
  for (let i = 0; i < to.length; i++) {
    const red = data[4 * i] ?? 0;
    const number = classOf[red] ?? 255;
    if (number === 255 || red !== data[4 * i + 1] || red !== data[4 * i + 2] || data[4 * i + 3] !== 255) {
      const rgba = data.subarray(4 * i, 4 * i + 4).join(", ");
      throw new FormatError({
        where,
        seen: `the pixel rgba(${rgba}) at row ${Math.floor(i / width)}, column ${i % width}`,
        wanted: `grey values of ${classes.map(({ name, from, to: end }) => `${name} (${from} to ${end})`).join(", ")}`,
      });
    }
    to[i] = number;
  }
}
