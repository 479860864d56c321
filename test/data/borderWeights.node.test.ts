import { describe, expect, test } from "vitest";
import { FormatError, GraphError } from "../../src/core/errors.ts";
import { borderWeights, type CellMask, labelCells } from "../../src/data/borderWeights.ts";
import { numbers } from "../support/run.ts";

/** Cells as rectangles and specks on background, seeded. */
function mask(height: number, width: number, seed: number, cells: number): CellMask {
  const data = new Uint8Array(height * width);
  const drawn = [...numbers(4 * cells, seed)].map((value) => (value + 1) / 2);
  for (let i = 0; i < cells; i++) {
    const [y = 0, x = 0, h = 0, w = 0] = drawn.slice(4 * i, 4 * i + 4);
    const [top, left] = [Math.floor(y * height), Math.floor(x * width)];
    for (let row = top; row <= Math.min(height - 1, top + h * 4); row++) {
      for (let column = left; column <= Math.min(width - 1, left + w * 4); column++) data[row * width + column] = 1;
    }
  }
  return { data, height, width };
}

/** The map from the definition: the distance to every pixel of every cell. */
function reference(cells: ArrayLike<number>, { height, width }: CellMask, w0: number, sigma: number): number[] {
  const outside = Array.from(cells).filter((cell) => cell === 0).length;
  const inside = height * width - outside;
  const [a, b] =
    outside === 0 || inside === 0 ? [1, 1] : [(height * width) / (2 * outside), (height * width) / (2 * inside)];
  return Array.from({ length: height * width }, (_, i) => {
    if ((cells[i] ?? 0) > 0) return b;
    const nearest = new Map<number, number>();
    for (let k = 0; k < height * width; k++) {
      const cell = cells[k] ?? 0;
      if (cell === 0) continue;
      const distance = Math.hypot(Math.floor(k / width) - Math.floor(i / width), (k % width) - (i % width));
      nearest.set(cell, Math.min(nearest.get(cell) ?? Number.POSITIVE_INFINITY, distance));
    }
    const [d1 = Number.POSITIVE_INFINITY, d2 = Number.POSITIVE_INFINITY] = [...nearest.values()].sort((p, q) => p - q);
    return a + w0 * Math.exp(-((d1 + d2) ** 2) / (2 * sigma * sigma));
  });
}

describe("against brute force", () => {
  test.each([
    [1, 1, 1],
    [1, 17, 4],
    [13, 1, 3],
    [24, 31, 12],
    [29, 23, 3],
    [30, 30, 60],
    [16, 16, 0],
  ])("%i x %i with %i cells", (height, width, cells) => {
    for (const seed of [1, 2, 3]) {
      const drawn = mask(height, width, seed, cells);
      const want = reference(labelCells(drawn), drawn, 10, 5);
      const got = borderWeights(drawn);
      want.forEach((value, i) => {
        expect(Math.abs((got[i] ?? Number.NaN) - value)).toBeLessThan(1e-5);
      });
    }
  });

  test("instances that touch are two cells; w0, sigma and class weights", () => {
    const data = [1, 1, 2, 2, 0, 0, 3, 0, 1, 0, 0, 0];
    const drawn = { data, height: 2, width: 6 };
    expect([...labelCells(drawn)]).toEqual([1, 1, 2, 2, 0, 0, 3, 0, 4, 0, 0, 0]);
    const got = borderWeights(drawn, { w0: 4, sigma: 2, classWeights: [0.5, 3] });
    // Pixel (0, 4): cell 2 is 1 away, cell 4 at (1, 2) is sqrt(5).
    const [d1, d2] = [1, Math.sqrt(5)];
    expect(got[4]).toBeCloseTo(0.5 + 4 * Math.exp(-((d1 + d2) ** 2) / 8), 6);
    expect(got[0]).toBe(3);
  });

  test("another number can be background: a mask with its numbers exchanged has the same map", () => {
    const cells = mask(20, 25, 4, 9);
    const exchanged = { ...cells, data: Array.from(cells.data, (value) => 1 - value) };
    expect([...borderWeights(exchanged, { background: 1 })]).toEqual([...borderWeights(cells)]);
    expect(() => borderWeights(cells, { background: 0.5 })).toThrow(/background 0\.5/);
  });
});

test("cells that touch by a corner alone are two", () => {
  expect([...labelCells({ data: [1, 0, 0, 1], height: 2, width: 2 })]).toEqual([1, 0, 0, 2]);
});

test("both classes weigh alike, 1 on average; a narrow gap weighs most", () => {
  const data = new Uint8Array(40 * 40).map((_, i) => (i % 40 === 19 || i % 40 > 37 ? 0 : 1));
  const got = borderWeights({ data, height: 40, width: 40 }, { w0: 0 });
  expect(got.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1600, 2);
  const map = borderWeights({ data, height: 40, width: 40 });
  expect(map[19]).toBe(Math.max(...map));
});

test("512 x 512 with 300 cells takes less than 3 seconds", () => {
  const drawn = mask(512, 512, 5, 300);
  const start = performance.now();
  const got = borderWeights(drawn);
  expect(performance.now() - start).toBeLessThan(3000);
  expect(got.every((weight) => weight > 0 && Number.isFinite(weight))).toBe(true);
});

test("wrong input", () => {
  const good = { data: new Uint8Array(6), height: 2, width: 3 };
  expect(() => borderWeights({ ...good, height: 3 })).toThrow(FormatError);
  expect(() => borderWeights({ data: [], height: 0, width: 0 })).toThrow(FormatError);
  expect(() => borderWeights(good, { sigma: 0 })).toThrow(GraphError);
  expect(() => borderWeights(good, { w0: -1 })).toThrow(/w0/);
});
