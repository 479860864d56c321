import type { Dataset } from "../../src/data/imageDataset.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { type LossName, lossOf } from "../../src/nn/losses.ts";
import type { Network } from "../../src/nn/network.ts";
import type { Optimizer } from "../../src/nn/optimizers.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { initializeState, makeState } from "../../src/nn/state.ts";
import { trainStep } from "../../src/nn/steps.ts";
import { type PlanOptions, plan } from "../../src/passes/index.ts";
import { mergeLayouts } from "../../src/passes/layout.ts";
import { poisonSlots } from "./poisonSlots.ts";
import { testGpu } from "./run.ts";

export interface TrainingOptions extends PlanOptions {
  readonly optimizer: Optimizer;
  readonly loss?: LossName;
  readonly seed?: number;
  readonly batchSize: number;
  readonly steps: number;
  /** Fill slots with NaN before every step. */
  readonly poison?: boolean;
}

export interface Trained {
  readonly losses: Float32Array;
  /** By name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly dispatches: number;
}

/** What `fit` does, step by step, with the choices of the passes open. */
export async function train(network: Network, data: Dataset, options: TrainingOptions): Promise<Trained> {
  const { optimizer, loss = "sparseCategoricalCrossentropy", seed = 1, batchSize, steps, poison } = options;
  const gpu = await testGpu();
  const state = makeState(network, optimizer);
  const store = await initializeState(gpu, state, seed);
  const graph = trainStep({ network, state, loss: lossOf(loss) }, optimizer, (cursor) => data.batch(cursor, batchSize));
  const planned = plan(graph, mergeLayouts([store.layout, data.store.layout]), gpu.target, options);
  const commands = await CommandGraph.compile(planned, store, { shared: [data.store] });
  for (let step = 0; step < steps; step++) {
    if (poison) poisonSlots(commands);
    // A set of one batch takes no cursor.
    if (planned.inputs.cursor) commands.write("cursor", Uint32Array.of(step * batchSize, seed, 1, 1));
    commands.write("hyper", optimizer.hyper(step + 1, rateAt(optimizer.learningRate, step)));
    commands.write("step", Uint32Array.of(step));
    commands.run();
  }
  const losses = (await store.read(state.history)) as Float32Array;
  const weights: Record<string, Float32Array> = {};
  for (const variable of state.variables.values()) {
    weights[variable.name] = (await store.read(variable)) as Float32Array;
  }
  commands.dispose();
  store.dispose();
  return { losses: losses.slice(0, steps), weights, dispatches: planned.calls.length };
}
