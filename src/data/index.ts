/** `wgrad/data`: data sets that live on the GPU, and what reads, draws, splits and weighs their examples. */
export { type BorderWeightOptions, borderWeights, type CellMask } from "./borderWeights.ts";
export { type DrawCellsOptions, drawCells } from "./cells.ts";
export { type DrawDigitsOptions, drawDigits } from "./digits.ts";
export { prepareDrawing } from "./drawing.ts";
export { readMnist } from "./idx.ts";
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
export { encodePng, maskToImageData, sideBySide } from "./maskImage.ts";
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
