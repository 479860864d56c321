import { expect, test } from "vitest";
import { standardScaling } from "../../src/data/statistics.ts";

test("pixels scaled to mean 0 and deviation 1", () => {
  const images = Uint8Array.from([0, 0, 10, 250, 40, 255]);
  const { scale, offset } = standardScaling({ images });
  const scaled = [...images].map((pixel) => pixel * scale + offset);
  const mean = scaled.reduce((sum, x) => sum + x, 0) / scaled.length;
  expect(mean).toBeCloseTo(0, 12);
  expect(scaled.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scaled.length).toBeCloseTo(1, 12);
});

test("a set of one value is only centred", () => {
  expect(standardScaling({ images: new Uint8Array(4).fill(7) })).toEqual({ scale: 1, offset: -7 });
});
