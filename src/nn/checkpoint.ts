import { FormatError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import type { Metadata } from "../io/safetensors.ts";
import type { Compiled } from "./model.ts";
import { loadVariables, saveVariables } from "./weightFiles.ts";

/** How far a training is: with weights and optimizer, all that it depends on. */
export interface Position {
  /** Updates made, and epochs finished. */
  readonly step: number;
  readonly epoch: number;
}

/**
 * A training as a safetensors file: weights, running statistics and optimizer state, and in the metadata step, epoch,
 * seed and optimizer. Batches and dropout are drawn from (seed, epoch, step), so nothing else is needed to go on as if
 * the training had never stopped, bit for bit.
 */
export function saveCheckpoint(compiled: Compiled, { step, epoch }: Position): Promise<Uint8Array<ArrayBuffer>> {
  const { optimizer, seed, store } = compiled;
  const metadata = {
    kind: "checkpoint",
    step: `${step}`,
    epoch: `${epoch}`,
    seed: `${seed}`,
    optimizer: optimizer.name,
  };
  return saveVariables(store, variablesOf(compiled), metadata);
}

/** Takes a checkpoint of the same model, optimizer and seed, and returns where it stood. Else nothing is changed. */
export async function loadCheckpoint(
  compiled: Compiled,
  source: Uint8Array | ReadableStream<Uint8Array>,
): Promise<Position> {
  const where = "loadCheckpoint";
  const check = (metadata: Metadata) => {
    const wanted = { kind: "checkpoint", optimizer: compiled.optimizer.name, seed: `${compiled.seed}` };
    for (const [name, value] of Object.entries(wanted)) {
      if (metadata[name] === value) continue;
      throw new FormatError({
        where,
        seen: `${name} ${metadata[name] ?? "not given"}`,
        wanted: `${name} ${value}`,
        mend: name === "kind" ? "A file of saveWeights goes to loadWeights." : "Compile the model as it was.",
      });
    }
    for (const name of ["step", "epoch"]) {
      if (/^\d+$/.test(metadata[name] ?? "")) continue;
      throw new FormatError({ where, seen: `${name} ${metadata[name]}`, wanted: "a whole number" });
    }
  };
  const metadata = await loadVariables(where, compiled.store, variablesOf(compiled), source, check);
  return { step: Number(metadata.step), epoch: Number(metadata.epoch) };
}

function variablesOf({ state }: Compiled): Variable[] {
  return [...state.variables.values(), ...Object.values(state.slots).flat()];
}
