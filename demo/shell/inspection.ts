import { liveBytes, slotBytes } from "../../src/core/plan.ts";
import { printGraph } from "../../src/core/print.ts";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { link } from "../../src/gpu/link.ts";
import type { Model } from "../../src/nn/model.ts";
import { layerOf, type Profile } from "../../src/nn/profile.ts";
import { profileStep } from "../../src/nn/profileStep.ts";
import { predictStep } from "../../src/nn/steps.ts";
import type { Trainer } from "../../src/nn/trainer.ts";
import type { InspectOptions } from "./tab.ts";

/** What a worker tells of its network: plain data, that can be posted. */
export interface Inspection {
  readonly model: string;
  readonly batchSize: number;
  readonly layers: readonly InspectedLayer[];
  /** Number of values in all weights. */
  readonly parameters: number;
  /** Of a training step, in the order in which they run. */
  readonly dispatches: readonly InspectedDispatch[];
  /** The WGSL of the kernels: each text once. */
  readonly shaders: readonly string[];
  readonly flops: number;
  readonly memory: InspectedMemory;
  /** The graph of the forward pass as text. */
  readonly graph: string;
  /** Null where it was not asked for, or the device has no clock. */
  readonly profile: Profile | null;
  /** Why there is no profile though it was asked for. */
  readonly profileError: string | null;
}

export interface InspectedLayer {
  readonly name: string;
  /** `"conv2d"` */
  readonly kind: string;
  /** Without the batch. */
  readonly output: readonly number[];
  readonly parameters: number;
}

export interface InspectedDispatch {
  /** `modulePath/op/kernel` */
  readonly label: string;
  /** Module path, or what the dispatch serves: `data`, `loss`, `optimizer`, `metrics`, `step`. */
  readonly layer: string;
  readonly kernel: string;
  readonly grid: readonly number[];
  readonly flops: number;
  readonly bytes: number;
  /** Of the activations and gradients that are alive while it runs. */
  readonly liveBytes: number;
  /** Index into `shaders`. */
  readonly shader: number;
}

/** All in bytes. */
export interface InspectedMemory {
  /** Everything that a step needs. */
  readonly peakBytes: number;
  /** Weights, gradients, optimizer state, inputs and data. */
  readonly fixedBytes: number;
  /** Room that activations share. */
  readonly slotBytes: number;
  /** What the activations would take if none shared its room with another. */
  readonly unsharedBytes: number;
}

export interface Inspected {
  readonly model: Model;
  readonly data: Dataset;
  readonly trainer: Trainer;
}

/** Looks into a model that is being trained: from its plan, without a dispatch, but for the profile. */
export async function inspectModel(
  { model, data, trainer }: Inspected,
  { profile }: InspectOptions,
): Promise<Inspection> {
  const { batchSize } = trainer;
  const plan = model.trainPlan(data, batchSize);
  const live = liveBytes(plan);
  const shaders: string[] = [];
  const dispatches = plan.calls.map((planned, i): InspectedDispatch => {
    const { code } = link(planned.call.shaders, planned.call.constants);
    if (!shaders.includes(code)) shaders.push(code);
    return {
      label: planned.label,
      layer: layerOf(planned),
      kernel: planned.call.name,
      grid: planned.grid,
      flops: planned.call.flops,
      bytes: planned.bytes,
      liveBytes: live[i] ?? 0,
      shader: shaders.indexOf(code),
    };
  });
  const slots = slotBytes(plan);
  const timed = profile ? await timeStep(trainer) : { profile: null, profileError: null };
  return {
    model: model.name ?? "model",
    batchSize,
    layers: model.symbols.map(({ layer, shape }) => ({
      name: (layer && model.layers.get(layer)) ?? "",
      kind: layer?.kind ?? "",
      output: shape,
      parameters: layer?.parameterCount ?? 0,
    })),
    parameters: model.parameterCount,
    dispatches,
    shaders,
    flops: plan.flops,
    memory: {
      peakBytes: plan.peakBytes,
      fixedBytes: plan.peakBytes - slots,
      slotBytes: slots,
      unsharedBytes: plan.unsharedBytes,
    },
    graph: printGraph(predictStep(model, model.compiled.state, batchSize)),
    ...timed,
  };
}

async function timeStep(trainer: Trainer): Promise<Pick<Inspection, "profile" | "profileError">> {
  try {
    return { profile: await trainer.survive(() => profileStep(trainer)), profileError: null };
  } catch (error) {
    return { profile: null, profileError: error instanceof Error ? error.message : String(error) };
  }
}
