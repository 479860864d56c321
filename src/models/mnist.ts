import { checkNames } from "../core/options.ts";
import { conv2d, dense, dropout, flatten, maxPooling2d } from "../nn/layers.ts";
import { type Model, sequential } from "../nn/model.ts";

export interface ClassesOption {
  /** Default 10. */
  readonly classes?: number;
}

export interface MnistKerasOptions extends ClassesOption {
  /** Share of the activations that are dropped in training, from 0 to 1. Default 0.5. */
  readonly dropout?: number;
}

const inputShape = [28, 28, 1] as const;

/**
 * "Convolution NN: MNIST 28x28 pixels" of 002: strides in place of pooling. 354,002 parameters.
 *
 *     layer                         output     parameters
 *     input                         28x28x1
 *     conv1   12 @ 3x3, relu        28x28x12          120
 *     conv2   24 @ 6x6 / 2, relu    14x14x24       10,392
 *     conv3   32 @ 6x6 / 2, relu    7x7x32         27,680
 *     flatten                       1568
 *     fc1     200, relu             200           313,800
 *     fc2     10 logits             10              2,010
 * @example
 * mnistStrided().parameterCount; // => 354002
 */
export function mnistStrided(options: ClassesOption = {}): Model {
  checkNames("mnistStrided", options, ["classes"]);
  const { classes = 10 } = options;
  return sequential({
    name: "mnistStrided",
    inputShape,
    layers: [
      conv2d({ name: "conv1", filters: 12, kernelSize: 3, padding: "same", activation: "relu" }),
      conv2d({ name: "conv2", filters: 24, kernelSize: 6, strides: 2, padding: "same", activation: "relu" }),
      conv2d({ name: "conv3", filters: 32, kernelSize: 6, strides: 2, padding: "same", activation: "relu" }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 200, activation: "relu" }),
      dense({ name: "fc2", units: classes }),
    ],
  });
}

/**
 * Keras' "simple MNIST convnet", of 002. 34,826 parameters.
 *
 *     layer                      output     parameters
 *     input                      28x28x1
 *     conv1    32 @ 3x3, relu    26x26x32          320
 *     pool1    maximum 2x2       13x13x32
 *     conv2    64 @ 3x3, relu    11x11x64       18,496
 *     pool2    maximum 2x2       5x5x64
 *     flatten                    1600
 *     dropout  0.5               1600
 *     fc1      10 logits         10             16,010
 * @example
 * mnistKeras({ dropout: 0.25 }).parameterCount; // => 34826
 */
export function mnistKeras(options: MnistKerasOptions = {}): Model {
  checkNames("mnistKeras", options, ["classes", "dropout"]);
  const { classes = 10, dropout: rate = 0.5 } = options;
  return sequential({
    name: "mnistKeras",
    inputShape,
    layers: [
      conv2d({ name: "conv1", filters: 32, kernelSize: 3, activation: "relu" }),
      maxPooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 64, kernelSize: 3, activation: "relu" }),
      maxPooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dropout({ name: "dropout", rate }),
      dense({ name: "fc1", units: classes }),
    ],
  });
}

/**
 * "CNN in TensorFlow" of 004. 3,274,634 parameters.
 *
 *     layer                      output     parameters
 *     input                      28x28x1
 *     conv1    32 @ 5x5, relu    28x28x32          832
 *     pool1    maximum 2x2       14x14x32
 *     conv2    64 @ 5x5, relu    14x14x64       51,264
 *     pool2    maximum 2x2       7x7x64
 *     flatten                    3136
 *     fc1      1024, relu        1024        3,212,288
 *     fc2      10 logits         10             10,250
 * @example
 * mnistDeep().parameterCount; // => 3274634
 */
export function mnistDeep(options: ClassesOption = {}): Model {
  checkNames("mnistDeep", options, ["classes"]);
  const { classes = 10 } = options;
  return sequential({
    name: "mnistDeep",
    inputShape,
    layers: [
      conv2d({ name: "conv1", filters: 32, kernelSize: 5, padding: "same", activation: "relu" }),
      maxPooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 64, kernelSize: 5, padding: "same", activation: "relu" }),
      maxPooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 1024, activation: "relu" }),
      dense({ name: "fc2", units: classes }),
    ],
  });
}
