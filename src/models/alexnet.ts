import { checkNames } from "../core/options.ts";
import { conv2d, dense, dropout, flatten, maxPooling2d } from "../nn/layers.ts";
import { type Model, sequential } from "../nn/model.ts";

export interface AlexnetOptions {
  /** Default 1000. */
  readonly classes?: number;
  /** Side of the square RGB image. Default 227: the paper says 224, from which its 55x55 maps do not come out. */
  readonly size?: number;
  /** Default 2: the paper's network lies on two GPUs, and conv2, conv4 and conv5 see one half each. */
  readonly groups?: 1 | 2;
}

/**
 * AlexNet, after Krizhevsky, Sutskever, Hinton 2012: 60,965,224 parameters; 62,378,344 with `groups: 1`. Without the
 * local response normalization, which adds nothing but cost (Simonyan and Zisserman 2015, section 4.1).
 *
 *     layer                         output       parameters
 *     input                         227x227x3
 *     conv1   96 @ 11x11 / 4        55x55x96         34,944
 *     pool1   maximum 3x3 / 2       27x27x96
 *     conv2   256 @ 5x5, 2 groups   27x27x256       307,456
 *     pool2   maximum 3x3 / 2       13x13x256
 *     conv3   384 @ 3x3             13x13x384       885,120
 *     conv4   384 @ 3x3, 2 groups   13x13x384       663,936
 *     conv5   256 @ 3x3, 2 groups   13x13x256       442,624
 *     pool5   maximum 3x3 / 2       6x6x256
 *     fc6     4096, dropout 0.5     4096         37,752,832
 *     fc7     4096, dropout 0.5     4096         16,781,312
 *     fc8     1000 logits           1000          4,097,000
 * @example
 * alexnet().parameterCount; // => 60965224
 */
export function alexnet(options: AlexnetOptions = {}): Model {
  checkNames("alexnet", options, ["classes", "size", "groups"]);
  const { classes = 1000, size = 227, groups = 2 } = options;
  const relu = { padding: "same", activation: "relu", kernelInitializer: "heNormal" } as const;
  return sequential({
    name: "alexnet",
    inputShape: [size, size, 3],
    layers: [
      conv2d({ name: "conv1", filters: 96, kernelSize: 11, strides: 4, ...relu, padding: "valid" }),
      maxPooling2d({ name: "pool1", poolSize: 3, strides: 2 }),
      conv2d({ name: "conv2", filters: 256, kernelSize: 5, groups, ...relu }),
      maxPooling2d({ name: "pool2", poolSize: 3, strides: 2 }),
      conv2d({ name: "conv3", filters: 384, kernelSize: 3, ...relu }),
      conv2d({ name: "conv4", filters: 384, kernelSize: 3, groups, ...relu }),
      conv2d({ name: "conv5", filters: 256, kernelSize: 3, groups, ...relu }),
      maxPooling2d({ name: "pool5", poolSize: 3, strides: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc6", units: 4096, activation: "relu", kernelInitializer: "heNormal" }),
      dropout({ name: "dropout6", rate: 0.5 }),
      dense({ name: "fc7", units: 4096, activation: "relu", kernelInitializer: "heNormal" }),
      dropout({ name: "dropout7", rate: 0.5 }),
      dense({ name: "fc8", units: classes }),
    ],
  });
}
