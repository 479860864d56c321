import { describe, expect, test } from "vitest";
import {
  basicBlock,
  bottleneckBlock,
  denseBlock,
  fcnHead,
  inceptionModule,
  vgg16,
  vnetBlock,
  vnetDown,
  vnetUp,
} from "../../src/models/index.ts";
import { withNewHead } from "../../src/nn/transfer.ts";
import { blockModel, partsOf, rowsOf, tableOf } from "../support/modelTable.ts";

describe("residual blocks", () => {
  test("basic: identity where shapes agree, else a projection", () => {
    const same = blockModel([8, 8, 16], (x) => basicBlock(x, { name: "block", filters: 16 }));
    expect(same.outputs[0]?.shape).toEqual([8, 8, 16]);
    expect(same.trainableParameterCount).toBe(2 * (9 * 16 * 16 + 2 * 16));
    const half = blockModel([8, 8, 16], (x) => basicBlock(x, { name: "block", filters: 32, strides: 2 }));
    expect(half.outputs[0]?.shape).toEqual([4, 4, 32]);
    expect(rowsOf(half, "block/shortcut/conv")).toEqual([["block/shortcut/conv", "4x4x32", 512]]);
  });

  test("bottleneck: the figure of 002, 256 channels through 64 and back", () => {
    const model = blockModel([28, 28, 256], (x) => bottleneckBlock(x, { name: "block", filters: 64 }));
    expect(rowsOf(model, "block/conv1", "block/conv2", "block/conv3")).toEqual([
      ["block/conv1", "28x28x64", 16_384],
      ["block/conv2", "28x28x64", 36_864],
      ["block/conv3", "28x28x256", 16_384],
    ]);
  });
});

describe("Inception module 3a of GoogLeNet", () => {
  const filters = { name: "3a", one: 64, three: [96, 128], five: [16, 32], pool: 32 } as const;
  const model = blockModel([28, 28, 192], (x) => inceptionModule(x, filters));

  test("its branches", () => {
    expect(tableOf(model).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ["3a/1x1", "28x28x64", 12_352],
      ["3a/3x3", "28x28x128", 110_720],
      ["3a/3x3/reduce", "28x28x96", 18_528],
      ["3a/5x5", "28x28x32", 12_832],
      ["3a/5x5/reduce", "28x28x16", 3_088],
      ["3a/concat", "28x28x256", 0],
      ["3a/pool", "28x28x192", 0],
      ["3a/pool/1x1", "28x28x32", 6_176],
    ]);
    expect(model.parameterCount).toBe(163_696);
  });

  test("bottlenecks save more than half of the parameters", () => {
    const direct = 12_352 + (9 * 192 + 1) * 128 + (25 * 192 + 1) * 32 + 6_176;
    expect(direct).toBe(393_472);
    expect(model.parameterCount).toBeLessThan(direct / 2);
  });
});

test("a dense block adds growth channels a layer, each layer sees all before", () => {
  const model = blockModel([8, 8, 6], (x) => denseBlock(x, { name: "block", layers: 3, growth: 4 }));
  expect(model.outputs[0]?.shape).toEqual([8, 8, 18]);
  expect(rowsOf(model, "block/layer1/conv1", "block/layer2/conv1", "block/layer3/conv1")).toEqual([
    ["block/layer1/conv1", "8x8x16", 6 * 16],
    ["block/layer2/conv1", "8x8x16", 10 * 16],
    ["block/layer3/conv1", "8x8x16", 14 * 16],
  ]);
});

describe("FCN heads", () => {
  const trunk = vgg16();

  test("FCN-8s on VGG16, 21 classes", () => {
    const model = withNewHead(trunk, {
      name: "fcn8s",
      upTo: "pool5",
      head: (pool5) => fcnHead([trunk.outputOf("pool3"), trunk.outputOf("pool4"), pool5], { classes: 21, stride: 8 }),
    });
    const names = ["score3", "up3", "score2", "fuse2", "up2", "score1", "fuse1", "up1"];
    expect(rowsOf(model, ...names)).toEqual([
      ["score3", "7x7x21", 10_773],
      ["up3", "14x14x21", 7_056],
      ["score2", "14x14x21", 10_773],
      ["fuse2", "14x14x21", 0],
      ["up2", "28x28x21", 7_056],
      ["score1", "28x28x21", 5_397],
      ["fuse1", "28x28x21", 0],
      ["up1", "224x224x21", 112_896],
    ]);
    expect(model.layers.has([...trunk.layers.keys()][0] as never)).toBe(true);
    expect([...model.layers.values()]).not.toContain("fc6");
  });

  test("FCN-32s: one step of 32", () => {
    const model = withNewHead(trunk, { upTo: "pool5", head: (x) => fcnHead([x], { classes: 21, stride: 32 }) });
    expect(rowsOf(model, "score1", "up1")).toEqual([
      ["score1", "7x7x21", 10_773],
      ["up1", "224x224x21", 64 * 64 * 21 * 21],
    ]);
  });

  test("transposed convolutions start as bilinear interpolation: what each input gives adds up to stride squared", () => {
    const model = withNewHead(trunk, { upTo: "pool5", head: (x) => fcnHead([x], { classes: 2, stride: 32 }) });
    const kernel = model.namedWeights().find(({ name }) => name === "up1/kernel")?.weight;
    if (kernel?.initial.kind !== "values") throw new Error("no values");
    const sums = [0, 0, 0, 0];
    kernel.initial.data.forEach((value, i) => {
      sums[i % 4] = (sums[i % 4] ?? 0) + value;
    });
    expect(sums).toEqual([1024, 0, 0, 1024]);
  });

  test("no features are an error", () => {
    expect(() => fcnHead([], { classes: 2, stride: 8 })).toThrow(/fcnHead: no features/);
  });
});

describe("V-Net's 3-D residual block", () => {
  test("the second stage of the paper", () => {
    const model = blockModel([64, 64, 32, 32], (x) => vnetBlock(x, { name: "stage2", filters: 32, convolutions: 2 }));
    expect(tableOf(model)).toEqual([
      ["stage2/conv1", "64x64x32x32", 128_032],
      ["stage2/prelu1", "64x64x32x32", 32],
      ["stage2/conv2", "64x64x32x32", 128_032],
      ["stage2/add", "64x64x32x32", 0],
      ["stage2/prelu2", "64x64x32x32", 32],
    ]);
    expect(model.parameterCount).toBe(256_128);
  });

  test("the first stage projects the one channel of the volume; halved and back", () => {
    const model = blockModel([16, 16, 8, 1], (x) => {
      const stage = vnetBlock(x, { name: "stage1", filters: 16, convolutions: 1 });
      return vnetUp(vnetDown(stage, { name: "down1", filters: 32 }), { name: "up1", filters: 16 });
    });
    expect(partsOf(model)).toEqual([
      ["stage1", "16x16x8x16", 125 * 16 + 16 + 32 + 16],
      ["down1", "8x8x4x32", 8 * 16 * 32 + 32 + 32],
      ["up1", "16x16x8x16", 8 * 32 * 16 + 16 + 16],
    ]);
  });
});
