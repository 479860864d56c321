import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { makeVariable } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { gatherCrops } from "../../src/ops/augment.ts";
import { evaluate, tensor } from "../support/run.ts";
import { threefry } from "../support/threefry.ts";

/** Two images whose two channels are row and column, and masks that are 1 at the listed pixels. */
function spotted([h, w]: readonly [number, number], spots: readonly number[]) {
  const pixels = Uint8Array.from({ length: 2 * h * w * 2 }, (_, i) =>
    i % 2 === 0 ? Math.floor(i / 2 / w) % h : (i >> 1) % w,
  );
  const masks = new Uint8Array(2 * h * w);
  for (const spot of spots) masks[spot] = 1;
  const bytes = (name: string, shape: readonly number[], data: Uint8Array) =>
    makeVariable({ name, role: "data", type: tensorType(shape, "u8"), initial: { kind: "values", data } });
  return { images: bytes("images", [2, h, w, 2], pixels), masks: bytes("masks", [2, h, w], masks) };
}

describe("crops about listed pixels", () => {
  const [h, w, size] = [23, 31, 8];
  // Corners, borders, the middle, and two in the second image.
  const spots = [0, w - 1, (h - 1) * w, h * w - 1, 11 * w + 15, h * w + 5 * w + 30, 2 * h * w - 1];
  const centres = tensor([spots.length], spots, "u32");
  const augment = { horizontalFlip: true, verticalFlip: true, quarterTurns: true };

  test("hold one of them, anywhere in the mask, and stay within the image", async () => {
    const { images, masks } = spotted([h, w], spots);
    const options = { batchSize: 200, size, crops: 200, scale: 1, augment, centres };
    const batch = gatherCrops(images.value, masks.value, tensor([4], [0, 7, 2, 1], "u32"), options);
    const { x, y } = await evaluate({ x: batch.x, y: batch.y }, { variables: [images, masks] });
    const places = new Set<number>();
    for (let b = 0; b < 200; b++) {
      const labels = y.subarray(b * size * size, (b + 1) * size * size);
      expect(labels).toContain(1);
      places.add(labels.indexOf(1));
      const rows = Array.from({ length: size * size }, (_, i) => x[2 * (b * size * size + i)] ?? -1);
      // Mirrored rows would come twice.
      expect(new Set(rows).size).toBe(size);
    }
    // Six of the seven lie at borders, where crops have fewer places to go.
    expect(places.size).toBeGreaterThan(24);
  });

  test("each place is that of the documentation", async () => {
    const { images, masks } = spotted([h, w], spots);
    const options = { batchSize: 64, size, crops: 64, scale: 1, centres };
    const batch = gatherCrops(images.value, masks.value, tensor([4], [3, 5, 9, 1], "u32"), options);
    const { x } = await evaluate({ x: batch.x }, { variables: [images, masks] });
    const below = (bits: number, count: number) => Math.floor(((bits >>> 16) * count) / 65_536);
    for (let b = 0; b < 61; b++) {
      const [pick = 0, place = 0] = threefry([5, 9], [3 + b, 0]);
      const spot = (spots[below(pick, spots.length)] ?? 0) % (h * w);
      const about = (at: number, bits: number, side: number) =>
        Math.min(side - size, Math.max(0, at - below(bits, size)));
      const corner = [about(Math.floor(spot / w), place, h), about(spot % w, place << 16, w)];
      expect([...x.slice(2 * b * size * size, 2 * b * size * size + 2)]).toEqual(corner);
    }
  });

  test("an image smaller than the mask lies in its middle; evaluation does not look at the list", async () => {
    const { images, masks } = spotted([4, 3], [5]);
    const one = { batchSize: 1, size: 9, scale: 1, centres: tensor([1], [5], "u32") };
    const crop = async (shuffle: number) => {
      const batch = gatherCrops(images.value, masks.value, tensor([4], [0, 1, 1, shuffle], "u32"), one);
      return [...(await evaluate({ x: batch.x }, { variables: [images, masks] })).x];
    };
    expect(await crop(1)).toEqual(await crop(0));
  });

  test("go with weights", async () => {
    const { images, masks } = spotted([h, w], spots);
    const weights = tensor(
      [2, h, w],
      Array.from({ length: 2 * h * w }, (_, i) => (spots.includes(i) ? 3 : 0.5)),
    );
    const options = { batchSize: 8, size, crops: 8, augment, centres, weights };
    const batch = gatherCrops(images.value, masks.value, tensor([4], [0, 7, 2, 1], "u32"), options);
    if (!batch.weights) throw new Error("weights");
    const { y, w: cut } = await evaluate({ y: batch.y, w: batch.weights }, { variables: [images, masks] });
    expect([...cut]).toEqual([...y].map((label) => (label === 1 ? 3 : 0.5)));
  });

  test("wrong lists", () => {
    const { images, masks } = spotted([h, w], spots);
    const cursor = tensor([4], [0, 0, 0, 0], "u32");
    const gather = (list: object) => () =>
      gatherCrops(images.value, masks.value, cursor, { batchSize: 1, size, ...list });
    expect(gather({ centres: tensor([2], [0, 0]) })).toThrow(/centres/);
    expect(gather({ centres: tensor([1, 2], [0, 0], "u32") })).toThrow(ShapeError);
    expect(gather({ centres: tensor([65_537], new Uint32Array(65_537), "u32") })).toThrow(/from 1 to 65536 pixels/);
  });
});
