import { describe, expect, test } from "vitest";
import { FormatError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { borderWeights, type CellMask } from "../../src/data/borderWeights.ts";
import { drawCells } from "../../src/data/cells.ts";
import type { PixelWeights } from "../../src/data/pixelWeights.ts";
import { sliceMasks } from "../../src/data/segmentation.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { subset } from "../../src/data/subset.ts";
import { evaluateSegmentation } from "../../src/nn/evaluateSegmentation.ts";
import type { History } from "../../src/nn/fit.ts";
import { conv2d } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { evaluate, tensor, testGpu } from "../support/run.ts";
import { bestThreshold } from "../support/threshold.ts";

const cells = drawCells({ count: 6, seed: 3, size: 96 });

function segmenter(size: number, padding: "same" | "valid") {
  const layer = { padding, activation: "relu", kernelInitializer: "heNormal" } as const;
  return sequential({
    inputShape: [size, size, 1],
    layers: [
      conv2d({ ...layer, filters: 8, kernelSize: 5 }),
      conv2d({ ...layer, filters: 8, kernelSize: 5 }),
      conv2d({ filters: 2, kernelSize: 1 }),
    ],
  });
}

describe("a network learns drawn cells from crops", () => {
  test.each([
    ["same", 48, 48],
    ["valid", 48, 40],
  ] as const)("%s convolutions, %i to %i", async (padding, size, maskSize) => {
    const gpu = await testGpu();
    const model = segmenter(size, padding);
    await model.compile({
      gpu,
      optimizer: adam({ learningRate: 0.01 }),
      loss: "sparseCategoricalCrossentropy",
      seed: 1,
    });
    const augment = { horizontalFlip: true, verticalFlip: true, quarterTurns: true, brightness: 0.05, contrast: 0.1 };
    const train = segmentationDataset(gpu, sliceMasks(cells, 0, 4), {
      size,
      maskSize,
      augment: { ...augment, elastic: { deviation: 3 } },
      cropsPerEpoch: 120,
    });
    const held = sliceMasks(cells, 4, 6);
    const test = segmentationDataset(gpu, held, { size, maskSize });
    expect(train).toMatchObject({ count: 120, classes: 2, inputShape: [size, size, 1], name: "cells" });
    const before = await model.evaluate(test, { batchSize: 4 });
    await model.fit(train, { epochs: 1, batchSize: 4 });
    const after = await model.evaluate(test, { batchSize: 4 });
    expect(after.loss).toBeLessThan(0.8 * before.loss);
    // Pixels in overlapping crops count again; every pixel of the two images counts.
    const pixels = after.confusion.flat().reduce((sum, count) => sum + count, 0);
    expect(pixels).toBe(test.count * maskSize * maskSize);
    const { pixelAccuracy, dice } = await evaluateSegmentation(model, held, { testTimeAugmentation: true });
    const threshold = bestThreshold(held);
    expect(pixelAccuracy).toBeGreaterThan(threshold.pixelAccuracy);
    expect(dice[1]).toBeGreaterThan(threshold.dice);
    train.dispose();
    test.dispose();
    model.dispose();
  });
});

test("weights take part in the loss", async () => {
  const gpu = await testGpu();
  const model = segmenter(32, "same");
  await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
  const set = sliceMasks(cells, 0, 1);
  const lossOf = async (weigh: ((label: number) => number) | null) => {
    const weights = weigh && Float32Array.from(set.masks, weigh);
    const data = segmentationDataset(gpu, set, { size: 32, ...(weights ? { weights } : {}) });
    return (await model.evaluate(data, { batchSize: 9 })).loss;
  };
  const [plain, ones, cellsAlone, membranesAlone] = [
    await lossOf(null),
    await lossOf(() => 1),
    await lossOf((label) => 1 - label),
    await lossOf((label) => label),
  ];
  expect(Math.abs(ones - plain)).toBeLessThan(1e-5);
  // The mean is over the pixels, whatever they weigh: so the parts add up.
  expect(Math.abs(cellsAlone + membranesAlone - plain)).toBeLessThan(1e-5);
  expect(Math.min(cellsAlone, membranesAlone)).toBeGreaterThan(0.01);
});

test("border weights come of each mask, and follow their pixels through crops, flips and turns", async () => {
  const gpu = await testGpu();
  const augment = { horizontalFlip: true, verticalFlip: true, quarterTurns: true };
  const border = (mask: CellMask) => borderWeights(mask, { background: 1 });
  const area = 96 * 96;
  const maps = [0, 1].map((i) =>
    border({ data: cells.masks.subarray(i * area, (i + 1) * area), height: 96, width: 96 }),
  );
  const set = sliceMasks(cells, 0, 2);
  const byHand = new Float32Array(2 * area);
  maps.forEach((map, i) => {
    byHand.set(map, i * area);
  });
  const batchOf = async (weights: PixelWeights, cursor: number[]) => {
    const data = segmentationDataset(gpu, set, { size: 32, maskSize: 20, augment, cropsPerEpoch: 8, weights });
    const batch = data.batch(tensor([4], cursor, "u32"), 8);
    if (!batch.weights) throw new Error("weights");
    const read = await evaluate({ y: batch.y, w: batch.weights }, { variables: [...data.store.layout.places.keys()] });
    data.dispose();
    return read;
  };
  const shuffled = [0, 7, 1, 1];
  const [got, wanted] = [await batchOf(border, shuffled), await batchOf(byHand, shuffled)];
  expect([...got.w]).toEqual([...wanted.w]);
  // Within a cell all weights are one, between cells they are larger than the least of background.
  const inside = maps.map((map, i) => map[cells.masks.subarray(i * area, (i + 1) * area).indexOf(0)]);
  got.y.forEach((label, i) => {
    const image = inside.indexOf(got.w[i]);
    expect(label === 0).toBe(image >= 0);
  });
  expect(Math.max(...got.w)).toBeGreaterThan(5);
});

describe("a part", () => {
  test("has the images of its range alone", async () => {
    const gpu = await testGpu();
    const model = segmenter(32, "same");
    await model.compile({ gpu, optimizer: adam(), loss: "sparseCategoricalCrossentropy", seed: 1 });
    const options = { size: 32, augment: { quarterTurns: true }, cropsPerEpoch: 60 };
    const whole = segmentationDataset(gpu, cells, options);
    const middle = subset(whole, 2, 3);
    expect(middle).toMatchObject({ count: 30, images: 3 });
    const last = subset(middle, 1, 2);
    expect(last).toMatchObject({ count: 20, images: 2 });
    const alone = segmentationDataset(gpu, sliceMasks(cells, 3, 5), { ...options, cropsPerEpoch: 20 });
    expect(await model.evaluate(last, { batchSize: 9 })).toEqual(await model.evaluate(alone, { batchSize: 9 }));
    expect(() => subset(whole, 4, 3)).toThrow(/3 images from 4 on; wanted a part, 1 or more, of its 6/);
    for (const data of [whole, alone]) data.dispose();
    model.dispose();
  });

  test("validationSplit keeps the last images, whole, and trains on crops of the others", async () => {
    const gpu = await testGpu();
    const augment = { horizontalFlip: true, quarterTurns: true };
    const data = segmentationDataset(gpu, cells, { size: 32, augment, cropsPerEpoch: 24 });
    const trainCells = segmentationDataset(gpu, sliceMasks(cells, 0, 4), { size: 32, augment, cropsPerEpoch: 16 });
    const heldCells = segmentationDataset(gpu, sliceMasks(cells, 4, 6), { size: 32 });
    const histories: History[] = [];
    for (const [set, options] of [
      [data, { validationSplit: 1 / 3 }],
      [trainCells, { validationData: heldCells }],
    ] as const) {
      const model = segmenter(32, "same");
      const optimizer = adam({ learningRate: 0.01 });
      await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
      histories.push(await model.fit(set, { epochs: 2, batchSize: 4, ...options }));
      expect(model.stepsDone).toBe(8);
      model.dispose();
    }
    const [split, byHand] = histories;
    expect(split?.losses).toEqual(byHand?.losses);
    expect(split?.epochs.map(({ valLoss, valAccuracy }) => [valLoss, valAccuracy])).toEqual(
      byHand?.epochs.map(({ valLoss, valAccuracy }) => [valLoss, valAccuracy]),
    );
    const model = segmenter(32, "same");
    await model.compile({ gpu, optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
    await expect(model.fit(data, { validationSplit: 0.95 })).rejects.toThrow(/validationSplit 0\.95 of 6 images/);
    model.dispose();
    for (const set of [data, trainCells, heldCells]) set.dispose();
  });
});

test("wrong options", async () => {
  const gpu = await testGpu();
  const make = (options: object) => () => segmentationDataset(gpu, cells, { size: 32, ...options });
  expect(make({ size: 0 })).toThrow(ShapeError);
  expect(make({ maskSize: 40 })).toThrow(/crops of 32 pixels a side with masks of 40/);
  expect(make({ cropsPerEpoch: 2.5 })).toThrow(/cropsPerEpoch 2\.5/);
  expect(make({ weights: new Float32Array(5) })).toThrow(/5 weights; wanted 55296, one for each pixel/);
  expect(make({ weights: () => [1, 2] })).toThrow(/cells, mask 0: 2 weights; wanted 9216, one for each pixel/);
  const negative = new Float32Array(6 * 96 * 96).fill(1);
  negative[96 * 96 + 2 * 96 + 5] = -3;
  expect(make({ weights: negative })).toThrow(/cells: weight -3 for image 1, row 2, column 5; wanted a finite number/);
  expect(make({ crops: 5 })).toThrow(GraphError);
  expect(() => segmentationDataset(gpu, { ...cells, masks: cells.masks.subarray(1) }, { size: 32 })).toThrow(
    FormatError,
  );
});
