/**
 * Data sets that live on the GPU, and what reads, draws, splits and weighs their examples. In the examples `digits` are
 * 64 drawn digits of 28x28 pixels, `data` is their data set, and `cells` are two drawn tissues of 64x64 pixels, with
 * masks.
 *
 * @module wgrad/data
 */

export type { AugmentOptions, ElasticOptions } from "../ops/augment.ts";
export { type BorderWeightOptions, borderWeights, type CellMask } from "./borderWeights.ts";
export { type DrawCellsOptions, drawCells } from "./cells.ts";
export { type DrawDigitsOptions, drawDigits } from "./digits.ts";
export { prepareDrawing } from "./drawing.ts";
export { type FetchFile, readMnist } from "./idx.ts";
export { type Dataset, type ImageDatasetOptions, imageDataset } from "./imageDataset.ts";
export {
  type ImageFile,
  isbi2012Classes,
  type MaskClass,
  type ReadPairsOptions,
  readImagePairs,
} from "./imageFolder.ts";
export { encodeIndexedPng } from "./indexedPng.ts";
export type { LabelledImages } from "./labelledImages.ts";
export { type Colour, encodePng, maskToImageData, type SideBySideOptions, sideBySide } from "./maskImage.ts";
export type { PixelWeights } from "./pixelWeights.ts";
export {
  type ScribbleDataset,
  type ScribbleDatasetOptions,
  type ScribbledImage,
  scribbleDataset,
  unlabelled,
} from "./scribbleDataset.ts";
export { type LabelledMasks, sliceMasks } from "./segmentation.ts";
export { type SegmentationDatasetOptions, segmentationDataset } from "./segmentationDataset.ts";
export { type Scaling, standardScaling } from "./statistics.ts";
export { splitDataset, subset } from "./subset.ts";
export { type LabelledTensors, tensorDataset } from "./tensorDataset.ts";
