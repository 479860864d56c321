import { describe, expect, test } from "vitest";
import { FormatError, ShapeError, TrainingError } from "../../src/core/errors.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import type { LabelledImages } from "../../src/data/labelledImages.ts";
import type { LabelledMasks } from "../../src/data/segmentation.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import * as layers from "../../src/nn/layers.ts";
import type { Loss, LossName } from "../../src/nn/losses.ts";
import * as losses from "../../src/nn/losses.ts";
import { sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { expectAnswers } from "../support/fourAnswers.ts";
import { testGpu } from "../support/run.ts";

/** Data that do not fit: an error before the first step where that can be known, else at the step. */
const gpu = await testGpu();

function images(count: number, label = 1): LabelledImages {
  const pixels = Uint8Array.from({ length: 16 * count }, (_, i) => (i * 37) % 251);
  const labels = new Uint8Array(count).fill(label);
  return { images: pixels, labels, count, height: 4, width: 4, channels: 1, classes: 3, name: "tiny" };
}

function masks(parts: Partial<LabelledMasks> = {}): LabelledMasks {
  const [pixels, labels] = [new Uint8Array(128), new Uint8Array(128)];
  const sides = { count: 2, height: 8, width: 8, channels: 1, classes: ["cell", "membrane"], name: "slices" };
  return { images: pixels, masks: labels, ...sides, ...parts };
}

async function compiled(units: number, normalized = false, loss: LossName | Loss = "sparseCategoricalCrossentropy") {
  const norm = normalized ? [layers.batchNormalization({ name: "norm" })] : [];
  const fc = layers.dense({ name: "fc", units });
  const network = sequential({ name: "net", inputShape: [4, 4, 1], layers: [layers.flatten(), ...norm, fc] });
  const optimizer = sgd({ learningRate: 0.01 });
  return network.compile({ gpu, optimizer, loss });
}

describe("labels out of range", () => {
  test("of the model: at the step", async () => {
    const model = await compiled(2);
    const data = imageDataset(gpu, images(4, 2));
    const mistake = () => model.fit(data, { batchSize: 2 }).then((history) => history);
    await expectAnswers(mistake, TrainingError, "step 1", /a loss of NaN.*labels outside the model's classes/);
    data.dispose();
    model.dispose();
  });

  test("of the model: at the end of an evaluation, with how many there are", async () => {
    const model = await compiled(2);
    const set = images(5);
    set.labels.set([2, 0, 1, 2, 1]);
    const data = imageDataset(gpu, set);
    const [where, message] = [
      "net/evaluate",
      /2 of 5 labels of tiny outside the model's classes; wanted labels from 0 to 1/,
    ];
    await expectAnswers(() => model.evaluate(data, { batchSize: 2 }), TrainingError, where, message);
    data.dispose();
    model.dispose();
  });

  test("which the loss leaves out: none", async () => {
    const model = await compiled(2, false, losses.sparseCategoricalCrossentropy({ ignoreClass: 2 }));
    const set = images(5);
    set.labels.set([2, 0, 1, 2, 1]);
    const data = imageDataset(gpu, set);
    const { confusion, loss } = await model.evaluate(data, { batchSize: 5 });
    expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(3);
    expect(loss).toBeGreaterThan(0);
    data.dispose();
    model.dispose();
  });

  test("of a data set: when it is made", async () => {
    const mistake = () => imageDataset(gpu, images(4, 3));
    await expectAnswers(mistake, FormatError, "tiny", /label 3 at index 0; wanted labels from 0 to 2/);
  });

  test("of a data set of masks: when it is made", async () => {
    await expectAnswers(
      () => segmentationDataset(gpu, masks({ masks: new Uint8Array(128).fill(2, 70) }), { size: 8 }),
      FormatError,
      "slices",
      /2 in the mask of image 1, at row 0, column 6; wanted 0 to 1 \(cell, membrane\)/,
    );
  });
});

describe("empty data", () => {
  test("images", async () => {
    await expectAnswers(
      () => imageDataset(gpu, images(0)),
      FormatError,
      "tiny",
      /^tiny: 0 images of 4x4x1; wanted at least/,
    );
  });

  test("masks", async () => {
    const empty = masks({ count: 0, images: new Uint8Array(), masks: new Uint8Array() });
    await expectAnswers(() => segmentationDataset(gpu, empty, { size: 8 }), FormatError, "slices", /0 images of 8x8x1/);
  });
});

describe("masks of another size", () => {
  test("than their images", async () => {
    const mistake = () => segmentationDataset(gpu, masks({ masks: new Uint8Array(100) }), { size: 8 });
    await expectAnswers(mistake, FormatError, "slices", /128 bytes of images and 100 of masks; wanted 128 and 128/);
  });

  test.each<[LossName | Loss, number, string, RegExp]>([
    ["sparseCategoricalCrossentropy", 2, "loss/crossEntropy", /labels i32\[2, 8, 8\] for scores f32\[2, 6, 6, 2\]/],
    [losses.diceLoss(), 2, "loss/overlapLoss", /targets i32\[2, 8, 8\] for scores f32\[2, 6, 6, 2\]/],
    ["binaryCrossentropy", 1, "loss/bceWithLogits", /target i32\[2, 8, 8\] for a prediction f32\[2, 6, 6, 1\]/],
  ])("than the output of the model, by %j", async (loss, filters, where, message) => {
    const conv = layers.conv2d({ name: "conv", filters, kernelSize: 3 });
    const network = sequential({ name: "net", inputShape: [8, 8, 1], layers: [conv] });
    const model = await network.compile({ gpu, optimizer: sgd({ learningRate: 0.01 }), loss });
    const data = segmentationDataset(gpu, masks(), { size: 8 });
    const mistake = () => model.fit(data, { batchSize: 2 }).then((history) => history);
    await expectAnswers(mistake, ShapeError, where, message);
    data.dispose();
    model.dispose();
  });
});

test.each([1, 3])("batch normalization over a batch of one value a channel: 4 examples by %i", async (batchSize) => {
  const model = await compiled(3, true);
  const data = imageDataset(gpu, images(4));
  const mistake = () => model.fit(data, { batchSize }).then((history) => history);
  await expectAnswers(mistake, ShapeError, "net/norm/batchNorm", /x \[1, 16\], one value in each channel/);
  data.dispose();
  model.dispose();
});
