import { makeVariable, type Value, type Variable } from "../core/graph.ts";
import { type Shape, tensorType } from "../core/types.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Variables } from "../gpu/variables.ts";
import { type Batch, gatherBatch } from "../ops/batch.ts";
import { checkLabelledImages, type LabelledImages } from "./labelledImages.ts";

/** A data set on the GPU, from which a graph gathers its batches. */
export interface Dataset {
  readonly name: string;
  /** Number of examples. */
  readonly count: number;
  /** Number of classes; 0 where labels are no classes. */
  readonly classes: number;
  /** Shape of one example. */
  readonly inputShape: Shape;
  /** Where its tensors lie. */
  readonly store: Variables;
  /** Nodes that make the batch at `cursor`, see ops/batch.ts. */
  batch(cursor: Value, batchSize: number): Batch;
  /** Frees the GPU memory. */
  dispose(): void;
}

export interface ImageDatasetOptions {
  /** x = pixel * scale + offset. Default: 1 / 127.5 and -1, that is -1 to 1. */
  readonly scale?: number;
  readonly offset?: number;
  /** Sides of the canvas in which images are centred. Default: theirs. */
  readonly height?: number;
  readonly width?: number;
}

/** Uploads images and labels as bytes, once; from then on every batch is made on the GPU. */
export function imageDataset(gpu: Gpu, set: LabelledImages, options: ImageDatasetOptions = {}): Dataset {
  const { name, count, classes, height: h, width: w, channels } = checkLabelledImages(set);
  const { scale = 1 / 127.5, offset = -1, height = h, width = w } = options;
  const images = bytes(`${name}/images`, [count, h, w, channels], set.images);
  const labels = bytes(`${name}/labels`, [count], set.labels);
  const store = new Variables(gpu, [images, labels]);
  return {
    name,
    count,
    classes,
    inputShape: [height, width, channels],
    store,
    batch: (cursor, batchSize) =>
      gatherBatch(images.value, labels.value, cursor, { batchSize, height, width, scale, offset }),
    dispose: () => store.dispose(),
  };
}

function bytes(name: string, shape: Shape, data: Uint8Array): Variable {
  return makeVariable({ name, role: "data", type: tensorType(shape, "u8"), initial: { kind: "values", data } });
}
