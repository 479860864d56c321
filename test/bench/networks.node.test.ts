import { expect, test } from "vitest";
import { stepFlops } from "../../bench/networks/flops.ts";
import { networks } from "../../bench/networks/index.ts";
import { type NetworkName, oneHotOf, pixelsOf } from "../../bench/networks/network.ts";
import { parameterCount, weightsOf } from "../../bench/networks/weights.ts";
import { lenet5, mnistKeras, unet } from "../../src/models/index.ts";
import type { Model } from "../../src/nn/model.ts";

/** By hand: conv1 28x28x6 of 25, conv2 10x10x16 of 150, dense 400x120, 120x84, 84x10; a multiply-add is two. */
test("flops of LeNet-5: three times forward, but for the gradient of the image", () => {
  const conv1 = 2 * 28 * 28 * 6 * 25;
  const forward = conv1 + 2 * (10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10);
  expect(stepFlops(networks.lenet5, 64)).toBe(64 * (3 * forward - conv1));
});

test.each([
  ["lenet5", 0.1449],
  ["mnistcnn", 1.825],
  ["unet", 13.79],
] as const)("a step of %s takes %d GFLOP", (name, gflop) => {
  const network = networks[name];
  expect(stepFlops(network, network.batch) / 1e9).toBeCloseTo(gflop, 2);
});

const models: Readonly<Record<NetworkName, { readonly build: () => Model; readonly parameters: number }>> = {
  lenet5: { build: lenet5, parameters: 61_706 },
  mnistcnn: { build: mnistKeras, parameters: 34_826 },
  unet: {
    build: () => unet({ inputShape: [128, 128, 1], padding: "same", batchNormalization: true, base: 16, depth: 3 }),
    parameters: 482_466,
  },
};

test.each(Object.entries(models))("the weights of %s are those of the model", (name, { build, parameters }) => {
  const network = networks[name as NetworkName];
  const wanted = build()
    .namedWeights()
    .map((entry) => ({ name: entry.name, shape: [...entry.weight.shape], trainable: entry.trainable }));
  const given = weightsOf(network);
  expect(given.map(({ name, shape, trainable }) => ({ name, shape, trainable }))).toEqual(wanted);
  expect(parameterCount(network)).toBe(parameters);
});

test("weights and batches are the same numbers each time, and not all the same", () => {
  for (const network of Object.values(networks)) {
    const bytes = () => Buffer.concat(weightsOf(network).map(({ data }) => new Uint8Array(data.buffer)));
    expect(bytes().equals(bytes())).toBe(true);
    expect(new Set(weightsOf(network)[0]?.data).size).toBeGreaterThan(1);
    const { images, labels } = network.examples(2);
    const later = network.examples(2);
    expect(Buffer.from(images).equals(later.images)).toBe(true);
    expect(Buffer.from(labels).equals(later.labels)).toBe(true);
    expect(images).toHaveLength(2 * network.side ** 2);
    expect(new Set(images).size).toBeGreaterThan(10);
  }
});

test("pixels lie from -1 to 1; labels become rows with a one", () => {
  const examples = {
    count: 2,
    side: 1,
    images: Uint8Array.of(0, 255),
    labels: Uint8Array.of(2, 0),
    classes: 3,
  };
  expect([...pixelsOf(examples)]).toEqual([-1, 1]);
  expect([...oneHotOf(examples)]).toEqual([0, 0, 1, 1, 0, 0]);
});
