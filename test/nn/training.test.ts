import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";
import { type Trained, train } from "../support/training.ts";

const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
const common = { optimizer, batchSize: 16, steps: 6, seed: 7 };

let data: Dataset;
let first: Trained;
beforeAll(async () => {
  data = digitSet(await testGpu(), 96);
  first = await train(tinyNetwork(), data, common);
});

describe("the same seed", () => {
  test("gives the same losses and weights, bit for bit", async () => {
    const again = await train(tinyNetwork(), data, common);
    expect(again.losses).toEqual(first.losses);
    expect(again.weights).toEqual(first.weights);
    expect(Object.keys(first.weights)).toHaveLength(6);
  });

  test("does so with Adam", async () => {
    const options = { ...common, optimizer: adam({ learningRate: 0.01 }) };
    const [once, twice] = [await train(tinyNetwork(), data, options), await train(tinyNetwork(), data, options)];
    expect(twice).toEqual(once);
    expect(once.weights).not.toEqual(first.weights);
  });

  test("and another gives others", async () => {
    const other = await train(tinyNetwork(), data, { ...common, seed: 8 });
    expect(other.losses).not.toEqual(first.losses);
    expect(other.weights["conv/kernel"]).not.toEqual(first.weights["conv/kernel"]);
  });
});

describe("a training step", () => {
  test("lowers the loss", () => {
    expect(first.losses.every((loss) => Number.isFinite(loss))).toBe(true);
    expect(first.losses[5]).toBeLessThan(first.losses[0] ?? 0);
  });

  test("is the same, in bits, where no two tensors share a slot", async () => {
    const unshared = await train(tinyNetwork(), data, { ...common, share: false });
    expect(unshared.losses).toEqual(first.losses);
    expect(unshared.weights).toEqual(first.weights);
  });

  test("is the same, in bits, where every slot held NaN before it", async () => {
    const poisoned = await train(tinyNetwork(), data, { ...common, poison: true });
    expect(poisoned.losses).toEqual(first.losses);
    expect(poisoned.weights).toEqual(first.weights);
  });

  test("is the same without fusion, but for the rounding that a fused kernel leaves out", async () => {
    const unfused = await train(tinyNetwork(), data, { ...common, fuse: false });
    expect(unfused.dispatches).toBeGreaterThan(first.dispatches);
    for (const [name, values] of Object.entries(first.weights)) {
      const error = Math.max(...values.map((value, i) => Math.abs(value - (unfused.weights[name]?.[i] ?? Number.NaN))));
      // A compiler may contract a product and a sum of one kernel into one rounding: some units of the last place.
      expect(error, name).toBeLessThan(2e-6);
    }
  });
});
