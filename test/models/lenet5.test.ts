import { expect, test } from "vitest";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { testGpu } from "../support/run.ts";
import { printPlan } from "../../src/core/plan.ts";

test("LeNet-5 is Table 7.2 of 001: shapes and counts", () => {
  const model = lenet5();
  expect(model.symbols.map(({ shape }) => shape.join("x"))).toEqual([
    "28x28x6",
    "14x14x6",
    "10x10x16",
    "5x5x16",
    "400",
    "120",
    "84",
    "10",
  ]);
  expect([...model.layers.keys()].map((layer) => layer.parameterCount)).toEqual([156, 0, 2416, 0, 0, 48120, 10164, 850]);
  expect(model.parameterCount).toBe(61_706);
});

test("LeNet-5 learns drawn digits", async () => {
  const gpu = await testGpu();
  const model = lenet5();
  await model.compile({ gpu, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
  const train = imageDataset(gpu, drawDigits({ count: 2000, seed: 1 }), { height: 32, width: 32 });
  const plan = model.trainPlan(train, 64);
  console.log(printPlan(plan));
  console.log(model.summary({ batchSize: 64 }));
  const t = performance.now();
  for await (const p of model.fit(train, { epochs: 2, batchSize: 64 })) console.log(JSON.stringify({ ...p, losses: p.losses.length, t: performance.now() - t }));
});
