import { describe, expect, test } from "vitest";
import { alexnet, densenet, resnet18, resnet34, resnet50, vgg16 } from "../../src/models/index.ts";
import { partsOf, rowsOf, tableOf } from "../support/modelTable.ts";

describe("AlexNet is the table of its paper", () => {
  const model = alexnet();

  test("layer by layer", () => {
    expect(tableOf(model)).toEqual([
      ["conv1", "55x55x96", 34_944],
      ["pool1", "27x27x96", 0],
      ["conv2", "27x27x256", 307_456],
      ["pool2", "13x13x256", 0],
      ["conv3", "13x13x384", 885_120],
      ["conv4", "13x13x384", 663_936],
      ["conv5", "13x13x256", 442_624],
      ["pool5", "6x6x256", 0],
      ["flatten", "9216", 0],
      ["fc6", "4096", 37_752_832],
      ["dropout6", "4096", 0],
      ["fc7", "4096", 16_781_312],
      ["dropout7", "4096", 0],
      ["fc8", "1000", 4_097_000],
    ]);
    expect(model.parameterCount).toBe(60_965_224);
  });

  test("in one column", () => {
    expect(alexnet({ groups: 1 }).parameterCount).toBe(62_378_344);
  });
});

test("VGG16 is configuration D: 138,357,544 parameters", () => {
  const model = vgg16();
  const rows = [
    ["conv1_1", "224x224x64", 1_792],
    ["conv1_2", "224x224x64", 36_928],
    ["pool1", "112x112x64", 0],
    ["conv2_1", "112x112x128", 73_856],
    ["conv2_2", "112x112x128", 147_584],
    ["pool2", "56x56x128", 0],
    ["conv3_1", "56x56x256", 295_168],
    ["conv3_2", "56x56x256", 590_080],
    ["conv3_3", "56x56x256", 590_080],
    ["pool3", "28x28x256", 0],
    ["conv4_1", "28x28x512", 1_180_160],
    ["conv4_2", "28x28x512", 2_359_808],
    ["conv4_3", "28x28x512", 2_359_808],
    ["pool4", "14x14x512", 0],
    ["conv5_1", "14x14x512", 2_359_808],
    ["conv5_2", "14x14x512", 2_359_808],
    ["conv5_3", "14x14x512", 2_359_808],
    ["pool5", "7x7x512", 0],
    ["flatten", "25088", 0],
    ["fc6", "4096", 102_764_544],
    ["dropout6", "4096", 0],
    ["fc7", "4096", 16_781_312],
    ["dropout7", "4096", 0],
    ["fc8", "1000", 4_097_000],
  ];
  expect(tableOf(model)).toEqual(rows);
  expect(model.parameterCount).toBe(138_357_544);
});

describe("ResNets are Table 1 of their paper", () => {
  test.each([
    ["resnet18", resnet18, 11_689_512, 4_800, 512],
    ["resnet34", resnet34, 21_797_672, 8_512, 512],
    ["resnet50", resnet50, 25_557_032, 26_560, 2048],
  ] as const)("%s", (_, build, learning, normalized, last) => {
    const model = build();
    expect(model.trainableParameterCount).toBe(learning);
    // Beside them, a running mean and variance of each normalized channel.
    expect(model.parameterCount).toBe(learning + 2 * normalized);
    const widen = last / 512;
    expect(rowsOf(model, "stem/conv", "pool", "mean", "fc")).toEqual([
      ["stem/conv", "112x112x64", 9_408],
      ["pool", "56x56x64", 0],
      ["mean", `${last}`, 0],
      ["fc", "1000", (last + 1) * 1000],
    ]);
    const ends = partsOf(model).filter(([part]) => part.startsWith("stage"));
    expect(ends.map(([part, output]) => [part, output])).toEqual([
      ["stage1", `56x56x${64 * widen}`],
      ["stage2", `28x28x${128 * widen}`],
      ["stage3", `14x14x${256 * widen}`],
      ["stage4", `7x7x${512 * widen}`],
    ]);
  });

  test.each([
    [resnet18, [2, 2, 2, 2]],
    [resnet34, [3, 4, 6, 3]],
    [resnet50, [3, 4, 6, 3]],
  ] as const)("blocks of each stage", (build, blocks) => {
    const names = [...build().layers.values()].filter((name) => name.endsWith("/add"));
    const wanted = blocks.flatMap((count, i) =>
      Array.from({ length: count }, (_, block) => `stage${i + 1}/block${block + 1}/add`),
    );
    expect(names).toEqual(wanted);
  });

  test("another number of classes and another size", () => {
    const model = resnet18({ classes: 10, size: 32 });
    expect(model.outputs[0]?.shape).toEqual([10]);
    expect(model.trainableParameterCount).toBe(11_689_512 - 513 * 990);
  });
});

describe("DenseNet is Table 1 of its paper", () => {
  test("DenseNet-121 has 7,978,856 parameters", () => {
    const model = densenet();
    expect(model.trainableParameterCount).toBe(7_978_856);
    expect(partsOf(model).map(([part, output]) => [part, output])).toEqual([
      ["stem", "112x112x64"],
      ["pool", "56x56x64"],
      ["block1", "56x56x256"],
      ["transition1", "28x28x128"],
      ["block2", "28x28x512"],
      ["transition2", "14x14x256"],
      ["block3", "14x14x1024"],
      ["transition3", "7x7x512"],
      ["block4", "7x7x1024"],
      ["bn", "7x7x1024"],
      ["mean", "1024"],
      ["fc", "1000"],
    ]);
  });

  test("a small one", () => {
    const model = densenet({ blocks: [2, 3], growth: 4, classes: 10, size: 32 });
    expect(rowsOf(model, "block1/layer2/concat", "transition1/pool", "block2/layer3/concat", "fc")).toEqual([
      ["block1/layer2/concat", "8x8x16", 0],
      ["transition1/pool", "4x4x8", 0],
      ["block2/layer3/concat", "4x4x20", 0],
      ["fc", "10", 210],
    ]);
  });
});
