import { GraphError } from "../core/errors.ts";
import { makeVariable, type Value, type Variable } from "../core/graph.ts";
import { checkNames } from "../core/options.ts";
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
  /**
   * Where its tensors lie. It keeps the arrays that they were made of, by reference: where the device is lost, they are
   * uploaded again to the model's next one.
   * @internal
   */
  readonly store: Variables;
  /**
   * Nodes that make the batch at `cursor`, see ops/batch.ts.
   * @internal
   */
  batch(cursor: Value, batchSize: number): Batch;
  /**
   * A part of it as a data set in the same memory: `count` images from `from` on. One that is `held` out is for
   * evaluation, which wants every pixel of them. See subset.ts.
   * @internal
   */
  readonly range?: (from: number, count: number, held: boolean) => Dataset;
  /**
   * Batches end where the data end, since their labels have none that says that there is no example. Default: false.
   * @internal
   */
  readonly isExact?: boolean;
  /** Images that `range` counts. Default: as many as examples; less where the examples are crops. */
  readonly images?: number;
  /** Frees the GPU memory, of the whole and all its parts. */
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

/**
 * Uploads images and labels as bytes, once; from then on every batch is made on the GPU. The arrays are kept by reference,
 * for another device where this one is lost: leave them as they are.
 * @throws FormatError where sizes or labels do not agree; LimitError where the images are more than one buffer holds
 * @example
 * const train = imageDataset(gpu, drawDigits({ count: 100, seed: 1 }), { height: 32, width: 32 });
 * train.inputShape; // => [32, 32, 1]
 * train.dispose();
 */
export function imageDataset(gpu: Gpu, set: LabelledImages, options: ImageDatasetOptions = {}): Dataset {
  const { name, count, classes, height: h, width: w, channels } = checkLabelledImages(set);
  checkNames(name, options, ["scale", "offset", "height", "width"]);
  const { scale = 1 / 127.5, offset = -1, height = h, width = w } = options;
  const images = bytes(`${name}/images`, [count, h, w, channels], set.images);
  const labels = bytes(`${name}/labels`, [count], set.labels);
  const store = new Variables(gpu, [images, labels]);
  const part = (from: number, examples: number): Dataset => ({
    name,
    count: examples,
    classes,
    inputShape: [height, width, channels],
    store,
    batch: (cursor, batchSize) => {
      const options = { batchSize, height, width, scale, offset, from, count: examples };
      return gatherBatch(images.value, labels.value, cursor, options);
    },
    range: (start, length) => part(from + start, length),
    dispose: () => store.dispose(),
  });
  return part(0, count);
}

function bytes(name: string, shape: Shape, data: Uint8Array): Variable {
  return makeVariable({ name, role: "data", type: tensorType(shape, "u8"), initial: { kind: "values", data } });
}

/** A data set, where a program in JavaScript may give what one is made of. @throws GraphError on anything else */
export function checkDataset(where: string, data: Dataset): void {
  if (typeof data?.batch === "function") return;
  const mend = "imageDataset(gpu, images) makes one of images and labels in host memory.";
  throw new GraphError({ where, seen: "data that are no data set", wanted: "a Dataset", mend });
}
