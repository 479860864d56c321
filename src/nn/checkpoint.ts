import { FormatError, GraphError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import type { Metadata } from "../io/safetensors.ts";
import type { Compiled } from "./compile.ts";
import { loadVariables, saveVariables } from "./weightFiles.ts";

/** How far a training is: with weights and optimizer, all that it depends on. */
export interface Position {
  /** Updates made, and epochs finished. */
  readonly step: number;
  readonly epoch: number;
}

/** What a program keeps beside a training: how the model was built, say. Names to texts. */
export type Notes = Readonly<Record<string, string>>;

/** What the header of a checkpoint says. */
export interface CheckpointHeader extends Position {
  readonly seed: string;
  readonly optimizer: string;
  readonly notes: Notes;
}

const notePrefix = "notes/";

/**
 * A training as a safetensors file: weights, running statistics and optimizer state, and in the metadata step, epoch,
 * seed, optimizer and notes. Batches and dropout are drawn from (seed, epoch, step), so nothing else is needed to go on
 * as if the training had never stopped, bit for bit.
 */
export function saveCheckpoint(
  compiled: Compiled,
  { step, epoch }: Position,
  notes: Notes = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { optimizer, seed, store } = compiled;
  for (const [name, text] of Object.entries(notes)) {
    if (typeof text === "string") continue;
    throw new GraphError({ where: "saveCheckpoint", seen: `note ${name} of type ${typeof text}`, wanted: "a text" });
  }
  const metadata = {
    kind: "checkpoint",
    step: `${step}`,
    epoch: `${epoch}`,
    seed: `${seed}`,
    optimizer: optimizer.name,
    ...Object.fromEntries(Object.entries(notes).map(([name, text]) => [notePrefix + name, text])),
  };
  return saveVariables(store, variablesOf(compiled), metadata);
}

/** Takes a checkpoint of the same model, optimizer and seed, and returns where it stood. Else nothing is changed. */
export async function loadCheckpoint(
  compiled: Compiled,
  source: Uint8Array | ReadableStream<Uint8Array>,
): Promise<CheckpointHeader> {
  const where = "loadCheckpoint";
  const check = (metadata: Metadata) => {
    const header = readHeader(where, metadata);
    const wanted = { optimizer: compiled.optimizer.name, seed: `${compiled.seed}` };
    for (const name of ["optimizer", "seed"] as const) {
      if (header[name] === wanted[name]) continue;
      throw new FormatError({
        where,
        seen: `${name} ${header[name]}`,
        wanted: `${name} ${wanted[name]}`,
        mend: "Compile the model as it was.",
      });
    }
  };
  return readHeader(where, await loadVariables(where, compiled.store, variablesOf(compiled), source, check));
}

/** The header of a checkpoint from the metadata of its file. @throws FormatError on another kind of file */
export function readHeader(where: string, metadata: Metadata): CheckpointHeader {
  const { kind = "not given", step = "not given", epoch = "not given", seed = "", optimizer = "" } = metadata;
  if (kind !== "checkpoint") {
    throw new FormatError({
      where,
      seen: `kind ${kind}`,
      wanted: "kind checkpoint",
      mend: "A file of saveWeights goes to loadWeights.",
    });
  }
  for (const [name, text] of Object.entries({ step, epoch })) {
    if (!/^\d+$/.test(text)) throw new FormatError({ where, seen: `${name} ${text}`, wanted: "a whole number" });
  }
  const notes = Object.entries(metadata)
    .filter(([name]) => name.startsWith(notePrefix))
    .map(([name, text]) => [name.slice(notePrefix.length), text]);
  return { step: Number(step), epoch: Number(epoch), seed, optimizer, notes: Object.fromEntries(notes) };
}

function variablesOf({ state }: Compiled): Variable[] {
  return [...state.variables.values(), ...Object.values(state.slots).flat()];
}
