import { describe, expect, test } from "vitest";
import { GraphError, TrainingError } from "../../src/core/errors.ts";
import { unet } from "../../src/models/index.ts";
import { inputLayer, type SymbolicTensor } from "../../src/nn/layer.ts";
import { batchNormalization, conv2d, dense, flatten } from "../../src/nn/layers.ts";
import { type Model, model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { withNewHead } from "../../src/nn/transfer.ts";

const small = () =>
  sequential({
    name: "small",
    inputShape: [4, 4, 1],
    layers: [
      conv2d({ name: "conv", filters: 2, kernelSize: 3 }),
      batchNormalization({ name: "bn" }),
      flatten({ name: "flatten" }),
      dense({ name: "fc", units: 3 }),
    ],
  });

const learning = (network: Model) =>
  network
    .namedWeights()
    .filter(({ trainable }) => trainable)
    .map(({ name }) => name);

describe("freeze", () => {
  test("up to a layer: it and what feeds it", () => {
    const network = small();
    expect(network.trainableParameterCount).toBe(20 + 4 + 27);
    expect(learning(network.freeze("bn"))).toEqual(["fc/kernel", "fc/bias"]);
    expect(network.trainableParameterCount).toBe(27);
    expect(network.parameterCount).toBe(20 + 8 + 27);
  });

  test("everything, and back", () => {
    const network = small().freeze();
    expect(learning(network)).toEqual([]);
    expect(learning(network.unfreeze("conv"))).toEqual(["conv/kernel", "conv/bias"]);
    expect(learning(network.unfreeze())).toHaveLength(6);
  });

  test("in a U-Net, up to the middle is the encoder", () => {
    const network = unet({ inputShape: [16, 16, 1], padding: "same", base: 2, depth: 2 }).freeze("mid/conv2");
    const parts = new Set(learning(network).map((name) => name.split("/")[0]));
    expect([...parts]).toEqual(["up1", "dec1", "up0", "dec0", "head"]);
  });

  test("layers of a model within a model", () => {
    const inner = small();
    const x = inputLayer([4, 4, 1]);
    const outer = model({ inputs: x, outputs: dense({ name: "head", units: 2 }).apply(inner.apply(x)) });
    expect(learning(outer.freeze("small"))).toEqual(["head/kernel", "head/bias"]);
    expect(inner.trainableParameterCount).toBe(0);
    expect(learning(outer.unfreeze())).toHaveLength(8);
  });

  test("a model within a model learns again by its own unfreeze, in both", () => {
    const inner = small();
    const x = inputLayer([4, 4, 1]);
    const outer = model({ inputs: x, outputs: dense({ name: "head", units: 2 }).apply(inner.apply(x)) }).freeze();
    inner.unfreeze("conv");
    expect(learning(inner)).toEqual(["conv/kernel", "conv/bias"]);
    expect(learning(outer)).toEqual(["small/conv/kernel", "small/conv/bias"]);
    inner.unfreeze();
    expect(learning(outer)).toHaveLength(6);
  });

  test("`trainable` of a model is that of its layers, so that batch normalization within is frozen too", () => {
    const inner = small();
    inner.trainable = false;
    expect([...inner.layers.keys()].map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    expect([inner.trainable, inner.mixesExamples]).toEqual([false, false]);
    inner.unfreeze("conv");
    expect(inner.trainable).toBe(true);
  });

  test("an unknown layer is an error that lists the others", () => {
    expect(() => small().freeze("conv9")).toThrow(GraphError);
    expect(() => small().freeze("conv9")).toThrow(/small: no layer "conv9".*conv, bn, flatten, fc/);
  });
});

describe("withNewHead", () => {
  test("keeps the trunk's layers and puts others on them", () => {
    const trained = small();
    const network = withNewHead(trained, { name: "other", upTo: "flatten", head: [dense({ name: "new", units: 5 })] });
    expect([...network.layers.values()]).toEqual(["conv", "bn", "flatten", "new"]);
    expect([...network.layers.keys()].slice(0, 3)).toEqual([...trained.layers.keys()].slice(0, 3));
    expect(network.name).toBe("other");
    expect(network.outputs[0]?.shape).toEqual([5]);
    expect(trained.outputs[0]?.shape).toEqual([3]);
  });

  test("takes a function too", () => {
    const head = (features: SymbolicTensor) => dense({ units: 7 }).apply(features);
    const network = withNewHead(small(), { upTo: "flatten", head });
    expect(network.name).toBe("small");
    expect(network.outputs[0]?.shape).toEqual([7]);
  });

  test("a head whose layer has the name of one below is an error", () => {
    const options = { upTo: "flatten", head: [dense({ name: "conv", units: 2 })] };
    expect(() => withNewHead(small(), options)).toThrow(/conv: two layers of this name/);
  });

  test("an unknown layer is an error", () => {
    expect(() => withNewHead(small(), { upTo: "pool", head: [] })).toThrow(/no layer "pool"/);
  });

  test("compile wants the trained model compiled", async () => {
    const network = withNewHead(small(), { name: "other", upTo: "flatten", head: [dense({ name: "new", units: 2 })] });
    const compiled = network.compile({ optimizer: sgd(), loss: "sparseCategoricalCrossentropy" });
    await expect(compiled).rejects.toThrow(TrainingError);
    await expect(compiled).rejects.toThrow(/other\/compile: the trunk of small that is not compiled/);
  });
});
