import { GraphError } from "../core/errors.ts";
import type { Dataset } from "./imageDataset.ts";

/** Parts that were made before: equal parts are one object, so that a model compiles its steps for them once. */
const known = new WeakMap<Dataset, Map<string, Dataset>>();

/** The examples of a data set from `from` on, `count` of them, in the same memory. @throws GraphError beyond its ends */
export function subset(data: Dataset, from: number, count: number): Dataset {
  const { name, range } = data;
  if (!range) {
    throw new GraphError({ where: name, seen: "a data set that cannot be divided", wanted: "one with range()" });
  }
  if (!Number.isInteger(from) || !Number.isInteger(count) || from < 0 || count < 1 || from + count > data.count) {
    const seen = `${count} examples from ${from} on`;
    throw new GraphError({ where: name, seen, wanted: `a part, 1 or more, of its ${data.count}` });
  }
  const parts = known.get(data) ?? new Map<string, Dataset>();
  known.set(data, parts);
  const key = `${from}+${count}`;
  const part = parts.get(key) ?? range(from, count);
  parts.set(key, part);
  return part;
}

/** The last `share` of the examples, and the first, which are the others: [first, last]. As in Keras, before shuffling. */
export function splitDataset(data: Dataset, share: number): readonly [Dataset, Dataset] {
  const first = Math.floor(data.count * (1 - share));
  if (!(share > 0 && share < 1) || first < 1 || first >= data.count) {
    throw new GraphError({
      where: data.name,
      seen: `validationSplit ${share} of ${data.count} examples`,
      wanted: "a share between 0 and 1 that leaves an example on both sides",
    });
  }
  return [subset(data, 0, first), subset(data, first, data.count - first)];
}
