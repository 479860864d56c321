import { FormatError } from "../core/errors.ts";
import { showShape } from "../core/types.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { checkLabelledImages, type LabelledImages } from "./labelledImages.ts";

/**
 * IDX, the file format of MNIST: the bytes 0, 0, element type, rank; then one big-endian u32 per side; then the
 * elements, row-major. Only unsigned bytes (type 8) are read here. MNIST's images have magic number 2051, its labels
 * 2049. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 */
export interface IdxArray {
  readonly shape: number[];
  /** A view of the file's bytes, not a copy. */
  readonly data: Uint8Array;
}

const elementTypes = new Map([
  [0x08, "u8"],
  [0x09, "i8"],
  [0x0b, "i16"],
  [0x0c, "i32"],
  [0x0d, "f32"],
  [0x0e, "f64"],
]);

/**
 * Reads an inflated IDX file of unsigned bytes.
 * @param name the file, for the message
 * @throws FormatError when the file is foreign, truncated, over-long or has a side of 0
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = wantMagic(bytes, name);
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw truncated(name, `${bytes.length} bytes`, `a header of ${headerBytes} bytes for ${rank} sides`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.includes(0)) {
    throw new FormatError({
      where: name,
      seen: `an empty array of shape ${showShape(shape)}`,
      wanted: "sides of 1 or more",
      mend: "The file holds no data: fetch it again.",
    });
  }
  // In BigInt, because four sides of 32 bits can overflow a double's whole numbers.
  const wantedBytes = BigInt(headerBytes) + shape.reduce((product, side) => product * BigInt(side), 1n);
  const wanted = `${wantedBytes} bytes: a header of ${headerBytes} and u8${showShape(shape)}`;
  if (BigInt(bytes.length) < wantedBytes) throw truncated(name, `${bytes.length} bytes`, wanted);
  if (BigInt(bytes.length) > wantedBytes) {
    throw new FormatError({
      where: name,
      seen: `${bytes.length} bytes`,
      wanted,
      mend: "Something follows the data: the file is not what its header says. Fetch it again.",
    });
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

/** Reads an IDX file that may be gzipped, and wants a certain rank. @throws FormatError */
export async function readIdx(bytes: Uint8Array, name: string, rank: number): Promise<IdxArray> {
  const array = parseIdx(isGzip(bytes) ? await gunzip(bytes, name) : bytes, name);
  if (array.shape.length !== rank) {
    throw new FormatError({
      where: name,
      seen: `an array of ${array.shape.length} sides, ${showShape(array.shape)}`,
      wanted: rank === 3 ? "3 sides: count, height, width" : rank === 1 ? "1 side: count" : `${rank} sides`,
      mend: "Are the image and the label file swapped?",
    });
  }
  return array;
}

/** The four files of MNIST and of every set that follows its form, without `.gz`. */
export const mnistFiles = {
  train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
  test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
} as const;

/** Answers a file's bytes by its name, or null where there is no such file. */
export type FetchFile = (name: string) => Promise<Uint8Array | null>;

/**
 * Reads MNIST, or a set of the same form: images [count, height, width] and labels [count] in 10 classes.
 * @param fetchFile is asked for each of the four names, with `.gz` and without
 * @throws FormatError when a file is missing or broken, when counts differ, or when a label is above 9
 * @example
 * const byName = new Map(mnistFiles.map((file) => [file.name, file])); // four files, dropped on a page
 * const { train, test } = await readMnist(async (name) => {
 *   const file = byName.get(name);
 *   return file ? new Uint8Array(await file.arrayBuffer()) : null;
 * });
 */
export async function readMnist(
  fetchFile: FetchFile,
  name = "mnist",
): Promise<{ train: LabelledImages; test: LabelledImages }> {
  const train = await readPart(fetchFile, mnistFiles.train, `${name}/train`);
  const test = await readPart(fetchFile, mnistFiles.test, `${name}/test`);
  if (train.height !== test.height || train.width !== test.width) {
    throw new FormatError({
      where: name,
      seen: `training images of ${train.height}x${train.width} and test images of ${test.height}x${test.width}`,
      wanted: "images of one size",
      mend: "The files belong to different data sets.",
    });
  }
  return { train, test };
}

async function readPart(
  fetchFile: FetchFile,
  files: { images: string; labels: string },
  name: string,
): Promise<LabelledImages> {
  const images = await fetchIdx(fetchFile, files.images, 3);
  const labels = await fetchIdx(fetchFile, files.labels, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new FormatError({
      where: name,
      seen: `${count} images in ${files.images} and ${labels.shape[0]} labels in ${files.labels}`,
      wanted: "as many labels as images",
      mend: "The two files belong to different data sets.",
    });
  }
  const set = { images: images.data, labels: labels.data, count, height, width, channels: 1, classes: 10, name };
  return checkLabelledImages(set);
}

async function fetchIdx(fetchFile: FetchFile, name: string, rank: number): Promise<IdxArray> {
  for (const candidate of [`${name}.gz`, name]) {
    const bytes = await fetchFile(candidate);
    if (bytes) return readIdx(bytes, candidate, rank);
  }
  const { train, test } = mnistFiles;
  throw new FormatError({
    where: name,
    seen: `no file ${name}.gz and no file ${name}`,
    wanted: `the four files ${[train.images, train.labels, test.images, test.labels].join(", ")}, each with .gz or without`,
    mend: "Give all four together.",
  });
}

/** Checks the first four bytes and returns the rank. */
function wantMagic(bytes: Uint8Array, name: string): number {
  if (bytes.length < 4) throw truncated(name, `${bytes.length} bytes`, "an IDX file, whose header begins with 4 bytes");
  const [first = 0, second = 0, type = 0, rank = 0] = bytes;
  const isIdx = first === 0 && second === 0 && elementTypes.has(type) && rank > 0;
  if (isIdx && type === 0x08 && rank <= 4) return rank;
  const seenBytes = [first, second, type, rank].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const guess = isIdx ? `, an IDX file of ${elementTypes.get(type)} with ${rank} sides` : guessFormat(bytes);
  throw new FormatError({
    where: name,
    seen: `the first bytes ${seenBytes}${guess}`,
    wanted: "an IDX file of unsigned bytes: 00 00 08 and a rank of 1 to 4",
    mend: "Give MNIST's own files (images begin with 00 00 08 03, labels with 00 00 08 01).",
  });
}

/** What a foreign file most likely is: servers answer a missing file with a page. */
function guessFormat(bytes: Uint8Array): string {
  if (bytes[0] === 0x3c) return ', which begin with "<": an HTML or XML page, perhaps an error page';
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return ", a PNG picture";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return ", a zip archive";
  if (isGzip(bytes)) return ", gzip data that must be inflated first";
  return "";
}

function truncated(name: string, seen: string, wanted: string): FormatError {
  return new FormatError({ where: name, seen, wanted, mend: "The file is cut short: fetch it again." });
}
