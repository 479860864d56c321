import { drawDigits } from "../../src/data/digits.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { conv2d, dense, flatten, maxPooling2d } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";

/** `count` drawn digits of 28x28, on the GPU. */
export function digitSet(gpu: Gpu, count: number, seed = 1): Dataset {
  return imageDataset(gpu, drawDigits({ count, seed }));
}

/** A network for them that is quick: a convolution, a pool, two dense layers; 2,284 parameters. */
export function tinyNetwork(): Model {
  return sequential({
    name: "tiny",
    inputShape: [28, 28, 1],
    layers: [
      conv2d({ name: "conv", filters: 4, kernelSize: 5, strides: 2, activation: "tanh" }),
      maxPooling2d({ name: "pool", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "hidden", units: 14, activation: "relu" }),
      dense({ name: "logits", units: 10 }),
    ],
  });
}
