import { expect, test } from "vitest";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { testGpu } from "../support/run.ts";

test("LeNet-5 learns to read drawn digits that it has not seen", async () => {
  const gpu = await testGpu();
  const model = lenet5();
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
  const canvas = { height: 32, width: 32 };
  const seen = imageDataset(gpu, drawDigits({ count: 800, seed: 1 }), canvas);
  const unseen = imageDataset(gpu, drawDigits({ count: 200, seed: 2 }), canvas);
  expect((await model.evaluate(unseen)).accuracy).toBeLessThan(0.3);
  const { epochs } = await model.fit(seen, { epochs: 2, batchSize: 16, validationData: unseen });
  expect(epochs[1]?.valLoss).toBeLessThan(epochs[0]?.valLoss ?? 0);
  expect(epochs.at(-1)?.valAccuracy).toBeGreaterThan(0.7);
  model.dispose();
  seen.dispose();
  unseen.dispose();
});
