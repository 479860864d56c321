import { describe, expect, test } from "vitest";
import { FormatError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { sliceMasks } from "../../src/data/segmentation.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { evaluateSegmentation } from "../../src/nn/evaluateSegmentation.ts";
import { conv2d } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { testGpu } from "../support/run.ts";
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

test("wrong options", async () => {
  const gpu = await testGpu();
  const make = (options: object) => () => segmentationDataset(gpu, cells, { size: 32, ...options });
  expect(make({ size: 0 })).toThrow(ShapeError);
  expect(make({ maskSize: 40 })).toThrow(/crops of 32 pixels a side with masks of 40/);
  expect(make({ cropsPerEpoch: 2.5 })).toThrow(/cropsPerEpoch 2\.5/);
  expect(make({ weights: new Float32Array(5) })).toThrow(/5 weights; wanted 55296, one for each pixel/);
  expect(make({ crops: 5 })).toThrow(GraphError);
  expect(() => segmentationDataset(gpu, { ...cells, masks: cells.masks.subarray(1) }, { size: 32 })).toThrow(
    FormatError,
  );
});
