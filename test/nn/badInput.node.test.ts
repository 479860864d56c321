import { describe, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import type { Shape } from "../../src/core/types.ts";
import { inputLayer, type Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers.ts";
import { expectAnswers } from "../support/fourAnswers.ts";

/** What a user may get wrong in writing a model down: each an error at that line, before there is a GPU. */
type Case = readonly [what: string, make: () => Layer, shape: Shape, message: RegExp, inside?: string];

const name = "part";
const window = { name, filters: 2, kernelSize: 3 };
const pool = { name, poolSize: 2 };
const [sequence, image, volume] = [
  /\]; wanted \[length, channels\]/,
  /\]; wanted \[height, width, channels\]\. Reshape to add/,
  /\]; wanted \[depth, height, width, channels\]/,
];

const ranks: readonly Case[] = [
  ["conv1d", () => layers.conv1d(window), [8], sequence],
  ["conv2d", () => layers.conv2d(window), [8, 8], image],
  ["conv3d", () => layers.conv3d(window), [8, 8, 1], volume],
  ["conv1dTranspose", () => layers.conv1dTranspose(window), [8, 8, 1], sequence],
  ["conv2dTranspose", () => layers.conv2dTranspose(window), [8], image],
  ["conv3dTranspose", () => layers.conv3dTranspose(window), [8, 8, 1], volume],
  ["depthwiseConv2d", () => layers.depthwiseConv2d({ name, kernelSize: 3 }), [8, 8], image],
  ["separableConv2d", () => layers.separableConv2d(window), [8, 8, 8, 1], image],
  ["maxPooling1d", () => layers.maxPooling1d(pool), [8, 8, 1], sequence],
  ["maxPooling2d", () => layers.maxPooling2d(pool), [8, 8], image],
  ["minPooling2d", () => layers.minPooling2d(pool), [8, 8], image],
  ["averagePooling1d", () => layers.averagePooling1d(pool), [8], sequence],
  ["averagePooling2d", () => layers.averagePooling2d(pool), [8, 8], image],
  ["globalAveragePooling1d", () => layers.globalAveragePooling1d({ name }), [8], sequence],
  ["globalAveragePooling2d", () => layers.globalAveragePooling2d({ name }), [8, 8], image],
  ["globalMaxPooling1d", () => layers.globalMaxPooling1d({ name }), [8], sequence],
  ["globalMaxPooling2d", () => layers.globalMaxPooling2d({ name }), [8, 8], image],
  ["upSampling2d", () => layers.upSampling2d({ name }), [8, 8], image],
  ["upSampling2d, bilinear", () => layers.upSampling2d({ name, interpolation: "bilinear" }), [8, 8], image],
  ["zeroPadding2d", () => layers.zeroPadding2d({ name, padding: 1 }), [8, 8], image],
  ["cropping2d", () => layers.cropping2d({ name, cropping: 1 }), [8, 8], image],
  ["spatialDropout2d", () => layers.spatialDropout2d({ name, rate: 0.5 }), [8, 8], image],
  ["instanceNormalization", () => layers.instanceNormalization({ name }), [8], /x \[2, 8\].* rank 3/, "/instanceNorm"],
  [
    "layerNormalization",
    () => layers.layerNormalization({ name, axis: [1, 2] }),
    [8],
    /axes \[1, 2\] of an input \[8\]/,
  ],
  ["reshape", () => layers.reshape({ name, targetShape: [3, 3] }), [8], /f32\[2, 8\] to shape \[2, 3, 3\]/, "/reshape"],
];

const grouped = { ...window, filters: 4, groups: 2 };
const ofThree = /2 groups for 3 channels and 4 filters/;
const groups: readonly Case[] = [
  ["conv1d", () => layers.conv1d(grouped), [8, 3], ofThree],
  ["conv2d", () => layers.conv2d(grouped), [8, 8, 3], ofThree],
  ["conv3d", () => layers.conv3d(grouped), [8, 8, 8, 3], ofThree],
  ["conv1dTranspose", () => layers.conv1dTranspose(grouped), [8, 3], ofThree],
  ["conv2dTranspose", () => layers.conv2dTranspose(grouped), [8, 8, 3], ofThree],
  ["conv3dTranspose", () => layers.conv3dTranspose(grouped), [8, 8, 8, 3], ofThree],
  ["filters", () => layers.conv2d({ ...grouped, filters: 3 }), [8, 8, 4], /2 groups for 4 channels and 3 filters/],
  [
    "groupNormalization",
    () => layers.groupNormalization({ name }),
    [8, 8, 6],
    /32 groups for 6 channels/,
    "/normalize",
  ],
];

const large = { name, filters: 2, kernelSize: 9 };
const largePool = { name, poolSize: 9 };
const beyond =
  /a window of 9 on (a side of|height|width) 8 padded by 0 and 0.*no larger than the padded image\. Pad more/;
const kernels: readonly Case[] = [
  ["conv1d", () => layers.conv1d(large), [8, 1], beyond, "/conv2d"],
  ["conv2d", () => layers.conv2d({ ...large, kernelSize: 5, dilationRate: 2 }), [8, 8, 1], beyond, "/conv2d"],
  ["conv3d", () => layers.conv3d({ ...large, padding: [0, 1, 1] }), [8, 8, 8, 1], beyond, "/conv3d"],
  ["depthwiseConv2d", () => layers.depthwiseConv2d({ name, kernelSize: 9 }), [8, 8, 2], beyond, "/conv2d"],
  ["separableConv2d", () => layers.separableConv2d({ ...large, kernelSize: [3, 9] }), [9, 8, 2], beyond, "/conv2d"],
  ["maxPooling1d", () => layers.maxPooling1d(largePool), [8, 1], beyond, "/maxPool2d"],
  ["maxPooling2d", () => layers.maxPooling2d(largePool), [8, 8, 1], beyond, "/maxPool2d"],
  ["minPooling2d", () => layers.minPooling2d(largePool), [8, 8, 1], beyond, "/minPool2d"],
  ["averagePooling1d", () => layers.averagePooling1d(largePool), [8, 1], beyond, "/avgPool2d"],
  ["averagePooling2d", () => layers.averagePooling2d({ name, poolSize: [1, 9] }), [8, 8, 1], beyond, "/avgPool2d"],
  [
    "a transposed convolution that crops all it makes",
    () => layers.conv2dTranspose({ ...window, kernelSize: 1, padding: 4 }),
    [8, 8, 1],
    /an image with a side of 0; wanted at least one pixel/,
    "/conv2dInputGradient",
  ],
  [
    "a transposed convolution that crops more than it makes",
    () => layers.conv1dTranspose({ ...window, kernelSize: 1, padding: 5 }),
    [8, 1],
    /an image with a side of -2; wanted at least one pixel/,
    "/conv2dInputGradient",
  ],
];

describe.each<[string, readonly Case[]]>([
  ["a wrong rank", ranks],
  ["groups that do not divide", groups],
  ["a kernel larger than the padded image", kernels],
])("%s", (_, cases) => {
  test.each(cases.map((each) => [each[0], each] as const))(
    "%s",
    async (_what, [, make, shape, message, inside = ""]) => {
      await expectAnswers(() => make().apply(inputLayer(shape)), ShapeError, `${name}${inside}`, message);
    },
  );
});

describe("inputs that do not fit each other", () => {
  const [wide, narrow] = [inputLayer([8, 8, 1], "wide"), inputLayer([6, 6, 1], "narrow")];

  test("sides in concatenate", async () => {
    const mistake = () => layers.concatenate({ name }).apply(wide, narrow);
    await expectAnswers(mistake, ShapeError, "part/concat", /\[2, 8, 8, 1\], f32\[2, 6, 6, 1\] along axis 3/);
  });

  test("ranks in concatenate", async () => {
    const mistake = () => layers.concatenate({ name }).apply(wide, inputLayer([6]));
    await expectAnswers(mistake, ShapeError, "part/concat", /f32\[2, 6\] along axis 3/);
  });

  test.each([layers.add, layers.multiply])("shapes", async (merge) => {
    const mistake = () => merge({ name }).apply(wide, narrow);
    await expectAnswers(mistake, ShapeError, name, /inputs \[8, 8, 1\] and \[6, 6, 1\]/);
  });
});
