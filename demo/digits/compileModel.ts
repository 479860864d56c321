import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/gpu/pipelines.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import type { Schedule } from "../../src/nn/schedules.ts";
import type { Tuner } from "../../src/nn/tuning.ts";
import type { TrainRequest } from "./request.ts";

export interface Recipe extends Pick<TrainRequest, "optimizer" | "seed"> {
  readonly learningRate: number | Schedule;
}

/** Gives a model fresh weights on the GPU, to be trained as a request asks. */
export function compileModel(
  model: Model,
  gpu: Gpu,
  { optimizer, learningRate, seed }: Recipe,
  onCompile: Progress,
  tune: Tuner | null = null,
): Promise<Model> {
  return model.compile({
    gpu,
    seed,
    loss: "sparseCategoricalCrossentropy",
    optimizer: optimizer === "adam" ? adam({ learningRate }) : sgd({ learningRate, momentum: 0.9 }),
    onCompile,
    tune,
  });
}
