import { FormatError } from "../core/errors.ts";
import { makeVariable } from "../core/graph.ts";
import { checkNames, isCount, showOption } from "../core/options.ts";
import { type DType, type Shape, sizeOf, tensorType } from "../core/types.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type TensorData, Variables } from "../gpu/variables.ts";
import { gatherRows } from "../ops/gatherRows.ts";
import type { Dataset } from "./imageDataset.ts";
import { checkClasses } from "./labelledImages.ts";

/** Examples and labels as numbers: sequences, volumes, measurements, images that are normalized already. */
export interface LabelledTensors {
  /** [count, ..inputShape]. */
  readonly x: Float32Array<ArrayBuffer>;
  /** Of one example: [features], [length, channels], [height, width, channels], .. */
  readonly inputShape: Shape;
  /**
   * Numbers (Float32Array) for `meanSquaredError`, `binaryCrossentropy`, `categoricalCrossentropy` and the like, or class
   * indices (Int32Array) for `sparseCategoricalCrossentropy`; [count, ..labelShape]. A class of -100 takes no part.
   */
  readonly y: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** Of one label. Default: [] for class indices, [numbers of an example] otherwise. */
  readonly labelShape?: Shape;
  /** Number of classes. Default: one more than the largest index; 0 where labels are numbers. */
  readonly classes?: number;
  /** What the set is called in messages. Default: "tensors". */
  readonly name?: string;
}

/**
 * Uploads examples and labels as numbers, once; from then on every batch is gathered and shuffled on the GPU. The arrays are
 * kept by reference, for another device where this one is lost: leave them as they are.
 * @throws FormatError where sizes do not agree, or a label is no class; LimitError where they are more than one buffer holds
 * @example
 * const x = Float32Array.from({ length: 64 }, (_, i) => i / 64);
 * const waves = tensorDataset(gpu, { x, inputShape: [1], y: x.map((value) => Math.sin(6 * value)) });
 * waves.count; // => 64
 */
export function tensorDataset(gpu: Gpu, tensors: LabelledTensors): Dataset {
  const { name = "tensors", x, y, inputShape } = tensors;
  checkNames(name, tensors, ["x", "inputShape", "y", "labelShape", "classes", "name"]);
  const isNumbers = y instanceof Float32Array;
  const isTyped = x instanceof Float32Array && (isNumbers || y instanceof Int32Array) && Array.isArray(inputShape);
  const count = isTyped ? x.length / sizeOf(inputShape) : 0;
  const { labelShape = isNumbers ? [y.length / count] : [] } = tensors;
  if (!isCount(count) || y.length !== count * sizeOf(labelShape) || !labelShape.every(isCount)) {
    throw new FormatError({
      where: name,
      seen: `${x?.length} numbers in x and ${y?.length} in y`,
      wanted: `a Float32Array of whole examples of ${showOption(inputShape)}, and a label for each, as f32 or i32`,
    });
  }
  const { classes = isNumbers ? 0 : y.reduce((most, label) => Math.max(most, label + 1), 0) } = tensors;
  if (!isNumbers) checkClasses(name, y, classes);
  const examples = table(`${name}/x`, [count, ...inputShape], "f32", x);
  const labels = table(`${name}/y`, [count, ...labelShape], isNumbers ? "f32" : "i32", y);
  const store = new Variables(gpu, [examples, labels]);
  const part = (from: number, size: number): Dataset => ({
    name,
    count: size,
    classes,
    inputShape,
    store,
    isExact: isNumbers,
    batch: (cursor, batchSize) => {
      const rows = { batchSize, from, count: size };
      return { x: gatherRows(examples.value, cursor, rows), y: gatherRows(labels.value, cursor, rows) };
    },
    range: (start, length) => part(from + start, length),
    dispose: () => store.dispose(),
  });
  return part(0, count);
}

function table(name: string, shape: Shape, dtype: DType, data: TensorData) {
  return makeVariable({ name, role: "data", type: tensorType(shape, dtype), initial: { kind: "values", data } });
}
