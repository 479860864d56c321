import { describe, expect, test } from "vitest";
import { FormatError, GraphError, ShapeError } from "../../src/core/errors.ts";
import type { LabelledMasks } from "../../src/data/segmentation.ts";
import { countConfusion, evaluateSegmentation, segmentationScores } from "../../src/nn/evaluateSegmentation.ts";
import { conv2d, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { maskOf, predictTiles, type TileOptions } from "../../src/nn/predictTiles.ts";
import { testGpu } from "../support/run.ts";

interface NetOptions {
  readonly tile: number;
  readonly padding: "same" | "valid";
  /** [3, 3, 1, filters]. */
  readonly kernel: readonly number[];
  readonly bias?: readonly number[];
}

/** One 3 x 3 convolution with a given kernel. */
async function net({ tile, padding, kernel, bias }: NetOptions): Promise<Model> {
  const filters = kernel.length / 9;
  const model = sequential({
    inputShape: [tile, tile, 1],
    layers: [conv2d({ name: "conv", filters, kernelSize: 3, padding })],
  });
  await model.compile({
    gpu: await testGpu(),
    optimizer: sgd({ learningRate: 1 }),
    loss: "sparseCategoricalCrossentropy",
  });
  const { store, state } = model.compiled;
  const [weights, biases] = state.parameters;
  if (!weights || !biases) throw new Error("a kernel and a bias");
  store.write(weights, Float32Array.from(kernel));
  store.write(biases, Float32Array.from(bias ?? new Array<number>(filters).fill(0)));
  return model;
}

/** Kernels that give the pixel itself, and the pixel before it in row and column. */
const itself = [0, 0, 0, 0, 1, 0, 0, 0, 0];
const before = [1, 0, 0, 0, 0, 0, 0, 0, 0];

function picture(height: number, width: number) {
  const pixels = Uint8Array.from({ length: height * width }, (_, i) => (Math.imul(i + 1, 0x9e3779b9) >>> 9) % 256);
  return { pixels, height, width, channels: 1 };
}

const raw: TileOptions = { scale: 1, offset: 0, output: "probabilities" };
const reflect = (i: number, side: number): number =>
  side === 1 ? 0 : i < 0 ? reflect(-i, side) : i >= side ? reflect(2 * (side - 1) - i, side) : i;

describe("tiles fit together again", () => {
  const sizes = [
    [8, 8],
    [20, 13],
    [5, 7],
    [1, 1],
    [33, 8],
  ] as const;

  test.each<[string, "same" | "valid", TileOptions]>([
    ["same", "same", {}],
    ["same, nothing left out", "same", { margin: 0 }],
    ["same, averaged", "same", { margin: 1, overlap: 3, batchSize: 3 }],
    ["valid", "valid", {}],
    ["valid, with a margin, one by one", "valid", { margin: 2, batchSize: 1 }],
    ["same, all eight orientations", "same", { testTimeAugmentation: true }],
    ["valid, all eight orientations", "valid", { testTimeAugmentation: true, overlap: 2, batchSize: 5 }],
  ])("%s", async (_, padding, options) => {
    const model = await net({ tile: 8, padding, kernel: itself });
    for (const [height, width] of sizes) {
      const image = picture(height, width);
      // Sums of up to 8 x 9 whole numbers are exact, and so are their means.
      expect([...(await predictTiles(model, image, { ...raw, ...options }))]).toEqual([...image.pixels]);
    }
    model.dispose();
  });

  test.each<[string, "same" | "valid"]>([
    ["same", "same"],
    ["valid", "valid"],
  ])("of any size, one for the whole image too: %s", async (_, padding) => {
    const model = await net({ tile: 8, padding, kernel: before });
    const image = picture(20, 13);
    const by = (options: TileOptions) => predictTiles(model, image, { ...raw, margin: 1, ...options });
    const wanted = [...(await by({}))];
    expect([...(await by({ size: [11, 9] }))]).toEqual(wanted);
    expect([...(await by({ size: [24, 17], batchSize: 1 }))]).toEqual(wanted);
    model.dispose();
  });

  test("a valid network sees the mirrored image beyond the borders", async () => {
    const model = await net({ tile: 8, padding: "valid", kernel: before });
    for (const [height, width] of sizes) {
      const { pixels, ...image } = picture(height, width);
      const want = [...pixels].map((_, i) => {
        const [row, column] = [Math.floor(i / width) - 1, (i % width) - 1];
        return pixels[reflect(row, height) * width + reflect(column, width)];
      });
      expect([...(await predictTiles(model, { pixels, ...image }, raw))]).toEqual(want);
    }
    model.dispose();
  });

  test("test-time augmentation averages what the network says of all orientations", async () => {
    const model = await net({ tile: 8, padding: "valid", kernel: before });
    const { pixels, ...image } = picture(15, 11);
    const at = (row: number, column: number) => pixels[reflect(row, 15) * 11 + reflect(column, 11)] ?? Number.NaN;
    const want = [...pixels].map((_, i) => {
      const [row, column] = [Math.floor(i / 11), i % 11];
      // The pixel before it in row and column becomes each of the four corners, twice.
      return (
        (at(row - 1, column - 1) + at(row - 1, column + 1) + at(row + 1, column - 1) + at(row + 1, column + 1)) / 4
      );
    });
    expect([...(await predictTiles(model, { pixels, ...image }, { ...raw, testTimeAugmentation: true }))]).toEqual(
      want,
    );
    model.dispose();
  });

  test("logits become probabilities, of normalized pixels", async () => {
    // Logits: (0, x).
    const kernel = Array.from({ length: 18 }, (_, i) => (i === 9 ? 1 : 0));
    const model = await net({ tile: 8, padding: "same", kernel });
    const image = picture(10, 9);
    const y = await predictTiles(model, image);
    expect(y.length).toBe(180);
    image.pixels.forEach((pixel, i) => {
      const p = 1 / (1 + Math.exp(-(pixel / 127.5 - 1)));
      expect(Math.abs((y[2 * i + 1] ?? 9) - p)).toBeLessThan(2e-6);
      expect(Math.abs((y[2 * i] ?? 9) - (1 - p))).toBeLessThan(2e-6);
    });
    expect([...maskOf(y, 2)]).toEqual([...image.pixels].map((pixel) => (pixel > 127 ? 1 : 0)));
    model.dispose();
  });
});

describe("evaluateSegmentation", () => {
  const classes = ["dark", "light"];

  function set(height: number, width: number, wrong: number): LabelledMasks {
    const { pixels: images } = picture(2 * height, width);
    const masks = Uint8Array.from(images, (pixel, i) => (pixel > 127 ? 1 : 0) ^ (i < wrong ? 1 : 0));
    return { images, masks, count: 2, height, width, channels: 1, classes, name: "toy" };
  }

  test("counts every pixel of every image once", async () => {
    const kernel = Array.from({ length: 18 }, (_, i) => (i === 9 ? 1 : 0));
    const model = await net({ tile: 8, padding: "same", kernel });
    const perfect = await evaluateSegmentation(model, set(13, 9, 0));
    expect(perfect).toMatchObject({ pixelAccuracy: 1, iou: [1, 1], dice: [1, 1] });
    expect(perfect.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(2 * 13 * 9);

    const seen: number[][] = [];
    const toy = set(13, 9, 5);
    const { pixelAccuracy } = await evaluateSegmentation(model, toy, {
      onImage: (i, prediction, total) => void seen.push([i, prediction.length, total]),
    });
    expect(pixelAccuracy).toBeCloseTo(1 - 5 / 234, 12);
    expect(seen).toEqual([
      [0, 117, 2],
      [1, 117, 2],
    ]);
    await expect(evaluateSegmentation(model, { ...toy, classes: ["a", "b", "c"] })).rejects.toThrow(
      /toy: a model of 2 classes; wanted 3: a, b, c/,
    );
    await expect(evaluateSegmentation(model, { ...toy, masks: new Uint8Array(3) })).rejects.toThrow(FormatError);
    model.dispose();
  });

  test("is given up with the batch of tiles under way; so is the prediction of one image", async () => {
    const kernel = Array.from({ length: 18 }, (_, i) => (i === 9 ? 1 : 0));
    const model = await net({ tile: 8, padding: "same", kernel });
    const toy = set(13, 9, 0);
    const controller = new AbortController();
    const seen: number[] = [];
    const onImage = (i: number) => {
      seen.push(i);
      controller.abort();
    };
    const { signal } = controller;
    await expect(evaluateSegmentation(model, toy, { onImage, signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(seen).toEqual([0]);
    await expect(predictTiles(model, picture(9, 9), { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    model.dispose();
  });

  test("scores of a confusion matrix", () => {
    const confusion = [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ];
    countConfusion(confusion, Uint8Array.of(0, 0, 0, 0, 1, 1, 1), Uint8Array.of(0, 0, 0, 1, 1, 1, 0));
    expect(confusion).toEqual([
      [3, 1, 0],
      [1, 2, 0],
      [0, 0, 0],
    ]);
    const { pixelAccuracy, iou, dice } = segmentationScores(confusion);
    expect(pixelAccuracy).toBe(5 / 7);
    expect(iou).toEqual([3 / 5, 2 / 4, Number.NaN]);
    expect(dice).toEqual([6 / 8, 4 / 6, Number.NaN]);
  });
});

test("wrong input", async () => {
  const model = await net({ tile: 8, padding: "same", kernel: itself });
  const image = picture(9, 9);
  const predict = (options: object, other = image) => predictTiles(model, other, { ...raw, ...options });
  await expect(predict({ margin: 4 })).rejects.toThrow(/margin 4 and overlap 0 of an output of 8 pixels/);
  await expect(predict({ overlap: 6 })).rejects.toThrow(GraphError);
  await expect(predict({ batchSize: 0 })).rejects.toThrow(/batchSize 0/);
  await expect(predict({ size: [8, 0] })).rejects.toThrow(/size\[1\] 0/);
  await expect(predict({ stride: 2 })).rejects.toThrow(/option stride/);
  await expect(predict({ output: "sigmoid" })).rejects.toThrow(/output "sigmoid"; wanted one of logits, probabilities/);
  await expect(predict({}, { ...image, channels: 3 })).rejects.toThrow(
    /81 numbers for an image \[9, 9, 3\]; wanted \[height, width, 1\]/,
  );
  const data = { ...image, pixels: undefined, data: image.pixels } as unknown as typeof image;
  await expect(predict({}, data)).rejects.toThrow(/no numbers for an image \[9, 9, 1\]/);
  await expect(predict({}, { ...image, height: 0 })).rejects.toThrow(ShapeError);
  model.dispose();
  const gpu = await testGpu();
  const compile = { gpu, optimizer: sgd({ learningRate: 1 }), loss: "sparseCategoricalCrossentropy" } as const;
  const flat = await sequential({ inputShape: [8, 8, 1], layers: [flatten()] }).compile(compile);
  await expect(predictTiles(flat, image)).rejects.toThrow(/a model from \[8, 8, 1\] to \[64\]/);
  const oblong = await sequential({ inputShape: [8, 6, 1], layers: [conv2d({ filters: 2, kernelSize: 1 })] }).compile(
    compile,
  );
  await expect(predictTiles(oblong, image, { testTimeAugmentation: true })).rejects.toThrow(/wanted square tiles/);
  expect((await predictTiles(oblong, image)).length).toBe(162);
});
