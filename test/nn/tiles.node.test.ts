import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { mirrored, orientations, tileAxis, turned } from "../../src/nn/tiles.ts";

describe("tileAxis", () => {
  test.each([
    { length: 512, input: 128, output: 128, margin: 16, overlap: 0 },
    { length: 512, input: 572, output: 388, margin: 0, overlap: 0 },
    { length: 512, input: 128, output: 128, margin: 0, overlap: 32 },
    { length: 17, input: 16, output: 16, margin: 3, overlap: 2 },
    { length: 101, input: 10, output: 6, margin: 1, overlap: 3 },
  ])("%o: the used parts cover the axis, with the overlap, and no tile is needless", (options) => {
    const { starts, border, core } = tileAxis(options);
    const { length, input, output, margin, overlap } = options;
    expect(core).toBe(output - 2 * margin);
    expect(border).toBe((input - output) / 2 + margin);
    const first = starts.map((start) => start + border);
    expect(first[0]).toBeLessThanOrEqual(0);
    expect((first.at(-1) ?? 0) + core).toBeGreaterThanOrEqual(length);
    for (let i = 1; i < first.length; i++) {
      expect((first[i - 1] ?? 0) + core - (first[i] ?? 0)).toBeGreaterThanOrEqual(overlap);
    }
    expect(starts.length).toBe(Math.max(1, Math.ceil((length - overlap) / (core - overlap))));
  });

  test.each([
    [{ length: 16, input: 16, output: 16, margin: 3, overlap: 2 }, 0],
    [{ length: 7, input: 16, output: 16, margin: 3, overlap: 2 }, -5],
    [{ length: 1, input: 5, output: 3, margin: 1, overlap: 0 }, -2],
  ])("%o: one tile has it all, and no pixel is left out for a margin", (options, start) => {
    const { input, output } = options;
    const axis = { starts: [start], border: (input - output) / 2, core: output, margin: 0 };
    expect(tileAxis(options)).toEqual(axis);
  });

  test.each([{ margin: 5 }, { margin: -1 }, { overlap: 10 }, { overlap: 0.5 }, { output: 12 }])(
    "refuses %o of a tile of 10 pixels",
    (wrong) => {
      const options = { length: 30, input: 10, output: 10, margin: 0, overlap: 0, ...wrong };
      expect(() => tileAxis(options)).toThrow(GraphError);
    },
  );
});

test("mirrored", () => {
  const indices = Array.from({ length: 15 }, (_, i) => i - 7);
  expect(indices.map((i) => mirrored(i, 4))).toEqual(
    [1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1].map((_, i) => {
      const at = Math.abs(i - 7) % 6;
      return at < 4 ? at : 6 - at;
    }),
  );
  expect(indices.map((i) => mirrored(i, 1))).toEqual(new Array(15).fill(0));
  expect([-2, -1, 0, 1, 2].map((i) => mirrored(i, 2))).toEqual([0, 1, 0, 1, 0]);
});

test("the orientations are the eight symmetries of a square, 0 the identity", () => {
  const pixels = Array.from({ length: 9 }, (_, i) => [Math.floor(i / 3), i % 3] as const);
  const maps = orientations.map((turn) => pixels.map(([row, column]) => turned(turn, row, column, 3, 3)));
  expect(maps[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(maps.map(String)).size).toBe(8);
  for (const map of maps) {
    expect(map.toSorted((a, b) => a - b)).toEqual(maps[0]);
    expect(map[4]).toBe(4);
    // Neighbours stay neighbours.
    expect([1, 3]).toContain(Math.abs((map[0] ?? 0) - (map[1] ?? 0)));
  }
});
