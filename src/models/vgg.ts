import { checkNames } from "../core/options.ts";
import { conv2d, dense, dropout, flatten, maxPooling2d } from "../nn/layers.ts";
import { type Model, sequential } from "../nn/model.ts";

export interface VggOptions {
  /** Default 1000. */
  readonly classes?: number;
  /** Side of the square RGB image. Default 224. */
  readonly size?: number;
}

/**
 * VGG16, configuration D of Simonyan and Zisserman 2015: 138,357,544 parameters.
 *
 *     layer                                  output        parameters
 *     input                                  224x224x3
 *     conv1_1, conv1_2   64 @ 3x3            224x224x64         1,792 +    36,928
 *     pool1              maximum 2x2         112x112x64
 *     conv2_1, conv2_2   128 @ 3x3           112x112x128       73,856 +   147,584
 *     pool2              maximum 2x2         56x56x128
 *     conv3_1 .. 3_3     256 @ 3x3           56x56x256        295,168 + 2 x 590,080
 *     pool3              maximum 2x2         28x28x256
 *     conv4_1 .. 4_3     512 @ 3x3           28x28x512      1,180,160 + 2 x 2,359,808
 *     pool4              maximum 2x2         14x14x512
 *     conv5_1 .. 5_3     512 @ 3x3           14x14x512      3 x 2,359,808
 *     pool5              maximum 2x2         7x7x512
 *     fc6                4096, dropout 0.5   4096         102,764,544
 *     fc7                4096, dropout 0.5   4096          16,781,312
 *     fc8                1000 logits         1000           4,097,000
 * @example
 * vgg16().parameterCount; // => 138357544
 */
export function vgg16(options: VggOptions = {}): Model {
  checkNames("vgg16", options, ["classes", "size"]);
  const { classes = 1000, size = 224 } = options;
  return sequential({
    name: "vgg16",
    inputShape: [size, size, 3],
    layers: [
      ...stage(1, 2, 64),
      ...stage(2, 2, 128),
      ...stage(3, 3, 256),
      ...stage(4, 3, 512),
      ...stage(5, 3, 512),
      flatten({ name: "flatten" }),
      dense({ name: "fc6", units: 4096, activation: "relu", kernelInitializer: "heNormal" }),
      dropout({ name: "dropout6", rate: 0.5 }),
      dense({ name: "fc7", units: 4096, activation: "relu", kernelInitializer: "heNormal" }),
      dropout({ name: "dropout7", rate: 0.5 }),
      dense({ name: "fc8", units: classes }),
    ],
  });
}

function stage(number: number, convolutions: number, filters: number) {
  const kernel = { kernelSize: 3, padding: "same", activation: "relu", kernelInitializer: "heNormal" } as const;
  return [
    ...Array.from({ length: convolutions }, (_, i) => conv2d({ name: `conv${number}_${i + 1}`, filters, ...kernel })),
    maxPooling2d({ name: `pool${number}`, poolSize: 2 }),
  ];
}
