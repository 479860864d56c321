import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { bestThreshold } from "../support/threshold.ts";

/** FNV-1a over 32 bits. */
function fingerprint(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Of 2 sections of seed 7, 96 x 96: these change only when the drawings do. */
const imagesHash = 1760504113;
const masksHash = 18938784;

const set = drawCells({ count: 12, seed: 5 });
const area = 256 * 256;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("drawCells", () => {
  test("says what it holds", () => {
    expect(set).toMatchObject({ count: 12, height: 256, width: 256, channels: 1, name: "cells" });
    expect(set.classes).toEqual(["cell", "membrane"]);
    expect([set.images.length, set.masks.length]).toEqual([12 * area, 12 * area]);
    expect(new Set(set.masks)).toEqual(new Set([0, 1]));
  });

  test("gives the same bytes on every machine", () => {
    const { images, masks } = drawCells({ count: 2, seed: 7, size: 96 });
    expect([fingerprint(images), fingerprint(masks)]).toEqual([imagesHash, masksHash]);
  });

  test("draws image i from the seed and i alone", () => {
    const few = drawCells({ count: 2, seed: 5 });
    expect(fingerprint(few.images)).toBe(fingerprint(set.images.subarray(0, 2 * area)));
    expect(fingerprint(drawCells({ count: 1, seed: 6 }).images)).not.toBe(fingerprint(set.images.subarray(0, area)));
    const images = Array.from({ length: 12 }, (_, i) => fingerprint(set.images.subarray(i * area, (i + 1) * area)));
    expect(new Set(images).size).toBe(12);
  });

  test("has as much membrane as the ISBI 2012 sections, 22 %", () => {
    const parts = Array.from({ length: 12 }, (_, i) => mean([...set.masks.subarray(i * area, (i + 1) * area)]));
    expect(Math.abs(mean(parts) - 0.22)).toBeLessThan(0.02);
    expect(Math.min(...parts)).toBeGreaterThan(0.12);
    expect(Math.max(...parts)).toBeLessThan(0.33);
  });

  test("is about as bright as they are: mean 126, deviation 44; membranes 85, cells 138", () => {
    const pixels = [...set.images];
    const middle = mean(pixels);
    expect(Math.abs(middle - 126)).toBeLessThan(8);
    expect(Math.abs(Math.sqrt(mean(pixels.map((pixel) => (pixel - middle) ** 2))) - 44)).toBeLessThan(8);
    expect(Math.abs(mean(pixels.filter((_, i) => set.masks[i] === 1)) - 85)).toBeLessThan(15);
    expect(Math.abs(mean(pixels.filter((_, i) => set.masks[i] === 0)) - 138)).toBeLessThan(10);
  });

  test("is no matter of a threshold: no grey level tells membranes from the rest", () => {
    const { dice } = bestThreshold(set);
    expect(dice).toBeLessThan(0.82);
    expect(dice).toBeGreaterThan(0.55);
  });

  test("encloses cells of very different sizes", () => {
    const sizes = cellSizes(set.masks.subarray(0, area), 256).filter((pixels) => pixels > 20);
    expect(sizes.length).toBeGreaterThan(20);
    expect(sizes.length).toBeLessThan(200);
    expect(Math.max(...sizes) / (sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 4)] ?? 1)).toBeGreaterThan(
      10,
    );
  });

  test("shows more cells in a larger image", () => {
    const large = drawCells({ count: 1, seed: 1, size: 320 });
    expect(large.images.length).toBe(320 * 320);
    expect(Math.abs(mean([...large.masks]) - 0.22)).toBeLessThan(0.08);
  });

  test.each([
    [{ count: 0, seed: 1 }, /count 0; wanted a whole number from 1/],
    [{ count: 1, seed: -1 }, /seed -1; wanted a whole number from 0/],
    [{ count: 1, seed: 1, size: 16 }, /size 16; wanted a whole number from 32/],
    [{ count: 1, seed: 1, size: Number.NaN }, /size NaN/],
  ])("refuses %o", (options, message) => {
    expect(() => drawCells(options)).toThrow(GraphError);
    expect(() => drawCells(options)).toThrow(message);
  });
});

/** Pixels of each connected region of class 0. */
function cellSizes(mask: Uint8Array, side: number): number[] {
  const seen = new Uint8Array(mask.length);
  const sizes: number[] = [];
  mask.forEach((label, start) => {
    if (label !== 0 || seen[start]) return;
    seen[start] = 1;
    const open = [start];
    let size = 0;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      size++;
      const column = at % side;
      for (const next of [
        at - side,
        at + side,
        ...(column > 0 ? [at - 1] : []),
        ...(column < side - 1 ? [at + 1] : []),
      ]) {
        if (mask[next] !== 0 || seen[next]) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    sizes.push(size);
  });
  return sizes;
}
