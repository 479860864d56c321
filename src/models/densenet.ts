import { checkNames } from "../core/options.ts";
import { inputLayer, type SymbolicTensor } from "../nn/layer.ts";
import {
  activation,
  averagePooling2d,
  batchNormalization,
  concatenate,
  dense,
  globalAveragePooling2d,
  maxPooling2d,
} from "../nn/layers.ts";
import { type Model, model } from "../nn/model.ts";
import { applyAll } from "../nn/network.ts";
import { convNorm, normConv, publishedNorm } from "./blocks.ts";

export interface DenseBlockOptions {
  readonly name: string;
  readonly layers: number;
  /** Channels that each layer adds: k of the paper. */
  readonly growth: number;
}

/**
 * A block of DenseNet, after Huang et al. 2017: each layer (batch norm, relu, 1x1 to 4 growth channels; batch norm,
 * relu, 3x3 to growth channels) sees what all before it made. [h, w, c] -> [h, w, c + layers growth].
 * @example
 * denseBlock(input([56, 56, 64]), { name: "block1", layers: 6, growth: 32 }).shape; // => [56, 56, 256]
 */
export function denseBlock(x: SymbolicTensor, options: DenseBlockOptions): SymbolicTensor {
  checkNames("denseBlock", options, ["name", "layers", "growth"]);
  const { name, layers, growth } = options;
  let features = x;
  for (let i = 1; i <= layers; i++) {
    const layer = `${name}/layer${i}`;
    const narrow = normConv(features, [`${layer}/bn1`, `${layer}/conv1`], { filters: 4 * growth, kernelSize: 1 });
    const added = normConv(narrow, [`${layer}/bn2`, `${layer}/conv2`], { filters: growth, kernelSize: 3 });
    features = concatenate({ name: `${layer}/concat` }).apply(features, added);
  }
  return features;
}

/**
 * Between two blocks: half the channels (batch norm, relu, 1x1) and half the sides. [h, w, c] -> [h / 2, w / 2, c / 2].
 * @example
 * denseTransition(input([56, 56, 256]), { name: "transition1" }).shape; // => [28, 28, 128]
 */
export function denseTransition(x: SymbolicTensor, { name }: { readonly name: string }): SymbolicTensor {
  const filters = Math.floor((x.shape.at(-1) ?? 0) / 2);
  const half = normConv(x, [`${name}/bn`, `${name}/conv`], { filters, kernelSize: 1 });
  return averagePooling2d({ name: `${name}/pool`, poolSize: 2 }).apply(half);
}

export interface DensenetOptions {
  /** Layers of each block. Default [6, 12, 24, 16]: DenseNet-121. */
  readonly blocks?: readonly number[];
  /** Default 32. */
  readonly growth?: number;
  /** Default 1000. */
  readonly classes?: number;
  /** Side of the square RGB image. Default 224. */
  readonly size?: number;
}

/**
 * DenseNet, after Huang et al. 2017, Table 1; as DenseNet-121 it has 7,978,856 parameters, running statistics not
 * counted.
 *
 *     layer                                 output
 *     input                                 224x224x3
 *     stem         2 growth @ 7x7 / 2       112x112x64
 *     pool         maximum 3x3 / 2          56x56x64
 *     block1       6 layers                 56x56x256
 *     transition1                           28x28x128
 *     block2       12 layers                28x28x512
 *     transition2                           14x14x256
 *     block3       24 layers                14x14x1024
 *     transition3                           7x7x512
 *     block4       16 layers                7x7x1024
 *     head         mean of each channel     1000
 * @example
 * densenet().trainableParameterCount; // => 7978856
 */
export function densenet(options: DensenetOptions = {}): Model {
  checkNames("densenet", options, ["blocks", "growth", "classes", "size"]);
  const { blocks = [6, 12, 24, 16], growth = 32, classes = 1000, size = 224 } = options;
  const image = inputLayer([size, size, 3]);
  const stem = { filters: 2 * growth, kernelSize: 7, strides: 2, activation: "relu" } as const;
  let x = convNorm(image, ["stem/conv", "stem/bn"], stem);
  x = maxPooling2d({ name: "pool", poolSize: 3, strides: 2, padding: 1 }).apply(x);
  for (const [i, layers] of blocks.entries()) {
    x = denseBlock(x, { name: `block${i + 1}`, layers, growth });
    if (i + 1 < blocks.length) x = denseTransition(x, { name: `transition${i + 1}` });
  }
  const head = [
    batchNormalization({ name: "bn", ...publishedNorm }),
    activation({ name: "bn/relu", activation: "relu" }),
    globalAveragePooling2d({ name: "mean" }),
    dense({ name: "fc", units: classes }),
  ];
  return model({ name: "densenet", inputs: image, outputs: applyAll(head, x) });
}
