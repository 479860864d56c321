import { checkNames } from "../core/options.ts";
import { inputLayer, type SymbolicTensor } from "../nn/layer.ts";
import { activation, add, dense, globalAveragePooling2d, maxPooling2d } from "../nn/layers.ts";
import { type Model, model } from "../nn/model.ts";
import { applyAll } from "../nn/network.ts";
import { convNorm } from "./blocks.ts";

/**
 * Residual networks, after He, Zhang, Ren, Sun 2016, Table 1; parameters with 1000 classes, without running statistics.
 *
 *     stage    output       18               34               50
 *     input    224x224x3
 *     stem     112x112x64   64 @ 7x7 / 2, batch norm, relu
 *     pool     56x56x64     maximum 3x3 / 2
 *     stage1   56x56        [3x3 64] x2 x2   [3x3 64] x2 x3   [1x1 64, 3x3 64, 1x1 256] x3
 *     stage2   28x28        [3x3 128] x2 x2  [3x3 128] x2 x4  [1x1 128, 3x3 128, 1x1 512] x4
 *     stage3   14x14        [3x3 256] x2 x2  [3x3 256] x2 x6  [1x1 256, 3x3 256, 1x1 1024] x6
 *     stage4   7x7          [3x3 512] x2 x2  [3x3 512] x2 x3  [1x1 512, 3x3 512, 1x1 2048] x3
 *     head     1000         mean of each channel, 1000 logits
 *     parameters            11,689,512       21,797,672       25,557,032
 *
 * The first block of stages 2, 3 and 4 halves the sides in its 3x3 convolution; the paper's bottleneck does so in its
 * first 1x1, which throws three quarters of the pixels away. Every published set of weights is of this form.
 */
export interface ResnetOptions {
  /** Default 1000. */
  readonly classes?: number;
  /** Side of the square RGB image. Default 224. */
  readonly size?: number;
}

/**
 * ResNet-18: 11,689,512 parameters.
 * @example
 * resnet18({ classes: 10, size: 32 }).trainableParameterCount; // => 11181642
 */
export function resnet18(options: ResnetOptions = {}): Model {
  return resnet("resnet18", basicBlock, [2, 2, 2, 2], options);
}

/**
 * ResNet-34: 21,797,672 parameters.
 * @example
 * resnet34().trainableParameterCount; // => 21797672
 */
export function resnet34(options: ResnetOptions = {}): Model {
  return resnet("resnet34", basicBlock, [3, 4, 6, 3], options);
}

/**
 * ResNet-50: 25,557,032 parameters.
 * @example
 * resnet50().trainableParameterCount; // => 25557032
 */
export function resnet50(options: ResnetOptions = {}): Model {
  return resnet("resnet50", bottleneckBlock, [3, 4, 6, 3], options);
}

function resnet(name: string, block: typeof basicBlock, stages: readonly number[], options: ResnetOptions): Model {
  checkNames(name, options, ["classes", "size"]);
  const { classes = 1000, size = 224 } = options;
  const image = inputLayer([size, size, 3]);
  let x = convNorm(image, ["stem/conv", "stem/bn"], { filters: 64, kernelSize: 7, strides: 2, activation: "relu" });
  x = maxPooling2d({ name: "pool", poolSize: 3, strides: 2, padding: 1 }).apply(x);
  for (const [stage, blocks] of stages.entries()) {
    for (let i = 0; i < blocks; i++) {
      const strides = stage > 0 && i === 0 ? 2 : 1;
      x = block(x, { name: `stage${stage + 1}/block${i + 1}`, filters: 64 * 2 ** stage, strides });
    }
  }
  const head = [globalAveragePooling2d({ name: "mean" }), dense({ name: "fc", units: classes })];
  return model({ name, inputs: image, outputs: applyAll(head, x) });
}

export interface ResidualBlockOptions {
  readonly name: string;
  /** Of the 3x3 convolutions. */
  readonly filters: number;
  /** Of the first 3x3 convolution. Default 1. */
  readonly strides?: number;
}

/**
 * relu(F(x) + x), F = 3x3, 3x3: [h, w, c] -> [h / strides, w / strides, filters].
 * @example
 * basicBlock(input([56, 56, 64]), { name: "block", filters: 128, strides: 2 }).shape; // => [28, 28, 128]
 */
export function basicBlock(x: SymbolicTensor, options: ResidualBlockOptions): SymbolicTensor {
  checkNames("basicBlock", options, ["name", "filters", "strides"]);
  const { name, filters, strides = 1 } = options;
  let y = convNorm(x, named(name, 1), { filters, kernelSize: 3, strides, activation: "relu" });
  y = convNorm(y, named(name, 2), { filters, kernelSize: 3 });
  return addShortcut(x, y, name, strides);
}

/**
 * relu(F(x) + x), F = 1x1 (filters), 3x3 (filters), 1x1 (4 filters): [h, w, c] -> [h / strides, w / strides, 4
 * filters].
 * @example
 * bottleneckBlock(input([56, 56, 64]), { name: "block", filters: 64 }).shape; // => [56, 56, 256]
 */
export function bottleneckBlock(x: SymbolicTensor, options: ResidualBlockOptions): SymbolicTensor {
  checkNames("bottleneckBlock", options, ["name", "filters", "strides"]);
  const { name, filters, strides = 1 } = options;
  let y = convNorm(x, named(name, 1), { filters, kernelSize: 1, activation: "relu" });
  y = convNorm(y, named(name, 2), { filters, kernelSize: 3, strides, activation: "relu" });
  y = convNorm(y, named(name, 3), { filters: 4 * filters, kernelSize: 1 });
  return addShortcut(x, y, name, strides);
}

/** The identity, or, where shapes differ, a projection by a 1x1 convolution. */
function addShortcut(x: SymbolicTensor, y: SymbolicTensor, name: string, strides: number): SymbolicTensor {
  const filters = y.shape.at(-1) ?? 0;
  const shortcut =
    strides === 1 && x.shape.at(-1) === filters
      ? x
      : convNorm(x, [`${name}/shortcut/conv`, `${name}/shortcut/bn`], { filters, kernelSize: 1, strides });
  return activation({ name: `${name}/relu`, activation: "relu" }).apply(
    add({ name: `${name}/add` }).apply(y, shortcut),
  );
}

function named(block: string, index: number): [conv: string, norm: string] {
  return [`${block}/conv${index}`, `${block}/bn${index}`];
}
