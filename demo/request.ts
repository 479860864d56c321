import type { Gpu } from "../src/gpu/gpu.ts";
import type { Progress } from "../src/gpu/pipelines.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import type { Model } from "../src/nn/model.ts";
import { adam, sgd } from "../src/nn/optimizers.ts";

/** A training, as the command line and the demo's form ask for it. */
export interface TrainRequest {
  readonly model: "lenet5";
  /** `url` is where the server shows four IDX files; null for digits that are drawn. */
  readonly data: { readonly name: string; readonly url: string | null };
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
  readonly learningRate: number;
  readonly seed: number;
  /** Of training examples; null for all. */
  readonly limit: number | null;
}

/** Steps that suit LeNet-5 on batches of 64. */
export const learningRates = { sgd: 0.05, adam: 0.001 } as const;

/** The model that a request asks for, with fresh weights on the GPU. */
export function compileModel(gpu: Gpu, request: TrainRequest, onCompile: Progress): Promise<Model> {
  const { optimizer, learningRate, seed } = request;
  return lenet5().compile({
    gpu,
    seed,
    loss: "sparseCategoricalCrossentropy",
    optimizer: optimizer === "adam" ? adam({ learningRate }) : sgd({ learningRate, momentum: 0.9 }),
    onCompile,
  });
}
