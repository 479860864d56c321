import { expect } from "vitest";
import type { Value } from "../../src/core/graph.ts";
import { outputSides } from "../../src/ops/window.ts";
import { evaluate, tensor } from "./run.ts";

/**
 * The textbooks' examples, recomputed (test/golden/worked_examples.json). Where a book misprints, the recomputed value
 * holds; the misprints are listed as `errata` and `mismatches` beside each example.
 */
export type Nested = number | readonly Nested[];
interface Example {
  readonly id: string;
  readonly section: string;
  readonly given: Readonly<Record<string, never>>;
  readonly computed: Readonly<Record<string, never>>;
}

export const examples = new Map<string, Example>();
/** Reads the file; before all tests of a book. */
export async function readExamples(): Promise<void> {
  const file = (await (await fetch("/test/golden/worked_examples.json")).json()) as
    | { examples?: Example[] }
    | Example[];
  for (const example of Array.isArray(file) ? file : (file.examples ?? [])) examples.set(example.id, example);
}

export function get(id: string, part: "given" | "computed", name: string): Nested {
  const value = examples.get(id)?.[part][name];
  if (value === undefined) throw new Error(`${id} has no ${part}.${name}`);
  return value;
}
export const given = (id: string, name: string) => get(id, "given", name);
export const computed = (id: string, name: string) => get(id, "computed", name);
export const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));

/** A matrix of the book as a tensor of this shape. */
export const as = (shape: readonly number[], value: Nested) => tensor(shape, flat(value));
/** One grey image, or one single filter. */
export const image = (rows: Nested) =>
  as([1, (rows as readonly Nested[]).length, flat(rows).length / (rows as readonly Nested[]).length, 1], rows);
export const filter = (rows: Nested) =>
  as([(rows as readonly Nested[]).length, flat(rows).length / (rows as readonly Nested[]).length, 1, 1], rows);
export const transpose = (rows: Nested) => {
  const table = rows as readonly (readonly number[])[];
  return (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? 0));
};

export async function expectValues(values: Record<string, Value>, want: Record<string, Nested>, tolerance = 2e-6) {
  const got = await evaluate(values);
  for (const [name, expected] of Object.entries(want)) {
    const list = flat(expected);
    expect(got[name]?.length, name).toBe(list.length);
    list.forEach((value, i) => {
      expect(Math.abs((got[name]?.[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(value)),
      );
    });
  }
}

/** Side of the output of a window. */
export const side = (n: number, f: number, p: number, s: number, d = 1) =>
  outputSides("example", [n], { kernel: [f], strides: [s], dilations: [d], pads: [[p, p]] })[0];
