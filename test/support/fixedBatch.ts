import type { Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Batch } from "../../src/ops/batch.ts";

/**
 * A data set of one batch: images of seeded bytes as numbers from 0 to 1, and whatever labels and weights. The batch is the
 * same at every step, in the same order where there is no shuffling.
 */
export function fixedBatch(
  gpu: Gpu,
  shape: readonly number[],
  rest: { readonly y: Value; readonly weights?: Value },
): Dataset {
  const [count = 1, height = 1, width = 1, channels = 1] = shape;
  const images = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 89 + (i >> 3) * 57) % 256);
  const labels = new Uint8Array(count);
  const set = { name: "fixed", images, labels, count, height, width, channels, classes: 1 };
  const data = imageDataset(gpu, set, { scale: 1 / 255, offset: 0 });
  return { ...data, batch: (cursor, batchSize): Batch => ({ ...data.batch(cursor, batchSize), ...rest }) };
}
