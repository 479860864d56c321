import { describe, expect, test } from "vitest";
import { FormatError, ShapeError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { prepareDrawing } from "../../src/data/drawing.ts";
import { nearestNeighbourAccuracy } from "./nearestNeighbour.ts";

/** A canvas with one filled rectangle. */
function rectangle(width: number, height: number, box: [number, number, number, number], ink = 255): Uint8ClampedArray {
  const [left, top, boxWidth, boxHeight] = box;
  return Uint8ClampedArray.from({ length: width * height }, (_, i) => {
    const x = (i % width) - left;
    const y = Math.floor(i / width) - top;
    return x >= 0 && x < boxWidth && y >= 0 && y < boxHeight ? ink : 0;
  });
}

/** Columns and rows of a 28 x 28 image that hold ink: [left, right, top, bottom]. */
function extent(image: Uint8Array): number[] {
  const inked = [...image.keys()].filter((i) => (image[i] ?? 0) > 0);
  const xs = inked.map((i) => i % 28);
  const ys = inked.map((i) => Math.floor(i / 28));
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

describe("prepareDrawing", () => {
  test("scales the longer side to 20 pixels, keeps the aspect, centres by mass", () => {
    // 40 x 100 -> 8 x 20, whose middle (3.5, 9.5) goes to (14, 14): left 10.5 -> 11, top 4.5 -> 5.
    const image = prepareDrawing(rectangle(280, 280, [10, 150, 40, 100]), 280, 280);
    expect(image.length).toBe(784);
    expect(extent(image)).toEqual([11, 18, 5, 24]);
    expect(image.filter((ink) => ink === 255).length).toBe(160);
  });

  test("enlarges a small drawing", () => {
    // 4 x 2 -> 20 x 10, whose middle (9.5, 4.5) goes to (14, 14): left 4.5 -> 5, top 9.5 -> 10.
    expect(extent(prepareDrawing(rectangle(20, 20, [3, 3, 4, 2]), 20, 20))).toEqual([5, 24, 10, 19]);
  });

  test("does not care where and how strongly it was drawn, nor in bytes or floats", () => {
    const { images } = drawDigits({ count: 1, seed: 3 });
    const draw = (dx: number, dy: number, strength: number) =>
      Float32Array.from({ length: 60 * 50 }, (_, i) => {
        const x = (i % 60) - dx;
        const y = Math.floor(i / 60) - dy;
        return x >= 0 && x < 28 && y >= 0 && y < 28 ? ((images[28 * y + x] ?? 0) / 255) * strength : 0;
      });
    const image = prepareDrawing(draw(0, 0, 1), 60, 50);
    expect(prepareDrawing(draw(30, 20, 1), 60, 50)).toEqual(image);
    const bytes = Uint8ClampedArray.from(draw(5, 9, 1), (ink) => 255 * ink);
    // v / 255 is rounded in f32, so a pixel whose mean lies half-way between two bytes may fall to either.
    prepareDrawing(bytes, 60, 50).forEach((ink, at) => {
      expect(Math.abs(ink - (image[at] ?? 0))).toBeLessThanOrEqual(1);
    });
    expect(Math.max(...prepareDrawing(draw(5, 9, 0.5), 60, 50))).toBe(255);
  });

  test("brings large digits, drawn off centre, into the form of the data set: nearest neighbours read them", () => {
    const drawn = drawDigits({ count: 100, seed: 5, size: 140 });
    const images = new Uint8Array(100 * 784);
    for (let i = 0; i < 100; i++) {
      const canvas = new Uint8Array(200 * 300);
      for (let y = 0; y < 140; y++) {
        canvas.set(drawn.images.subarray(140 * (140 * i + y), 140 * (140 * i + y + 1)), 200 * (y + 150) + 40);
      }
      images.set(prepareDrawing(canvas, 200, 300), 784 * i);
    }
    const prepared = { ...drawn, images, height: 28, width: 28 };
    expect(nearestNeighbourAccuracy(drawDigits({ count: 2000, seed: 1 }), prepared)).toBeGreaterThan(0.85);
  });

  test("keeps a lopsided drawing inside the image", () => {
    const pixels = rectangle(200, 200, [0, 0, 10, 200]);
    for (let x = 0; x < 200; x++) pixels[x] = 60;
    const image = prepareDrawing(pixels, 200, 200);
    const [left = -1, right = -1] = extent(image);
    expect(right - left).toBeLessThan(20);
    expect(image[28 * 14 + left] ?? 0).toBeGreaterThan(100);
  });

  test("refuses a drawing without ink", () => {
    expect(() => prepareDrawing(new Uint8ClampedArray(100), 10, 10)).toThrow(FormatError);
    expect(() => prepareDrawing(new Uint8ClampedArray(100), 10, 10)).toThrow(/without ink.*Draw one first/);
    expect(() => prepareDrawing(new Float32Array(100).fill(0.05), 10, 10)).toThrow(FormatError);
  });

  test("refuses sizes that do not fit, and pixels that are no numbers", () => {
    expect(() => prepareDrawing(new Uint8ClampedArray(400), 10, 10)).toThrow(ShapeError);
    expect(() => prepareDrawing(new Uint8ClampedArray(0), 0, 0)).toThrow(ShapeError);
    expect(() => prepareDrawing(new Float32Array(4).fill(Number.NaN), 2, 2)).toThrow(/NaN at \(0, 0\)/);
  });
});
