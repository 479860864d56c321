import { ShapeError } from "../core/errors.ts";
import { makeVariable, type Variable } from "../core/graph.ts";
import { checkNames, checkWhole, isCount } from "../core/options.ts";
import { type Shape, tensorType } from "../core/types.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Variables } from "../gpu/variables.ts";
import { type AugmentOptions, coverOf, gatherCrops } from "../ops/augment.ts";
import type { Dataset } from "./imageDataset.ts";
import { type PixelWeights, pixelWeights } from "./pixelWeights.ts";
import { checkLabelledMasks, type LabelledMasks } from "./segmentation.ts";

export interface SegmentationDatasetOptions {
  /** Side of the crops in pixels: the network's input. */
  readonly size: number;
  /** Side of the network's output, in the middle of its input. Default: `size`, for `same` convolutions. */
  readonly maskSize?: number;
  /** How the crops of a shuffled epoch are changed. Default: not at all. */
  readonly augment?: AugmentOptions;
  /** Crops of one epoch. Default: as many as cover the images without shuffling. */
  readonly cropsPerEpoch?: number;
  /** x = pixel * scale + offset. Default: 1 / 127.5 and -1, that is -1 to 1. */
  readonly scale?: number;
  readonly offset?: number;
  /** A factor for each pixel in the loss: `borderWeights`, another function of a mask, or the numbers. Default: none. */
  readonly weights?: PixelWeights;
}

/**
 * Uploads images and masks as bytes, once; from then on every batch of crops is cut, deformed and normalized on the GPU
 * (see ops/augment.ts). Without shuffling, as in evaluation, the crops cover the images and are unchanged. A batch is x
 * f32 [B, size, size, C] and y i32 [B, maskSize, maskSize], a class for each pixel; weights are cut, flipped and
 * deformed with their pixels. Divided, as by `validationSplit`, it is by images: no crop of an image is on both sides.
 * Each part has its share of `cropsPerEpoch`, but what validates is covered whole.
 * @throws FormatError where masks or weights do not fit their images; ShapeError on a size that is no side; LimitError
 * where the images are more than one buffer holds
 * @example
 * const augment = { horizontalFlip: true, quarterTurns: true };
 * const train = segmentationDataset(gpu, cells, { size: 64, cropsPerEpoch: 16, augment });
 * train.dispose();
 */
export function segmentationDataset(gpu: Gpu, set: LabelledMasks, options: SegmentationDatasetOptions): Dataset {
  const { name, count, classes, height, width, channels } = checkLabelledMasks(set);
  checkNames(name, options, ["size", "maskSize", "augment", "cropsPerEpoch", "scale", "offset", "weights"]);
  const { size, maskSize = size, augment = {}, scale = 1 / 127.5, offset = -1 } = options;
  if (!isCount(size) || !isCount(maskSize) || size < maskSize) {
    throw new ShapeError({
      where: name,
      seen: `crops of ${size} pixels a side with masks of ${maskSize}`,
      wanted: "whole numbers, the mask no larger than the crop",
    });
  }
  const shape = [count, height, width, channels];
  const coverCount = (images: number) => coverOf([images, height, width], maskSize).crops;
  const { cropsPerEpoch = coverCount(count) } = options;
  checkWhole(name, "cropsPerEpoch", cropsPerEpoch);
  const factors = options.weights && pixelWeights(set, options.weights);
  const images = data(`${name}/images`, shape, set.images);
  const masks = data(`${name}/masks`, shape.slice(0, 3), set.masks);
  const weights = factors && data(`${name}/weights`, shape.slice(0, 3), factors);
  const store = new Variables(gpu, [images, masks, ...(weights ? [weights] : [])]);
  const partOf = (from: number, length: number, crops: number): Dataset => ({
    name,
    count: crops,
    images: length,
    classes: classes.length,
    inputShape: [size, size, channels],
    store,
    batch: (cursor, batchSize) => {
      const taken = { from, count: length, crops };
      const options = { batchSize, size, maskSize, scale, offset, augment, ...taken };
      const weighted = weights ? { weights: weights.value } : {};
      return gatherCrops(images.value, masks.value, cursor, { ...options, ...weighted });
    },
    range: (start, part, held) => {
      const share = Math.max(1, Math.round((cropsPerEpoch * part) / count));
      return partOf(from + start, part, held ? coverCount(part) : share);
    },
    dispose: () => store.dispose(),
  });
  return partOf(0, count, cropsPerEpoch);
}

function data(name: string, shape: Shape, values: Uint8Array | Float32Array): Variable {
  const type = tensorType(shape, values instanceof Float32Array ? "f32" : "u8");
  return makeVariable({ name, role: "data", type, initial: { kind: "values", data: values } });
}
