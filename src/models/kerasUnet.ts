import { checkNames } from "../core/options.ts";
import type { Shape } from "../core/types.ts";
import { inputLayer, type SymbolicTensor } from "../nn/layer.ts";
import {
  activation,
  add,
  batchNormalization,
  conv2d,
  conv2dTranspose,
  maxPooling2d,
  separableConv2d,
  upSampling2d,
} from "../nn/layers.ts";
import { type Model, model } from "../nn/model.ts";

export interface KerasUnetOptions {
  /** [height, width, channels]; sides that can be halved four times. Default [160, 160, 3]. */
  readonly inputShape?: Shape;
  /** Default 3. */
  readonly classes?: number;
}

/**
 * The U-Net of Keras' "Image segmentation with a U-Net-like architecture", taken apart in 002: separable convolutions
 * down, transposed ones up, and a shortcut around every block. 2,058,979 parameters, of which 2,055,203 learn; layers
 * bear Keras' names.
 *
 *     part                                                        output        parameters
 *     input_1                                                     160x160x3
 *     entry    32 @ 3x3 / 2                                       80x80x32           1,024
 *     down 64  relu, separable 3x3, twice; pool 3x3 / 2; + 1x1    40x40x64           9,760
 *     down 128                                                    20x20x128         35,904
 *     down 256                                                    10x10x256        137,344
 *     up 256   relu, transposed 3x3, twice; enlarge; + 1x1        20x20x256      1,248,000
 *     up 128                                                      40x40x128        476,544
 *     up 64                                                       80x80x64         119,488
 *     up 32                                                       160x160x32        30,048
 *     logits   3 @ 3x3                                            160x160x3            867
 *
 * Every 3x3 is followed by batch normalization. The first `relu` of the first block acts on what is already rectified,
 * as in Keras.
 * @example
 * kerasUnet().parameterCount; // => 2058979
 */
export function kerasUnet(options: KerasUnetOptions = {}): Model {
  checkNames("kerasUnet", options, ["inputShape", "classes"]);
  const { inputShape = [160, 160, 3], classes = 3 } = options;
  const name = kerasNames();
  const relu = (x: SymbolicTensor) => activation({ name: name("activation"), activation: "relu" }).apply(x);
  const norm = (x: SymbolicTensor) => batchNormalization({ name: name("batch_normalization") }).apply(x);
  const conv = (x: SymbolicTensor, filters: number, kernelSize: number, strides = 1) =>
    conv2d({ name: name("conv2d"), filters, kernelSize, strides, padding: "same" }).apply(x);
  const separable = (x: SymbolicTensor, filters: number) =>
    separableConv2d({ name: name("separable_conv2d"), filters, kernelSize: 3, padding: "same" }).apply(x);
  const transposed = (x: SymbolicTensor, filters: number) =>
    conv2dTranspose({ name: name("conv2d_transpose"), filters, kernelSize: 3, padding: "same" }).apply(x);
  const pool = (x: SymbolicTensor) =>
    maxPooling2d({ name: name("max_pooling2d"), poolSize: 3, strides: 2, padding: "same" }).apply(x);
  const enlarge = (x: SymbolicTensor) => upSampling2d({ name: name("up_sampling2d"), size: 2 }).apply(x);
  const plus = (x: SymbolicTensor, y: SymbolicTensor) => add({ name: name("add") }).apply(x, y);

  const image = inputLayer(inputShape, "input_1");
  let x = relu(norm(conv(image, 32, 3, 2)));
  for (const filters of [64, 128, 256]) {
    const before = x;
    x = norm(separable(relu(x), filters));
    x = norm(separable(relu(x), filters));
    x = plus(pool(x), conv(before, filters, 1, 2));
  }
  for (const filters of [256, 128, 64, 32]) {
    const before = x;
    x = norm(transposed(relu(x), filters));
    x = norm(transposed(relu(x), filters));
    x = plus(enlarge(x), conv(enlarge(before), filters, 1));
  }
  return model({ name: "kerasUnet", inputs: image, outputs: conv(x, classes, 3) });
}

/** Numbers layers of a kind in the order in which they are made, as Keras does: conv2d, conv2d_1, .. */
function kerasNames(): (kind: string) => string {
  const counts = new Map<string, number>();
  return (kind) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count === 0 ? kind : `${kind}_${count}`;
  };
}
