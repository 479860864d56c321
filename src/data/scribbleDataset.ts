import { FormatError } from "../core/errors.ts";
import { makeVariable, type Variable } from "../core/graph.ts";
import { checkNames, checkWhole, isCount } from "../core/options.ts";
import { type Shape, showShape, tensorType } from "../core/types.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Variables } from "../gpu/variables.ts";
import { type AugmentOptions, gatherCrops } from "../ops/augment.ts";
import type { Dataset } from "./imageDataset.ts";

/**
 * The label of a pixel that nobody has labelled; for the loss, `ignoreClass: unlabelled`.
 * @example
 * const labels = new Uint8Array(64 * 64).fill(unlabelled);
 * const loss = losses.sparseCategoricalCrossentropy({ ignoreClass: unlabelled });
 */
export const unlabelled = 255;

/** One image with labels for a few of its pixels: what strokes of a brush leave. */
export interface ScribbledImage {
  /** [height, width, channels], u8. */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [height, width], u8: the class of each pixel, an index into `classes`, or `unlabelled`. */
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  /** What the image is called in messages. */
  readonly name: string;
}

export interface ScribbleDatasetOptions {
  /** Side of the crops in pixels: the network's input, and its output. */
  readonly size: number;
  /** How the crops of a shuffled epoch are changed. Default: not at all. */
  readonly augment?: AugmentOptions;
  /** Crops of one epoch. Default 256. */
  readonly cropsPerEpoch?: number;
  /** x = pixel * scale + offset. Default: 1 / 127.5 and -1, that is -1 to 1. */
  readonly scale?: number;
  readonly offset?: number;
}

/** A data set whose labels may change while a network learns from it. */
export interface ScribbleDataset extends Dataset {
  /**
   * Replaces all labels, [height, width]; the next step that is submitted learns from them. Nothing is compiled again.
   * @throws FormatError on another size, no labelled pixel, or a value that is neither a class nor `unlabelled`
   */
  relabel(labels: Uint8Array): void;
}

/** Length of the list of pixels that crops are taken about: evenly from all that are labelled. */
const centreCount = 4096;

/**
 * A data set for learning from scribbles: crops of one image, each about a labelled pixel. Classes take turns in these
 * pixels, and a pixel weighs in the loss as 1 / sqrt(pixels of its class), so that dots are heard beside broad strokes.
 * A batch is x f32 [B, size, size, C], y i32 [B, size, size] with `unlabelled` where nobody has painted, and weights.
 *
 *     const data = scribbleDataset(gpu, { ...photo, labels, classes: ["sky", "sea"] }, { size: 128 });
 *     await model.compile({ gpu, optimizer: adam(), loss: losses.sparseCategoricalCrossentropy({ ignoreClass: unlabelled }) });
 *     const trainer = await model.trainer(data, { batchSize: 4 });
 *
 * @throws FormatError where pixels or labels do not fit; GraphError on options out of range; LimitError where the image
 * is more than one buffer holds
 * @example
 * const labels = new Uint8Array(64 * 48).fill(unlabelled);
 * labels.fill(0, 64, 70).fill(1, 64 * 40, 64 * 40 + 6); // two strokes
 * const pixels = new Uint8Array(64 * 48 * 3);
 * const sizes = { height: 48, width: 64, channels: 3 };
 * const painted = scribbleDataset(gpu, { name: "photo", pixels, ...sizes, labels, classes: ["sky", "sea"] }, { size: 32 });
 * painted.dispose();
 */
export function scribbleDataset(gpu: Gpu, image: ScribbledImage, options: ScribbleDatasetOptions): ScribbleDataset {
  const { name, height, width, channels, classes } = checkImage(image);
  checkNames(name, options, ["size", "augment", "cropsPerEpoch", "scale", "offset"]);
  const { size, augment = {}, cropsPerEpoch = 256, scale = 1 / 127.5, offset = -1 } = options;
  checkWhole(name, "cropsPerEpoch", cropsPerEpoch);
  const shape = [1, height, width];
  const first = guidesOf(image, image.labels);
  const pixels = data(`${name}/image`, [...shape, channels], image.pixels);
  const labels = data(`${name}/labels`, shape, image.labels);
  const weights = data(`${name}/weights`, shape, first.weights);
  const centres = data(`${name}/centres`, [centreCount], first.centres);
  const store = new Variables(gpu, [pixels, labels, weights, centres]);
  return {
    name,
    count: cropsPerEpoch,
    classes: classes.length,
    inputShape: [size, size, channels],
    store,
    batch: (cursor, batchSize) =>
      gatherCrops(pixels.value, labels.value, cursor, {
        batchSize,
        size,
        crops: cropsPerEpoch,
        scale,
        offset,
        augment,
        weights: weights.value,
        centres: centres.value,
      }),
    relabel(next) {
      const guides = guidesOf(image, next);
      store.write(labels, next);
      store.write(weights, guides.weights);
      store.write(centres, guides.centres);
    },
    dispose: () => store.dispose(),
  };
}

/** What follows from the labels: a weight for each pixel, mean 1 over those with a label, and the pixels for crops. */
function guidesOf(image: ScribbledImage, labels: Uint8Array) {
  const pixels = pixelsByClass(image, labels);
  const painted = pixels.filter((list) => list.length > 0);
  const total = painted.reduce((sum, list) => sum + list.length, 0);
  const roots = painted.reduce((sum, list) => sum + Math.sqrt(list.length), 0);
  const weights = new Float32Array(labels.length);
  for (const list of painted) {
    const weight = total / (roots * Math.sqrt(list.length));
    for (const pixel of list) weights[pixel] = weight;
  }
  const centres = Uint32Array.from({ length: centreCount }, (_, i) => {
    const list = painted[i % painted.length] ?? [];
    return list[Math.floor((i * list.length) / centreCount)] ?? 0;
  });
  return { weights, centres };
}

/** The labelled pixels of each class, in order. */
function pixelsByClass({ name, height, width, classes }: ScribbledImage, labels: Uint8Array): number[][] {
  if (labels.length !== height * width) {
    throw new FormatError({
      where: name,
      seen: `${labels.length} labels`,
      wanted: `${height * width}, one for each pixel of ${height}x${width}`,
    });
  }
  const pixels = classes.map((): number[] => []);
  labels.forEach((label, pixel) => {
    if (label === unlabelled) return;
    const list = pixels[label];
    if (!list) {
      throw new FormatError({
        where: name,
        seen: `label ${label} at row ${Math.floor(pixel / width)}, column ${pixel % width}`,
        wanted: `0 to ${classes.length - 1} (${classes.join(", ")}), or ${unlabelled} for none`,
      });
    }
    list.push(pixel);
  });
  if (pixels.every((list) => list.length === 0)) {
    throw new FormatError({ where: name, seen: "no labelled pixel", wanted: "one or more", mend: "Paint a stroke." });
  }
  return pixels;
}

function checkImage(image: ScribbledImage): ScribbledImage {
  const { name, pixels, height, width, channels, classes } = image;
  const shape = [height, width, channels];
  const whole = shape.every(isCount);
  if (!whole || pixels.length !== height * width * channels) {
    throw new FormatError({
      where: name,
      seen: `${pixels.length} bytes for an image ${showShape(shape)}`,
      wanted: "[height, width, channels], a byte for each",
    });
  }
  if (classes.length < 2 || classes.length > unlabelled || new Set(classes).size < classes.length) {
    throw new FormatError({
      where: name,
      seen: `classes ${classes.join(", ") || "(none)"}`,
      wanted: `2 to ${unlabelled} names, each once`,
    });
  }
  return image;
}

function data(name: string, shape: Shape, values: Uint8Array | Float32Array | Uint32Array): Variable {
  const dtype = values instanceof Uint8Array ? "u8" : values instanceof Uint32Array ? "u32" : "f32";
  return makeVariable({
    name,
    role: "data",
    type: tensorType(shape, dtype),
    initial: { kind: "values", data: values },
  });
}
