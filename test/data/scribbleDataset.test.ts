import { describe, expect, test } from "vitest";
import { FormatError, GraphError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { drawCells } from "../../src/data/cells.ts";
import {
  type ScribbleDataset,
  type ScribbledImage,
  scribbleDataset,
  unlabelled,
} from "../../src/data/scribbleDataset.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { conv2d } from "../../src/nn/layers.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses.ts";
import { sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { maskOf, TilePredictor } from "../../src/nn/predictTiles.ts";
import { recovery } from "../../src/nn/recovery.ts";
import type { TrainerOptions } from "../../src/nn/trainer.ts";
import { plan } from "../../src/passes/index.ts";
import { tensor, testGpu } from "../support/run.ts";

const none = (count: number) => new Uint8Array(count).fill(unlabelled);

function toy(labels: Uint8Array): ScribbledImage {
  const pixels = Uint8Array.from({ length: labels.length }, (_, i) => (13 * i) % 256);
  return { pixels, height: 10, width: 14, channels: 1, labels, classes: ["a", "b", "c"], name: "toy" };
}

/** Values of a batch of the data set, as it is now. */
async function read<K extends string>({ store }: ScribbleDataset, values: Readonly<Record<K, Value>>) {
  const graph = plan(makeGraph("batch", values), store.layout, store.gpu.target);
  const commands = await CommandGraph.compile(graph, store);
  commands.run();
  const names = Object.keys(values) as K[];
  const read = await Promise.all(names.map(async (name) => [name, [...(await commands.read(name))]] as const));
  commands.dispose();
  return Object.fromEntries(read) as Record<K, number[]>;
}

describe("a batch", () => {
  test("is crops about labelled pixels, the classes by turns, a rare one weighing more", async () => {
    const labels = none(140);
    labels.fill(0, 0, 12);
    labels[139] = 2;
    const data = scribbleDataset(await testGpu(), toy(labels), { size: 4 });
    expect(data).toMatchObject({ count: 256, classes: 3, inputShape: [4, 4, 1], name: "toy" });
    const { y, weights } = data.batch(tensor([4], [0, 1, 1, 1], "u32"), 64);
    if (!weights) throw new Error("weights");
    const seen = await read(data, { y, weights });
    const crops = Array.from({ length: 64 }, (_, b) => seen.y.slice(16 * b, 16 * b + 16));
    expect(crops.every((crop) => crop.some((label) => label !== unlabelled))).toBe(true);
    const rare = crops.filter((crop) => crop.includes(2)).length;
    // Half of them are about the one pixel of class 2: 32 of 64, deviation 4.
    expect(Math.abs(rare - 32)).toBeLessThan(16);
    // 12 pixels and 1: as 1 / sqrt(12) to 1, so that the mean over the 13 is 1.
    const single = 13 / (Math.sqrt(12) + 1);
    const wanted = seen.y.map((label) => (label === 0 ? single / Math.sqrt(12) : label === 2 ? single : 0));
    seen.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
    });
    data.dispose();
  });

  test("follows new labels without another graph", async () => {
    const labels = none(140);
    labels[0] = 1;
    const data = scribbleDataset(await testGpu(), toy(labels), { size: 4 });
    const { y } = data.batch(tensor([4], [0, 1, 1, 1], "u32"), 32);
    const seen = async () => new Set((await read(data, { y })).y);
    expect(await seen()).toEqual(new Set([1, unlabelled]));
    const next = none(140);
    next[77] = 0;
    next[20] = 2;
    data.relabel(next);
    expect(await seen()).toEqual(new Set([0, 2, unlabelled]));
    data.dispose();
  });
});

/** A section of cells, and labels of some pixels of every 12th row: about 2 %. */
function drawing(size: number) {
  const { images: pixels, masks } = drawCells({ count: 1, seed: 4, size });
  const labels = masks.map((label, i) => (Math.floor(i / size) % 12 === 5 && i % size < 24 ? label : unlabelled));
  return { masks, image: { pixels, height: size, width: size, channels: 1, labels } };
}

/** A network that learns a drawing, and how much of it is right. */
async function learner(gpu: Gpu, options: Pick<TrainerOptions, "recovery"> = {}) {
  const size = 96;
  const { masks, image } = drawing(size);
  const data = scribbleDataset(gpu, { ...image, classes: ["cell", "membrane"], name: "cells" }, { size: 48 });
  const layer = { padding: "same", activation: "relu", kernelInitializer: "heNormal" } as const;
  const model = sequential({
    inputShape: [48, 48, 1],
    layers: [
      conv2d({ ...layer, filters: 8, kernelSize: 5 }),
      conv2d({ ...layer, filters: 8, kernelSize: 5 }),
      conv2d({ filters: 2, kernelSize: 1 }),
    ],
  });
  const loss = sparseCategoricalCrossentropy({ ignoreClass: unlabelled });
  await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss, seed: 1 });
  const trainer = await model.trainer(data, { batchSize: 4, ...options });
  const predictor = await TilePredictor.create(model, { size: [size, size], margin: 0, batchSize: 1 });
  const right = async () => {
    const mask = maskOf(await trainer.survive(() => predictor.predict(image)), 2);
    return mask.filter((label, i) => label === masks[i]).length / mask.length;
  };
  const turned = image.labels.map((label) => (label === unlabelled ? label : 1 - label));
  const dispose = () => {
    trainer.dispose();
    predictor.dispose();
    model.dispose();
    data.dispose();
  };
  return { data, model, trainer, right, turned, dispose };
}

test("a network learns a drawing from a few strokes, and corrections while it learns", {
  timeout: 60_000,
}, async () => {
  const { data, trainer, right, turned, dispose } = await learner(await testGpu());
  for (let i = 0; i < 60; i++) trainer.step();
  const learned = await right();
  // 78 % would be right by calling everything a cell.
  expect(learned).toBeGreaterThan(0.82);
  // The same pixels the other way round: what was right is wrong soon.
  data.relabel(turned);
  for (let i = 0; i < 60; i++) trainer.step();
  expect(await right()).toBeLessThan(0.5);
  dispose();
});

test("labels that come while a lost device is replaced are learned on the next, and tiles are predicted there", {
  timeout: 60_000,
}, async () => {
  const gpu = await Gpu.create();
  const { data, model, trainer, right, turned, dispose } = await learner(gpu, {
    recovery: recovery({ snapshotEvery: 8 }),
  });
  for (let i = 0; i < 20; i++) trainer.step();
  gpu.device.destroy();
  await gpu.lost;
  expect(trainer.isRestoring).toBe(true);
  data.relabel(turned);
  await right();
  expect(model.stepsDone).toBe(20);
  expect(model.compiled.gpu).not.toBe(gpu);
  for (let i = 0; i < 60; i++) trainer.step();
  expect(await right()).toBeLessThan(0.5);
  dispose();
});

test("wrong images and labels", async () => {
  const gpu = await testGpu();
  const labels = none(140);
  expect(() => scribbleDataset(gpu, toy(labels), { size: 4 })).toThrow(/no labelled pixel.*Paint a stroke/);
  labels[30] = 3;
  expect(() => scribbleDataset(gpu, toy(labels), { size: 4 })).toThrow(
    /label 3 at row 2, column 2; wanted 0 to 2 \(a, b, c\), or 255 for none/,
  );
  labels[30] = 1;
  const make =
    (image: object, options: object = {}) =>
    () =>
      scribbleDataset(gpu, { ...toy(labels), ...image }, { size: 4, ...options });
  expect(make({ labels: none(139) })).toThrow(/139 labels; wanted 140/);
  expect(make({ pixels: none(139) })).toThrow(FormatError);
  expect(make({ classes: ["a"] })).toThrow(/classes a; wanted 2 to 255 names/);
  expect(make({ classes: ["a", "a"] })).toThrow(FormatError);
  expect(make({}, { cropsPerEpoch: 0 })).toThrow(GraphError);
  expect(make({}, { crop: 4 })).toThrow(/option crop/);
  const data = make({})();
  expect(() => data.relabel(none(140))).toThrow(FormatError);
  data.dispose();
});
