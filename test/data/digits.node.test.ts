import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { glyphs } from "../../src/data/glyphs.ts";
import { nearestNeighbourAccuracy } from "./nearestNeighbour.ts";

/** FNV-1a over 32 bits. */
function fingerprint(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Of 50 digits of seed 7: these change only when the digits do. */
const imagesHash = 47573336;
const labelsHash = 1613798102;

const set = drawDigits({ count: 1003, seed: 7 });
const image = (i: number) => set.images.subarray(784 * i, 784 * (i + 1));

describe("drawDigits", () => {
  test("says what it holds", () => {
    expect(set).toMatchObject({ count: 1003, height: 28, width: 28, channels: 1, classes: 10, name: "digits" });
    expect(set.images.length).toBe(1003 * 784);
  });

  test("gives the same bytes on every machine", () => {
    const { images, labels } = drawDigits({ count: 50, seed: 7 });
    expect([fingerprint(images), fingerprint(labels)]).toEqual([imagesHash, labelsHash]);
  });

  test("gives other bytes for another seed", () => {
    expect(fingerprint(drawDigits({ count: 50, seed: 8 }).images)).not.toBe(imagesHash);
  });

  test("balances the classes to within one, and shuffles them", () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of set.labels) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual([101, 101, 101, 100, 100, 100, 100, 100, 100, 100]);
    const inOrder = set.labels.reduce((sum, label, i) => sum + Number(label === i % 10), 0);
    expect(inOrder).toBeLessThan(200);
  });

  test("draws every image, white on black, inside the frame, centred by mass", () => {
    for (let i = 0; i < set.count; i++) {
      let mass = 0;
      let massX = 0;
      let massY = 0;
      let frame = 0;
      let nextToFrameX = false;
      let nextToFrameY = false;
      image(i).forEach((ink, at) => {
        const x = at % 28;
        const y = Math.floor(at / 28);
        mass += ink;
        massX += ink * x;
        massY += ink * y;
        if (x === 0 || y === 0 || x === 27 || y === 27) frame += ink;
        if (ink > 0 && (x === 1 || x === 26)) nextToFrameX = true;
        if (ink > 0 && (y === 1 || y === 26)) nextToFrameY = true;
      });
      const drawn = `digit ${set.labels[i]}, image ${i}`;
      expect(mass / 255, drawn).toBeGreaterThan(15);
      expect(mass / 255, drawn).toBeLessThan(320);
      // Half a pixel of rounding, 0.6 of wander, a little for strength and noise; unless ink is already next to the frame.
      expect(Math.abs(massX / mass - 14) < 1.3 || nextToFrameX, drawn).toBe(true);
      expect(Math.abs(massY / mass - 14) < 1.3 || nextToFrameY, drawn).toBe(true);
      expect(frame, drawn).toBe(0);
    }
  });

  test("has about MNIST's brightness: mean 0.13, deviation 0.31", () => {
    const mean = set.images.reduce((sum, ink) => sum + ink / 255, 0) / set.images.length;
    const square = set.images.reduce((sum, ink) => sum + (ink / 255) ** 2, 0) / set.images.length;
    expect(Math.abs(mean - 0.1307)).toBeLessThan(0.02);
    expect(Math.abs(Math.sqrt(square - mean * mean) - 0.3081)).toBeLessThan(0.02);
  });

  test("draws digits that can be told apart: nearest neighbours of another seed read them", () => {
    const known = drawDigits({ count: 2000, seed: 1 });
    expect(nearestNeighbourAccuracy(known, drawDigits({ count: 300, seed: 2 }))).toBeGreaterThan(0.85);
  });

  test("never draws the same image twice", () => {
    expect(new Set(Array.from({ length: set.count }, (_, i) => fingerprint(image(i)))).size).toBe(set.count);
  });

  test("draws larger images alike", () => {
    const large = drawDigits({ count: 10, seed: 7, size: 56 });
    const mean = large.images.reduce((sum, ink) => sum + ink / 255, 0) / large.images.length;
    expect(large.images.length).toBe(10 * 56 * 56);
    expect(Math.abs(mean - 0.1307)).toBeLessThan(0.06);
  });

  test.each([
    [{ count: 0, seed: 1 }, /count 0; wanted a whole number from 1/],
    [{ count: 2.5, seed: 1 }, /count 2\.5/],
    [{ count: 1, seed: -1 }, /seed -1; wanted a whole number from 0/],
    [{ count: 1, seed: Number.NaN }, /seed NaN/],
    [{ count: 1, seed: 1, size: 8 }, /size 8/],
  ])("refuses %o", (options, message) => {
    expect(() => drawDigits(options)).toThrow(GraphError);
    expect(() => drawDigits(options)).toThrow(message);
  });
});

test("each digit has several glyphs, whose points lie in the unit box", () => {
  expect(glyphs.length).toBe(10);
  for (const digit of glyphs) {
    expect(digit.length).toBeGreaterThanOrEqual(4);
    for (const { weight, strokes } of digit) {
      expect(weight).toBeGreaterThan(0);
      for (const stroke of strokes) {
        expect(stroke.length).toBeGreaterThanOrEqual(2);
        for (const { x, y } of stroke) expect(x >= 0 && x <= 1 && y >= 0 && y <= 1).toBe(true);
      }
    }
  }
});
