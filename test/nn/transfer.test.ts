import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { activation, batchNormalization, conv2d, dense, flatten, maxPooling2d } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { withNewHead } from "../../src/nn/transfer.ts";
import { digitSet } from "../support/digits.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

const loss = "sparseCategoricalCrossentropy";
const trunkNames = [
  "conv/kernel",
  "conv/bias",
  "bn/gamma",
  "bn/beta",
  "bn/movingMean",
  "bn/movingVariance",
  "hidden/kernel",
  "hidden/bias",
];

let data: Dataset;
let trained: Model;

/** A convolution with batch normalization, a pool, a dense layer, ten classes. */
function network(): Model {
  return sequential({
    name: "digits",
    inputShape: [28, 28, 1],
    layers: [
      conv2d({ name: "conv", filters: 4, kernelSize: 5, strides: 2 }),
      batchNormalization({ name: "bn", momentum: 0.5 }),
      activation({ name: "relu", activation: "relu" }),
      maxPooling2d({ name: "pool", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "hidden", units: 14, activation: "tanh" }),
      dense({ name: "logits", units: 10 }),
    ],
  });
}

/** All weights by name. */
async function valuesOf(model: Model): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const variable of model.compiled.state.variables.values()) {
    values[variable.name] = await readWeight(model, variable);
  }
  return values;
}

function pick(values: Record<string, Float32Array>, names: readonly string[]) {
  return names.map((name) => [name, [...(values[name] ?? [])]]);
}

const newHead = () =>
  withNewHead(trained, { name: "other", upTo: "hidden", head: [dense({ name: "fresh", units: 10 })] });

beforeAll(async () => {
  const gpu = await testGpu();
  data = digitSet(gpu, 32);
  trained = await network().compile({ gpu, optimizer: sgd({ learningRate: 0.05 }), loss, seed: 1 });
  await trained.fit(data, { epochs: 2, batchSize: 16 });
});

describe("a trained trunk under a new head", () => {
  test("starts from what the trunk has learned, whatever the seed", async () => {
    const before = await valuesOf(trained);
    const fresh = await valuesOf(await network().compile({ optimizer: sgd(), loss, seed: 1, gpu: await testGpu() }));
    expect(pick(fresh, ["conv/kernel"])).not.toEqual(pick(before, ["conv/kernel"]));
    const other = await newHead().compile({ optimizer: sgd(), loss, seed: 7 });
    const values = await valuesOf(other);
    expect(Object.keys(values)).toEqual([...trunkNames, "fresh/kernel", "fresh/bias"]);
    expect(pick(values, trunkNames)).toEqual(pick(before, trunkNames));
    other.dispose();
  });

  test("frozen, its bits and running statistics stay while the head learns", async () => {
    const before = await valuesOf(trained);
    const other = newHead().freeze("hidden");
    await other.compile({ optimizer: sgd({ learningRate: 0.1 }), loss, seed: 2 });
    const start = await valuesOf(other);
    const { losses } = await other.fit(data, { epochs: 4, batchSize: 16 });
    const after = await valuesOf(other);
    expect(pick(after, trunkNames)).toEqual(pick(before, trunkNames));
    expect(pick(after, ["fresh/kernel"])).not.toEqual(pick(start, ["fresh/kernel"]));
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);

    // Fine tuning: all layers learn from here on, and the trained model keeps its own values.
    await other.unfreeze().compile({ optimizer: sgd({ learningRate: 0.01 }), loss });
    expect(pick(await valuesOf(other), ["fresh/kernel"])).toEqual(pick(after, ["fresh/kernel"]));
    await other.fit(data, { batchSize: 16 });
    const tuned = await valuesOf(other);
    for (const name of trunkNames) expect(pick(tuned, [name]), name).not.toEqual(pick(before, [name]));
    expect(await valuesOf(trained)).toEqual(before);
    other.dispose();
  });
});
