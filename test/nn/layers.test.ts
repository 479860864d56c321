import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { withPath } from "../../src/core/scope.ts";
import type { Shape } from "../../src/core/types.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { inputLayer, type Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers.ts";
import { type model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { callContext, makeState } from "../../src/nn/state.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

/** Shape of the result, and number of values in the weights. */
function made(shape: Shape, layer: Layer): [Shape, number] {
  return [layer.apply(inputLayer(shape)).shape, layer.parameterCount];
}

// Shapes and counts are those that Keras 3 gives for the same arguments.
test.each<[string, Shape, Layer, Shape, number]>([
  ["dense", [7], layers.dense({ units: 5 }), [5], 40],
  ["conv1d", [20, 3], layers.conv1d({ filters: 8, kernelSize: 5, strides: 2, padding: "same" }), [10, 8], 128],
  ["conv2d", [9, 9, 4], layers.conv2d({ filters: 6, kernelSize: [3, 2], groups: 2 }), [7, 8, 6], 78],
  ["conv2d without bias", [9, 9, 4], layers.conv2d({ filters: 6, kernelSize: 3, useBias: false }), [7, 7, 6], 216],
  ["conv3d", [8, 9, 10, 2], layers.conv3d({ filters: 4, kernelSize: 3, dilationRate: 2 }), [4, 5, 6, 4], 220],
  ["conv1dTranspose", [5, 3], layers.conv1dTranspose({ filters: 2, kernelSize: 3, strides: 2 }), [11, 2], 20],
  [
    "conv2dTranspose",
    [5, 6, 8],
    layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
    [10, 12, 4],
    292,
  ],
  [
    "conv2dTranspose with outputPadding",
    [5, 6, 8],
    layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, outputPadding: [1, 0] }),
    [12, 13, 4],
    292,
  ],
  [
    "conv3dTranspose",
    [2, 3, 4, 2],
    layers.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2 }),
    [4, 6, 8, 3],
    51,
  ],
  ["depthwiseConv2d", [9, 9, 4], layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), [7, 7, 8], 80],
  ["separableConv2d", [9, 9, 4], layers.separableConv2d({ filters: 6, kernelSize: 3 }), [7, 7, 6], 66],
  [
    "separableConv2d with multiplier",
    [9, 9, 4],
    layers.separableConv2d({ filters: 6, kernelSize: 3, depthMultiplier: 2, strides: 2, padding: "same" }),
    [5, 5, 6],
    126,
  ],
  ["maxPooling1d", [9, 4], layers.maxPooling1d({ poolSize: 2 }), [4, 4], 0],
  ["maxPooling2d", [9, 9, 4], layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }), [5, 5, 4], 0],
  ["minPooling2d", [9, 9, 4], layers.minPooling2d({ poolSize: 2 }), [4, 4, 4], 0],
  ["averagePooling1d", [9, 4], layers.averagePooling1d({ poolSize: 3 }), [3, 4], 0],
  ["averagePooling2d", [9, 9, 4], layers.averagePooling2d({ poolSize: [3, 2] }), [3, 4, 4], 0],
  ["globalAveragePooling1d", [9, 4], layers.globalAveragePooling1d(), [4], 0],
  ["globalAveragePooling2d", [9, 9, 4], layers.globalAveragePooling2d({ keepDims: true }), [1, 1, 4], 0],
  ["globalMaxPooling1d", [9, 4], layers.globalMaxPooling1d(), [4], 0],
  ["globalMaxPooling2d", [9, 9, 4], layers.globalMaxPooling2d(), [4], 0],
  ["upSampling2d", [3, 4, 2], layers.upSampling2d(), [6, 8, 2], 0],
  ["upSampling2d, bilinear", [3, 4, 2], layers.upSampling2d({ size: [3, 1], interpolation: "bilinear" }), [9, 4, 2], 0],
  ["zeroPadding2d", [3, 4, 2], layers.zeroPadding2d({ padding: [1, 0, 2, 3] }), [4, 9, 2], 0],
  ["cropping2d", [6, 7, 2], layers.cropping2d({ cropping: [1, 0, 2, 3] }), [5, 2, 2], 0],
  ["flatten", [6, 7, 2], layers.flatten(), [84], 0],
  ["reshape", [6, 7, 2], layers.reshape({ targetShape: [14, -1] }), [14, 6], 0],
  ["activation", [6], layers.activation({ activation: "relu" }), [6], 0],
  ["prelu", [6, 7, 2], layers.prelu(), [6, 7, 2], 2],
  ["swish", [6, 7, 2], layers.swish(), [6, 7, 2], 2],
  ["batchNormalization", [6, 7, 3], layers.batchNormalization(), [6, 7, 3], 12],
  ["batchNormalization, only moving", [3], layers.batchNormalization({ scale: false, center: false }), [3], 6],
  ["layerNormalization", [6, 7], layers.layerNormalization(), [6, 7], 14],
  ["layerNormalization over two axes", [6, 7], layers.layerNormalization({ axis: [1, 2] }), [6, 7], 84],
  ["groupNormalization", [6, 7, 64], layers.groupNormalization(), [6, 7, 64], 128],
  ["instanceNormalization", [6, 7, 3], layers.instanceNormalization({ center: false }), [6, 7, 3], 3],
  ["dropout", [6], layers.dropout({ rate: 0.5 }), [6], 0],
  ["spatialDropout2d", [6, 7, 2], layers.spatialDropout2d({ rate: 0.5 }), [6, 7, 2], 0],
  ["stochasticDepth", [6, 7, 2], layers.stochasticDepth({ rate: 0.2 }), [6, 7, 2], 0],
  ["gaussianNoise", [6], layers.gaussianNoise({ stddev: 0.1 }), [6], 0],
])("%s", (_, shape, layer, wanted, parameters) => {
  expect(made(shape, layer)).toEqual([wanted, parameters]);
});

test("merging layers take several inputs", () => {
  const [a, b, wide] = [inputLayer([4, 4, 2], "a"), inputLayer([4, 4, 2], "b"), inputLayer([4, 4, 5], "wide")];
  expect(layers.concatenate().apply(a, b, wide).shape).toEqual([4, 4, 9]);
  expect(layers.concatenate({ axis: 1 }).apply(a, b).shape).toEqual([8, 4, 2]);
  expect(layers.add().apply(a, b, a).shape).toEqual([4, 4, 2]);
  expect(layers.multiply().apply(a, b).shape).toEqual([4, 4, 2]);
  expect(() => layers.add({ name: "sum" }).apply(a, wide)).toThrow(
    /^sum: inputs \[4, 4, 2\] and \[4, 4, 5\]; wanted inputs of one shape/,
  );
  expect(() => layers.multiply().apply(a)).toThrow(/1 input; wanted two or more/);
  expect(() => layers.concatenate({ axis: 0 }).apply(a, b)).toThrow(/not the batch/);
  expect(() => layers.concatenate().apply(a, inputLayer([3, 4, 2]))).toThrow();
});

test.each<[string, () => unknown, RegExp]>([
  ["unknown option", () => layers.conv2d({ filters: 2, kernelSize: 3, stride: 2 } as never), /option stride/],
  ["unknown option", () => layers.dropout({ rate: 0.5, p: 1 } as never), /option p/],
  ["filters", () => layers.conv2d({ filters: 0, kernelSize: 3 }), /filters 0; wanted a whole number/],
  ["kernel size", () => layers.conv3d({ filters: 2, kernelSize: [3, 3] as never }), /kernelSize \[3,3\]/],
  [
    "rank",
    () => made([8, 8], layers.conv2d({ name: "c1", filters: 2, kernelSize: 3 })),
    /^c1: input \[8, 8\]; wanted \[height, width, channels\]/,
  ],
  ["groups", () => made([8, 8, 3], layers.conv2d({ filters: 4, kernelSize: 3, groups: 2 })), /2 groups for 3 channels/],
  ["large kernel", () => made([4, 4, 3], layers.conv2d({ filters: 4, kernelSize: 5 })), /no larger than the padded/],
  ["multiplier", () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 0 }), /depthMultiplier 0/],
  ["rate", () => layers.dropout({ rate: 1 }), /rate 1; wanted rate to be at least 0 and below 1/],
  ["stddev", () => layers.gaussianNoise({ stddev: -1 }), /stddev -1/],
  ["momentum", () => layers.batchNormalization({ momentum: 1.5 }), /momentum 1.5/],
  ["axis", () => made([4, 5], layers.layerNormalization({ axis: 1 })), /wanted the last axes/],
  ["batch axis", () => made([4], layers.layerNormalization({ axis: [0, 1] })), /without the batch/],
  ["norm groups", () => made([4, 4, 6], layers.groupNormalization()), /32 groups for 6 channels/],
  ["interpolation", () => layers.upSampling2d({ interpolation: "cubic" as never }), /one of nearest, bilinear/],
  ["cropping", () => made([4, 4, 1], layers.cropping2d({ cropping: 2 })), /less than the image \[4, 4\]/],
  ["two inputs", () => layers.flatten().apply(inputLayer([2]), inputLayer([2])), /2 inputs; wanted one/],
  ["padding", () => layers.zeroPadding2d({ padding: -1 }), /padding -1/],
])("wrong %s", (_, make, message) => {
  expect(make).toThrow(message);
});

const digits = drawDigits({ count: 22, seed: 5 });

function compiled(network: ReturnType<typeof model>, gpu: Awaited<ReturnType<typeof testGpu>>, learningRate = 0) {
  return network.compile({ gpu, optimizer: sgd({ learningRate }), loss: "sparseCategoricalCrossentropy", seed: 3 });
}

describe("batch normalization in a model", () => {
  const build = (momentum = 0.5) =>
    sequential({
      inputShape: [28, 28, 1],
      layers: [
        layers.flatten(),
        layers.batchNormalization({ name: "bn", momentum }),
        layers.dense({ name: "fc", units: 10 }),
      ],
    });
  const pixels = Float64Array.from(digits.images, (pixel) => pixel / 127.5 - 1);

  /** Mean and unbiased variance of pixel p over some of the digits. */
  const momentsOf = (first: number, last: number, p: number) => {
    const values = Array.from({ length: last - first }, (_, i) => pixels[(first + i) * 784 + p] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
  };

  test("the last, smaller batch has statistics of its own examples alone", async () => {
    const gpu = await testGpu();
    const data = imageDataset(gpu, digits);
    const network = await compiled(build(), gpu);
    expect(network.mixesExamples).toBe(true);
    const history = await network.fit(data, { batchSize: 8, shuffle: false });
    expect(history.losses).toHaveLength(3);
    const read = async (name: string) => {
      const found = network.compiled.state.weights.find((entry) => entry.name === name);
      const variable = found && network.compiled.state.variables.get(found.weight);
      if (!variable) throw new Error(`no ${name}`);
      return readWeight(network, variable);
    };
    const [mean, variance] = [await read("bn/movingMean"), await read("bn/movingVariance")];
    for (let p = 0; p < 784; p++) {
      let want = { mean: 0, variance: 1 };
      for (const [first, last] of [
        [0, 8],
        [8, 16],
        [16, 22],
      ] as const) {
        const batch = momentsOf(first, last, p);
        want = { mean: (want.mean + batch.mean) / 2, variance: (want.variance + batch.variance) / 2 };
      }
      expect(Math.abs((mean[p] ?? Number.NaN) - want.mean)).toBeLessThan(1e-6);
      expect(Math.abs((variance[p] ?? Number.NaN) - want.variance)).toBeLessThan(2e-6);
    }
    // Outside training the answer for one example does not depend on the others.
    const some = Float32Array.from(pixels.subarray(0, 784 * 3));
    const [three, one] = [await network.predict(some, { batchSize: 3 }), await network.predict(some, { batchSize: 1 })];
    three.forEach((value, i) => {
      expect(Math.abs(value - (one[i] ?? Number.NaN))).toBeLessThan(1e-5);
    });
    network.dispose();
    data.dispose();
  });

  test("a last batch of one example is an error before the first step", async () => {
    const gpu = await testGpu();
    const data = imageDataset(gpu, digits);
    const network = await compiled(build(), gpu);
    const error = await network.fit(data, { batchSize: 7 }).then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as ShapeError).message).toMatch(
      /bn\/batchNorm: x \[1, 784\], one value in each channel; wanted two or more/,
    );
    expect(network.stepsDone).toBe(0);
    network.dispose();
    data.dispose();
  });

  test("frozen, it keeps its moving statistics", async () => {
    const gpu = await testGpu();
    const data = imageDataset(gpu, digits);
    const network = await compiled(build().freeze("bn"), gpu, 0.1);
    expect(network.mixesExamples).toBe(false);
    const statistics = network.compiled.state.weights.filter(({ weight }) => weight.kind === "statistic");
    await network.fit(data, { batchSize: 8 });
    for (const { name, weight } of statistics) {
      const variable = network.compiled.state.variables.get(weight);
      const values = variable ? await readWeight(network, variable) : [];
      expect(new Set(values)).toEqual(new Set([name.endsWith("Mean") ? 0 : 1]));
    }
    network.dispose();
    data.dispose();
  });
});

describe("dropout in a model", () => {
  const build = (inverted = true) =>
    sequential({
      inputShape: [28, 28, 1],
      layers: [
        layers.flatten(),
        layers.dropout({ name: "drop", rate: 0.5, inverted }),
        layers.gaussianNoise({ stddev: 0.1 }),
        layers.dense({ name: "fc", units: 10 }),
      ],
    });

  test("draws anew each step, repeats itself by the seed, and rests outside training", async () => {
    const gpu = await testGpu();
    const data = imageDataset(gpu, digits);
    const runs = [];
    for (let run = 0; run < 2; run++) {
      const network = await compiled(build(), gpu);
      const { losses } = await network.fit(data, { batchSize: 22, epochs: 3, shuffle: false });
      runs.push(losses);
      const [a, b] = [await network.evaluate(data), await network.evaluate(data)];
      expect(a.loss).toBe(b.loss);
      network.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
    // The weights stay, so only the noise makes the losses differ.
    expect(new Set(runs[0]).size).toBe(3);
    data.dispose();
  });

  test("the classic form scales outside training", async () => {
    const gpu = await testGpu();
    const x = Float32Array.from({ length: 784 }, (_, i) => (i % 7) - 3);
    const half = x.map((value) => value / 2);
    const classic = await compiled(build(false), gpu);
    const inverted = await compiled(build(true), gpu);
    const [got, want] = [await classic.predict(x, { batchSize: 1 }), await inverted.predict(half, { batchSize: 1 })];
    got.forEach((value, i) => {
      expect(Math.abs(value - (want[i] ?? Number.NaN))).toBeLessThan(1e-5);
    });
    classic.dispose();
    inverted.dispose();
  });

  test("each layer, and each call of one, has a stream of its own; outside training there is none", () => {
    const network = build();
    const state = makeState(network, sgd({ learningRate: 0 }));
    const random = { step: inputLayer([1]).value, seed: 7 };
    const { random: draw } = callContext(state, true, [], random);
    const streams = ["a", "b", "a", "a"].map((path) => withPath(path, draw));
    expect(streams.map(({ stream }) => stream)).toEqual(["a", "b", "a#1", "a#2"]);
    expect(streams.every(({ step, seed }) => step === random.step && seed === 7)).toBe(true);
    expect(() => withPath("a", callContext(state, false, []).random)).toThrow(/^a: random numbers; wanted/);
  });
});
