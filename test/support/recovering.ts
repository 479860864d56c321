import type { Dataset } from "../../src/data/imageDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { saveCheckpoint } from "../../src/nn/checkpoint.ts";
import type { History } from "../../src/nn/fit.ts";
import { batchNormalization, dense, dropout, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { cosineDecay } from "../../src/nn/schedules.ts";
import { digitSet } from "./digits.ts";

/** 70 digits in batches of 16: five steps an epoch, the last one smaller. */
export const batchSize = 16;
const count = 70;

export interface Case {
  readonly gpu: Gpu;
  readonly data: Dataset;
  readonly model: Model;
}

/** A network with all that a snapshot must hold: statistics, optimizer state, frozen weights, dropout, a rate that moves. */
export async function fresh(gpu?: Gpu): Promise<Case> {
  const device = gpu ?? (await Gpu.create());
  const frozen = dense({ units: 12 });
  frozen.trainable = false;
  const network = sequential({
    name: "recovering",
    inputShape: [28, 28, 1],
    layers: [flatten(), frozen, batchNormalization(), dropout({ rate: 0.3 }), dense({ units: 10 })],
  });
  const model = await network.compile({
    gpu: device,
    seed: 7,
    optimizer: adam({ learningRate: cosineDecay({ learningRate: 0.02, decaySteps: 20 }) }),
    loss: "sparseCategoricalCrossentropy",
  });
  return { gpu: device, data: digitSet(device, count, 3), model };
}

export const lose = ({ model }: Case) => model.compiled.gpu.device.destroy();
export const end = ({ model }: Case) => {
  const { gpu } = model.compiled;
  model.dispose();
  gpu.dispose();
};

/** Three epochs that nothing disturbs. */
export const epochCount = 3;
export const stepCount = 15;

export interface Undisturbed {
  readonly losses: readonly number[];
  readonly epochs: readonly object[];
  /** Weights, optimizer state, statistics, totals and position at the end. */
  readonly checkpoint: Uint8Array;
}

export async function trainUndisturbed(): Promise<Undisturbed> {
  const one = await fresh();
  const history = await one.model.fit(one.data, { batchSize, epochs: epochCount, validationData: one.data });
  const checkpoint = await saveCheckpoint(one.model);
  end(one);
  return { losses: history.losses, epochs: untimed(history), checkpoint };
}

/** What is the same each time. */
export function untimed({ epochs }: History): object[] {
  return epochs.map(({ seconds, ...rest }) => rest);
}
