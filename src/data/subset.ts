import { GraphError } from "../core/errors.ts";
import { isCount } from "../core/options.ts";
import type { Dataset } from "./imageDataset.ts";

/** Parts that were made before: equal parts are one object, so that a model compiles its steps for them once. */
const known = new WeakMap<Dataset, Map<string, Dataset>>();

/**
 * The images of a data set from `from` on, `count` of them, in the same memory: as many examples, or the crops that are
 * taken from these images alone.
 * @throws GraphError beyond its ends
 * @example
 * subset(data, 0, 10).count; // => 10
 */
export function subset(data: Dataset, from: number, count: number): Dataset {
  return partOf(data, from, count, false);
}

/**
 * The last `share` of the images, and the first, which are the others: [first, last]. As in Keras, before shuffling.
 * @example
 * const [train, held] = splitDataset(data, 0.25);
 * [train.count, held.count]; // => [48, 16]
 */
export function splitDataset(data: Dataset, share: number): readonly [Dataset, Dataset] {
  const images = data.images ?? data.count;
  const first = Math.floor(images * (1 - share));
  if (!(share > 0 && share < 1) || first < 1 || first >= images) {
    throw new GraphError({
      where: data.name,
      seen: `validationSplit ${share} of ${images} ${nounOf(data)}`,
      wanted: "a share between 0 and 1 that leaves one on both sides",
    });
  }
  return [partOf(data, 0, first, false), partOf(data, first, images - first, true)];
}

function partOf(data: Dataset, from: number, count: number, held: boolean): Dataset {
  const { name, range } = data;
  const images = data.images ?? data.count;
  if (!range) {
    throw new GraphError({ where: name, seen: "a data set that cannot be divided", wanted: "one with range()" });
  }
  if (!Number.isInteger(from) || from < 0 || !isCount(count) || from + count > images) {
    const seen = `${count} ${nounOf(data)} from ${from} on`;
    throw new GraphError({ where: name, seen, wanted: `a part, 1 or more, of its ${images}` });
  }
  const parts = known.get(data) ?? new Map<string, Dataset>();
  known.set(data, parts);
  const key = `${from}+${count}${held ? " held" : ""}`;
  const part = parts.get(key) ?? range(from, count, held);
  parts.set(key, part);
  return part;
}

function nounOf({ images }: Dataset): string {
  return images === undefined ? "examples" : "images";
}
