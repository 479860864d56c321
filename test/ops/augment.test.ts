import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable, type Variable } from "../../src/core/graph.ts";
import { type Shape, sizeOf, tensorType } from "../../src/core/types.ts";
import { coverOf, type GatherCropsAttrs, type GatherCropsOptions, gatherCrops } from "../../src/ops/augment.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { type CropSet, type Cursor, referenceCrops } from "../support/referenceCrops.ts";
import { evaluate, tensor } from "../support/run.ts";

function bytes(name: string, shape: Shape, data: Uint8Array): Variable {
  return makeVariable({ name, role: "data", type: tensorType(shape, "u8"), initial: { kind: "values", data } });
}

async function cropped({ shape, pixels, masks }: CropSet, cursor: Cursor, options: GatherCropsOptions) {
  const images = bytes("images", shape, pixels);
  const labels = bytes("masks", shape.slice(0, 3), masks);
  const { x, y } = gatherCrops(images.value, labels.value, tensor([4], cursor, "u32"), options);
  return evaluate({ x, y }, { variables: [images, labels] });
}

/** Pixels without a pattern, and masks with another. */
function noisySet(shape: CropSet["shape"]): CropSet {
  const pixels = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (Math.imul(i + 1, 0x9e3779b9) >>> 13) % 256);
  const count = sizeOf(shape.slice(0, 3));
  return {
    shape,
    pixels,
    masks: Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + 7, 0x85ebca6b) >>> 11) % 5),
  };
}

/** Pixels that tell where they are: channels (row, column, image). The mask is the row, or the column. */
function coordinateSet(n: number, h: number, w: number, mask: "row" | "column"): CropSet {
  const at = (pixel: number) => [Math.floor(pixel / w) % h, pixel % w, Math.floor(pixel / (h * w))];
  const pixels = Uint8Array.from({ length: n * h * w * 3 }, (_, i) => at(Math.floor(i / 3))[i % 3] ?? 0);
  const masks = Uint8Array.from({ length: n * h * w }, (_, i) => at(i)[mask === "row" ? 0 : 1] ?? 0);
  return { shape: [n, h, w, 3], pixels, masks };
}

function attrsOf({ shape }: CropSet, options: GatherCropsOptions): GatherCropsAttrs {
  const { augment = {}, maskSize = options.size } = options;
  return {
    maskSize,
    from: 0,
    count: shape[0],
    crops: coverOf(shape, maskSize).crops,
    scale: 1 / 255,
    offset: 0,
    horizontalFlip: false,
    verticalFlip: false,
    quarterTurns: false,
    brightness: 0,
    contrast: 0,
    extras: [],
    ...options,
    ...augment,
    elastic: augment.elastic ? { deviation: 10, grid: 3, ...augment.elastic } : null,
  };
}

/** Largest difference to the reference; the masks must be equal. */
async function worst(set: CropSet, cursor: Cursor, options: GatherCropsOptions): Promise<number> {
  const got = await cropped(set, cursor, options);
  const want = referenceCrops(set, cursor, attrsOf(set, options));
  expect([...got.y]).toEqual(want.y);
  return want.x.reduce((most, value, i) => Math.max(most, Math.abs(value - (got.x[i] ?? Number.NaN))), 0);
}

describe("without shuffling", () => {
  test.each<[CropSet["shape"], GatherCropsOptions]>([
    [[2, 8, 8, 1], { batchSize: 2, size: 8 }],
    [[2, 13, 10, 1], { batchSize: 9, size: 6 }],
    [[3, 7, 17, 3], { batchSize: 10, size: 5 }],
    [[1, 5, 5, 2], { batchSize: 1, size: 9 }],
    [[2, 1, 1, 1], { batchSize: 2, size: 3 }],
    [[1, 12, 9, 1], { batchSize: 12, size: 10, maskSize: 4 }],
    [[1, 3, 2, 1], { batchSize: 2, size: 21, maskSize: 3 }],
    [[1, 40, 40, 1], { batchSize: 4, size: 33 }],
  ])("crops of %o cover the images: %o", async (shape, options) => {
    const set = noisySet(shape);
    expect(await worst(set, [0, 5, 1, 0], { ...options, scale: 1 })).toBe(0);
  });

  test("every pixel of every image is in some mask, and nothing is changed", async () => {
    const set = coordinateSet(2, 11, 14, "row");
    const { crops } = coverOf(set.shape, 4);
    expect(crops).toBe(2 * 3 * 4);
    const augment = { quarterTurns: true, verticalFlip: true, brightness: 1, contrast: 1, elastic: {} };
    const { x, y } = await cropped(set, [0, 1, 1, 0], { batchSize: crops, size: 8, maskSize: 4, scale: 1, augment });
    const seen = new Set<string>();
    for (let crop = 0; crop < crops; crop++) {
      for (let pixel = 0; pixel < 16; pixel++) {
        const at = 3 * (crop * 64 + (2 + Math.floor(pixel / 4)) * 8 + 2 + (pixel % 4));
        expect(x[at]).toBe(y[crop * 16 + pixel]);
        seen.add([...x.slice(at, at + 3)].join());
      }
    }
    expect(seen.size).toBe(2 * 11 * 14);
  });

  test("without augmentation a crop is the image", async () => {
    const set = noisySet([3, 6, 6, 2]);
    const { x, y } = await cropped(set, [0, 0, 0, 0], { batchSize: 3, size: 6, scale: 2, offset: -1 });
    expect([...x]).toEqual([...set.pixels].map((pixel) => 2 * pixel - 1));
    expect([...y]).toEqual([...set.masks]);
  });

  test("positions past the last crop are blank, without labels", async () => {
    const set = noisySet([2, 4, 4, 1]);
    for (const shuffle of [0, 1]) {
      const { x, y } = await cropped(set, [5, 1, 1, shuffle], { batchSize: 3, size: 2, crops: 6, scale: 1, offset: 3 });
      expect([...x.slice(4)]).toEqual(new Array(8).fill(3));
      expect([...y.slice(4)]).toEqual(new Array(8).fill(-100));
      expect(Math.min(...y.slice(0, 4))).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("random crops", () => {
  const set = noisySet([3, 19, 23, 2]);
  const options = { batchSize: 16, size: 8, crops: 16, scale: 1 };

  test.each<[string, Partial<GatherCropsOptions>]>([
    ["nothing", {}],
    ["horizontal flips", { augment: { horizontalFlip: true } }],
    ["vertical flips", { augment: { verticalFlip: true } }],
    ["quarter turns", { augment: { quarterTurns: true } }],
    ["all eight", { augment: { horizontalFlip: true, verticalFlip: true, quarterTurns: true } }],
    ["of an odd side", { size: 7, augment: { horizontalFlip: true, quarterTurns: true } }],
    ["a small mask", { size: 12, maskSize: 6, augment: { verticalFlip: true, quarterTurns: true } }],
    ["larger than the image", { size: 30, augment: { horizontalFlip: true, quarterTurns: true } }],
  ])("equal the reference, bit for bit: %s", async (_, more) => {
    expect(await worst(set, [0, 7, 2, 1], { ...options, ...more })).toBe(0);
  });

  test("each orientation comes about as often", async () => {
    // Channel 0 grows along rows, channel 1 along columns: their steps from the first pixel on tell the orientation.
    const coordinates = coordinateSet(1, 16, 16, "row");
    const augment = { horizontalFlip: true, verticalFlip: true, quarterTurns: true };
    const { x } = await cropped(coordinates, [0, 1, 1, 1], { batchSize: 256, crops: 256, size: 4, scale: 1, augment });
    const counts = new Map<string, number>();
    for (let b = 0; b < 256; b++) {
      const at = (pixel: number) => [x[3 * (16 * b + pixel)] ?? 0, x[3 * (16 * b + pixel) + 1] ?? 0] as const;
      const [origin, right, beneath] = [at(0), at(1), at(4)];
      const key = [right, beneath].map((to) => `${to[0] - origin[0]},${to[1] - origin[1]}`).join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    // Chi-square of 7 degrees: beyond 29 once in 10,000.
    expect([...counts.values()].reduce((sum, seen) => sum + (seen - 32) ** 2 / 32, 0)).toBeLessThan(29);
  });

  test("each image comes once before any comes again, and places reach all borders", async () => {
    const coordinates = coordinateSet(5, 12, 14, "row");
    const { x } = await cropped(coordinates, [0, 3, 1, 1], { batchSize: 200, crops: 200, size: 4, scale: 1 });
    const corner = (b: number) => [...x.slice(48 * b, 48 * b + 3)];
    const examples = Array.from({ length: 200 }, (_, b) => corner(b)[2]);
    for (let b = 0; b < 200; b += 5) expect(new Set(examples.slice(b, b + 5)).size).toBe(5);
    expect(new Set(Array.from({ length: 40 }, (_, i) => examples.slice(5 * i, 5 * i + 5).join())).size).toBeGreaterThan(
      20,
    );
    const [rows, columns] = [0, 1].map((axis) => Array.from({ length: 200 }, (_, b) => corner(b)[axis] ?? -1));
    expect([...new Set(rows)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...new Set(columns)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("depend on seed, epoch and position alone", async () => {
    const augment = { quarterTurns: true, brightness: 0.2, contrast: 0.3, elastic: { deviation: 2 } };
    const all = { ...options, augment };
    const { x, y } = await cropped(set, [0, 7, 2, 1], all);
    const again = await cropped(set, [0, 7, 2, 1], all);
    expect([...again.x]).toEqual([...x]);
    expect([...again.y]).toEqual([...y]);
    const part = await cropped(set, [5, 7, 2, 1], { ...all, batchSize: 3 });
    expect([...part.x]).toEqual([...x.slice(5 * 128, 8 * 128)]);
    for (const cursor of [
      [0, 8, 2, 1],
      [0, 7, 3, 1],
    ] as const) {
      expect([...(await cropped(set, cursor, all)).x]).not.toEqual([...x]);
    }
  });
});

describe("tone", () => {
  const set = noisySet([2, 12, 12, 3]);
  const options = { batchSize: 32, crops: 32, size: 4, scale: 1 };

  test.each([
    { brightness: 0.3 },
    { contrast: 0.5 },
    { brightness: 0.1, contrast: 0.2 },
    { brightness: 1, contrast: 1 },
  ])("%o: as the reference, within the range of bytes", async (augment) => {
    expect(await worst(set, [0, 9, 1, 1], { ...options, augment })).toBeLessThan(1e-4);
    const { x } = await cropped(set, [0, 9, 1, 1], { ...options, augment });
    const plain = await cropped(set, [0, 9, 1, 1], options);
    expect([Math.min(...x) >= 0, Math.max(...x) <= 255]).toEqual([true, true]);
    const { brightness = 0, contrast = 0 } = augment as { brightness?: number; contrast?: number };
    x.forEach((value, i) => {
      const before = plain.x[i] ?? 0;
      const most = 255 * brightness + contrast * Math.abs(before - 127.5);
      expect(Math.abs(value - before)).toBeLessThan(most + 1e-4);
    });
  });

  test("masks are not touched", async () => {
    const { y } = await cropped(set, [0, 9, 1, 1], { ...options, augment: { brightness: 1, contrast: 1 } });
    expect([...y]).toEqual([...(await cropped(set, [0, 9, 1, 1], options)).y]);
  });
});

describe("elastic deformation", () => {
  test.each([
    { size: 32, elastic: { deviation: 3, grid: 3 } },
    { size: 25, elastic: { deviation: 6, grid: 2 } },
    { size: 31, elastic: { deviation: 2, grid: 7 } },
    { size: 40, elastic: { deviation: 1, grid: 16 } },
    { size: 1, elastic: { deviation: 4, grid: 3 } },
  ])("%o: as the reference in f64", async ({ size, elastic }) => {
    const set = coordinateSet(2, 100, 90, "row");
    const options = { batchSize: 3, crops: 3, size, scale: 1, augment: { elastic, quarterTurns: true } };
    const got = await cropped(set, [0, 4, 1, 1], options);
    const want = referenceCrops(set, [0, 4, 1, 1], attrsOf(set, options));
    want.x.forEach((value, i) => {
      expect(Math.abs(value - (got.x[i] ?? Number.NaN))).toBeLessThan(2e-4);
    });
    // The nearest row may be the other one where the source lies halfway, within what f32 can tell.
    want.y.forEach((row, i) => {
      const [source = 0] = want.sources[i] ?? [];
      if (Math.abs(source - Math.floor(source) - 0.5) > 1e-4) expect(got.y[i]).toBe(row);
    });
  });

  test.each(["row", "column"] as const)("image and mask go together: %s", async (axis) => {
    const set = coordinateSet(1, 120, 110, axis);
    const augment = { elastic: { deviation: 10 }, horizontalFlip: true, verticalFlip: true, quarterTurns: true };
    const { x, y } = await cropped(set, [0, 2, 5, 1], { batchSize: 8, crops: 8, size: 40, scale: 1, augment });
    const differences = [...y].map((label, i) => (x[3 * i + (axis === "row" ? 0 : 1)] ?? Number.NaN) - label);
    // The image says where the pixel comes from, the mask the same rounded; mirrored at a border both turn around.
    for (const difference of differences) expect(Math.abs(difference)).toBeLessThan(0.5 + 1e-3);
    expect(Math.max(...differences.map(Math.abs))).toBeGreaterThan(0.3);
  });

  test("nodes move by as much as was asked for, and nothing by more than the bound", async () => {
    const deviation = 3;
    const set = coordinateSet(1, 200, 200, "row");
    const shared = { batchSize: 128, crops: 128, size: 21, scale: 1 };
    const bent = await cropped(set, [0, 6, 1, 1], { ...shared, augment: { elastic: { deviation } } });
    const straight = await cropped(set, [0, 6, 1, 1], shared);
    const moves = [...bent.x].map((value, i) => value - (straight.x[i] ?? 0)).filter((_, i) => i % 3 < 2);
    // Weights of Catmull-Rom add up to 1.25 at most on each axis; a node moves by up to 3.45 deviations. A border of the
    // image can only make a move look smaller.
    expect(Math.max(...moves.map(Math.abs))).toBeLessThan(1.25 ** 2 * 3.46 * deviation);
    const corners = moves.filter((_, i) => Math.floor(i / 2) % 441 === 220);
    const square = corners.reduce((sum, move) => sum + move * move, 0) / corners.length;
    // 256 numbers: the deviation is known to 1 / sqrt(2 * 256) = 4.4 %.
    expect(Math.abs(Math.sqrt(square) / deviation - 1)).toBeLessThan(0.18);
  });

  test("of deviation 0 changes nothing", async () => {
    const set = noisySet([2, 30, 30, 1]);
    const options = { batchSize: 4, crops: 4, size: 16, scale: 1 };
    const still = await cropped(set, [0, 1, 1, 1], { ...options, augment: { elastic: { deviation: 0 } } });
    const plain = await cropped(set, [0, 1, 1, 1], options);
    expect([...still.x]).toEqual([...plain.x]);
    expect([...still.y]).toEqual([...plain.y]);
  });
});

describe("a part of the images", () => {
  const [whole, from, count] = [noisySet([5, 13, 11, 2]), 2, 2];
  const pixels = whole.pixels.subarray(from * 13 * 11 * 2, (from + count) * 13 * 11 * 2);
  const masks = whole.masks.subarray(from * 13 * 11, (from + count) * 13 * 11);
  const alone: CropSet = { shape: [count, 13, 11, 2], pixels, masks };

  test.each([0, 1])("is cropped as if it were all there is, shuffle %i", async (shuffle) => {
    const options = { batchSize: 10, size: 6, augment: { quarterTurns: true, elastic: { deviation: 1 } } };
    const got = await cropped(whole, [3, 9, 2, shuffle], { ...options, from, count });
    const wanted = await cropped(alone, [3, 9, 2, shuffle], options);
    expect([...got.x]).toEqual([...wanted.x]);
    expect([...got.y]).toEqual([...wanted.y]);
    // 2 x 3 x 2 crops cover the two images: of positions 3 to 12 the last is blank.
    expect([...got.y].filter((label) => label < 0)).toHaveLength(36);
  });

  test("lies within them", () => {
    const images = bytes("images", [2, 8, 8, 1], new Uint8Array(128)).value;
    const labels = bytes("masks", [2, 8, 8], new Uint8Array(128)).value;
    const cursor = tensor([4], [0, 0, 0, 0], "u32");
    const gather = (part: object) => () => gatherCrops(images, labels, cursor, { batchSize: 2, size: 4, ...part });
    expect(gather({ from: 1, count: 2 })).toThrow(/images 1 to 2; wanted at most 1/);
    expect(gather({ from: 2 })).toThrow(/count 0; wanted a whole number of at least 1/);
    expect(gather({ from: -1 })).toThrow(/from -1/);
  });
});

test("weights are cut like the masks; blank pixels weigh nothing", async () => {
  const set = noisySet([2, 14, 11, 1]);
  const [images, masks] = [bytes("images", set.shape, set.pixels), bytes("masks", [2, 14, 11], set.masks)];
  const weights = tensor(
    [2, 14, 11],
    [...set.masks].map((label) => 0.5 + label),
  );
  const augment = { horizontalFlip: true, quarterTurns: true, elastic: { deviation: 2 } };
  const options = { batchSize: 6, crops: 5, size: 12, maskSize: 8, augment, weights };
  const batch = gatherCrops(images.value, masks.value, tensor([4], [0, 3, 2, 1], "u32"), options);
  if (!batch.weights) throw new Error("weights");
  const { y, w } = await evaluate({ y: batch.y, w: batch.weights }, { variables: [images, masks] });
  expect([...w]).toEqual([...y].map((label) => (label < 0 ? 0 : 0.5 + label)));
  expect([...y].filter((label) => label < 0)).toHaveLength(64);
});

test("one dispatch", () => {
  const images = bytes("images", [2, 64, 64, 1], new Uint8Array(8192));
  const masks = bytes("masks", [2, 64, 64], new Uint8Array(8192));
  const cursor = input("cursor", tensorType([4], "u32"));
  const { x, y } = gatherCrops(images.value, masks.value, cursor, { batchSize: 4, size: 32, augment: { elastic: {} } });
  const planned = plan(makeGraph("crops", { x, y }), layVariables([images, masks]), defaultTarget);
  expect(planned.calls).toHaveLength(1);
});

test("wrong input", () => {
  const images = bytes("images", [2, 8, 8, 1], new Uint8Array(128)).value;
  const masks = bytes("masks", [2, 8, 8], new Uint8Array(128)).value;
  const cursor = tensor([4], [0, 0, 0, 0], "u32");
  const gather = (options: object) => () => gatherCrops(images, masks, cursor, { batchSize: 2, size: 4, ...options });
  expect(gather({ batchSize: 0 })).toThrow(/batchSize 0; wanted a whole number of at least 1/);
  expect(gather({ size: 2.5, maskSize: 2 })).toThrow(/size 2\.5/);
  expect(gather({ maskSize: 3 })).toThrow(
    /maskSize 3; wanted maskSize to be a whole number up to 4 that lies in the middle/,
  );
  expect(gather({ maskSize: 6 })).toThrow(GraphError);
  expect(gather({ crops: 0 })).toThrow(/crops 0/);
  expect(gather({ scale: Number.NaN })).toThrow(/scale NaN/);
  expect(gather({ padding: 2 })).toThrow(/option padding/);
  expect(gather({ augment: { rotate: true } })).toThrow(/option rotate; wanted one of horizontalFlip/);
  expect(gather({ augment: { horizontalFlip: 1 } })).toThrow(/horizontalFlip 1; wanted true or false/);
  expect(gather({ augment: { brightness: 2 } })).toThrow(/brightness 2; wanted brightness to be from 0 to 1/);
  expect(gather({ augment: { contrast: -0.1 } })).toThrow(/contrast -0\.1/);
  expect(gather({ augment: { elastic: { deviation: -1 } } })).toThrow(/elastic\.deviation -1/);
  expect(gather({ augment: { elastic: { grid: 1 } } })).toThrow(/elastic\.grid 1; wanted a whole number from 2 to 16/);
  expect(gather({ augment: { elastic: { sigma: 1 } } })).toThrow(/option sigma/);
  expect(() => gatherCrops(masks, masks, cursor, { batchSize: 2, size: 4 })).toThrow(ShapeError);
  const short = bytes("masks", [2, 8, 7], new Uint8Array(112)).value;
  expect(() => gatherCrops(images, short, cursor, { batchSize: 2, size: 4 })).toThrow(
    /masks u8\[2, 8, 7\]; wanted \[2, 8, 8\]/,
  );
  const weights = tensor([2, 8], new Float32Array(16));
  expect(gather({ weights })).toThrow(/weights f32\[2, 8\]; wanted \[2, 8, 8\]/);
  const floats = tensor([2, 8, 8], new Float32Array(128));
  expect(() => gatherCrops(images, floats, cursor, { batchSize: 2, size: 4 })).toThrow(DTypeError);
  expect(() => gatherCrops(images, masks, tensor([3], [0, 0, 0], "u32"), { batchSize: 2, size: 4 })).toThrow(
    ShapeError,
  );
});
