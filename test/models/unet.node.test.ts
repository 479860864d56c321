import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { unet } from "../../src/models/index.ts";
import { partsOf, rowsOf, tableOf } from "../support/modelTable.ts";

describe("U-Net of the paper", () => {
  const model = unet();

  test("its shapes and its 31,030,658 parameters", () => {
    expect(partsOf(model)).toEqual([
      ["enc0", "568x568x64", 640 + 36_928],
      ["crop0", "392x392x64", 0],
      ["pool0", "284x284x64", 0],
      ["enc1", "280x280x128", 73_856 + 147_584],
      ["crop1", "200x200x128", 0],
      ["pool1", "140x140x128", 0],
      ["enc2", "136x136x256", 295_168 + 590_080],
      ["crop2", "104x104x256", 0],
      ["pool2", "68x68x256", 0],
      ["enc3", "64x64x512", 1_180_160 + 2_359_808],
      ["crop3", "56x56x512", 0],
      ["pool3", "32x32x512", 0],
      ["mid", "28x28x1024", 4_719_616 + 9_438_208],
      ["up3", "56x56x512", 2_097_664],
      ["concat3", "56x56x1024", 0],
      ["dec3", "52x52x512", 4_719_104 + 2_359_808],
      ["up2", "104x104x256", 524_544],
      ["concat2", "104x104x512", 0],
      ["dec2", "100x100x256", 1_179_904 + 590_080],
      ["up1", "200x200x128", 131_200],
      ["concat1", "200x200x256", 0],
      ["dec1", "196x196x128", 295_040 + 147_584],
      ["up0", "392x392x64", 32_832],
      ["concat0", "392x392x128", 0],
      ["dec0", "388x388x64", 73_792 + 36_928],
      ["head", "388x388x2", 130],
    ]);
    expect(model.parameterCount).toBe(31_030_658);
  });

  test("the smallest image that fits: 188 pixels for 4", () => {
    expect(unet({ inputShape: [188, 188, 1], base: 1 }).outputs[0]?.shape).toEqual([4, 4, 2]);
  });

  test.each([
    [[570, 572, 1], /unet: input \[570, 572, 1\].*halved 4 times.*The next such sides are \[572, 572\]/],
    [[100, 100, 1], /The next such sides are \[188, 188\]/],
  ])("sides that do not fit: %s", (inputShape, message) => {
    expect(() => unet({ inputShape, base: 1 })).toThrow(message);
    expect(() => unet({ inputShape, base: 1 })).toThrow(ShapeError);
  });

  test.each([0, 1.5, Number.NaN])("depth %s is an error", (depth) => {
    expect(() => unet({ depth })).toThrow(/unet: depth/);
  });
});

describe("U-Net with same padding and batch normalization", () => {
  const options = { padding: "same", batchNormalization: true, classes: 2 } as const;

  test("the network of the golden training runs: layers under the names of its state dict", () => {
    const model = unet({ ...options, inputShape: [64, 64, 1], base: 8, depth: 2 });
    const weights = model.namedWeights().filter(({ weight }) => weight.kind === "parameter");
    const kernels = weights.filter(({ name }) => name.endsWith("/kernel"));
    expect(kernels.map(({ name, weight }) => [name, weight.shape.join("x")])).toEqual([
      ["enc0/conv1/kernel", "3x3x1x8"],
      ["enc0/conv2/kernel", "3x3x8x8"],
      ["enc1/conv1/kernel", "3x3x8x16"],
      ["enc1/conv2/kernel", "3x3x16x16"],
      ["mid/conv1/kernel", "3x3x16x32"],
      ["mid/conv2/kernel", "3x3x32x32"],
      ["up1/kernel", "2x2x16x32"],
      ["dec1/conv1/kernel", "3x3x32x16"],
      ["dec1/conv2/kernel", "3x3x16x16"],
      ["up0/kernel", "2x2x8x16"],
      ["dec0/conv1/kernel", "3x3x16x8"],
      ["dec0/conv2/kernel", "3x3x8x8"],
      ["head/kernel", "1x1x8x2"],
    ]);
    expect(weights.filter(({ name }) => name.endsWith("/bias")).map(({ name }) => name)).toEqual([
      "up1/bias",
      "up0/bias",
      "head/bias",
    ]);
    expect(rowsOf(model, "concat0", "head")).toEqual([
      ["concat0", "64x64x16", 0],
      ["head", "64x64x2", 18],
    ]);
  });

  test.each([
    [1, 4],
    [3, 8],
    [5, 2],
  ])("depth %i, base %i: the result has the image's sides, and no layer crops", (depth, base) => {
    const model = unet({ ...options, inputShape: [64, 96, 3], depth, base });
    expect(model.outputs[0]?.shape).toEqual([64, 96, 2]);
    expect(tableOf(model).filter(([name]) => name.startsWith("crop"))).toEqual([]);
    expect(rowsOf(model, "mid/conv2")).toEqual([
      ["mid/conv2", `${64 / 2 ** depth}x${96 / 2 ** depth}x${base * 2 ** depth}`, 9 * (base * 2 ** depth) ** 2],
    ]);
  });

  test("dropout at the end of the contracting path", () => {
    const model = unet({ ...options, inputShape: [16, 16, 1], base: 2, depth: 2, dropout: 0.5 });
    expect(rowsOf(model, "mid/dropout")).toEqual([["mid/dropout", "4x4x8", 0]]);
  });

  test("a side that cannot be halved", () => {
    expect(() => unet({ ...options, inputShape: [30, 32, 1], depth: 2, base: 2 })).toThrow(/sides are \[32, 32\]/);
  });
});
