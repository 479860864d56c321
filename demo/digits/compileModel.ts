import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/gpu/pipelines.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import type { TuneOptions } from "../../src/nn/tuning.ts";
import type { TrainRequest } from "./request.ts";

/** The model that a request asks for, with fresh weights on the GPU. */
export function compileModel(
  gpu: Gpu,
  request: TrainRequest,
  onCompile: Progress,
  tune: TuneOptions | false = false,
): Promise<Model> {
  const { optimizer, learningRate, seed } = request;
  return lenet5().compile({
    gpu,
    seed,
    loss: "sparseCategoricalCrossentropy",
    optimizer: optimizer === "adam" ? adam({ learningRate }) : sgd({ learningRate, momentum: 0.9 }),
    onCompile,
    tune,
  });
}
