import { FormatError, GraphError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { copyArenas, valueIn } from "../gpu/hostCopy.ts";
import type { Metadata } from "../io/safetensors.ts";
import type { Compiled } from "./compile.ts";
import type { Position, TrainingSnapshot } from "./snapshot.ts";
import { changingWeights } from "./watch.ts";
import { decodeWatched, encodeWatched } from "./watchedTexts.ts";
import { decodeTensors, encodeTensors, tensorOf } from "./weightFiles.ts";

/** What a program keeps beside a training: how the model was built, say. Names to texts. */
export type Notes = Readonly<Record<string, string>>;

/** What the header of a checkpoint says. */
export interface CheckpointHeader extends Position {
  readonly seed: string;
  readonly optimizer: string;
  readonly notes: Notes;
}

/** What a checkpoint holds beside its tensors. */
export interface Checkpoint extends Pick<TrainingSnapshot, "position" | "watched"> {
  readonly notes: Notes;
}

const notePrefix = "notes/";
const bestPrefix = "best/";

/** A training as it is at the moment of the call, whatever steps are submitted after it. */
export async function takeSnapshot(compiled: Compiled, position: Position): Promise<TrainingSnapshot> {
  const { store, memory } = compiled;
  const { watched } = memory;
  const names = variablesOf(compiled).map(({ arena }) => arena);
  return { position, watched, values: await copyArenas(store, names) };
}

/**
 * A training as a safetensors file: weights, running statistics, optimizer state, totals of the epoch and the best weights
 * that early stopping has kept; in the metadata position, seed, optimizer, what was learned from losses, and notes. Batches
 * and dropout are drawn from (seed, epoch, step), so nothing else is needed to go on as if the training had never stopped,
 * bit for bit.
 */
export function encodeCheckpoint(
  compiled: Compiled,
  { position, watched, values }: TrainingSnapshot,
  notes: Notes,
): Uint8Array<ArrayBuffer> {
  for (const [name, text] of Object.entries(notes)) {
    if (typeof text === "string") continue;
    throw new GraphError({ where: "saveCheckpoint", seen: `note ${name} of type ${typeof text}`, wanted: "a text" });
  }
  const { optimizer, seed, store } = compiled;
  const metadata = {
    kind: "checkpoint",
    step: `${position.step}`,
    epoch: `${position.epoch}`,
    epochStep: `${position.epochStep}`,
    seed: `${seed}`,
    optimizer: optimizer.name,
    ...encodeWatched(watched),
    ...Object.fromEntries(Object.entries(notes).map(([name, text]) => [notePrefix + name, text])),
  };
  const tensors = variablesOf(compiled).map((variable) => tensorOf(variable, valueIn(values, store, variable)));
  const best = [...(watched?.bestWeights ?? [])].map(([variable, data]) => {
    return { ...tensorOf(variable, data), name: bestPrefix + variable.name };
  });
  return encodeTensors([...tensors, ...best], metadata);
}

/** Takes a checkpoint of the same model, optimizer and seed, and returns where it stood. Else nothing is changed. */
export async function loadCheckpoint(
  compiled: Compiled,
  source: Uint8Array | ReadableStream<Uint8Array>,
): Promise<Checkpoint> {
  const where = "loadCheckpoint";
  const { optimizer, seed, store } = compiled;
  const variables = variablesOf(compiled);
  const best = changingWeights(compiled.state);
  const { metadata, tensors } = await decodeTensors(where, source, (given) => {
    const header = readHeader(where, given);
    const wanted = { optimizer: optimizer.name, seed: `${seed}` };
    for (const name of ["optimizer", "seed"] as const) {
      if (header[name] === wanted[name]) continue;
      const seen = `${name} ${header[name]}`;
      throw new FormatError({ where, seen, wanted: `${name} ${wanted[name]}`, mend: "Compile the model as it was." });
    }
    const { hasBest } = decodeWatched(where, given);
    const bestTypes = best.map(({ name, type }) => [bestPrefix + name, type] as const);
    return new Map([...variables.map(({ name, type }) => [name, type] as const), ...(hasBest ? bestTypes : [])]);
  });
  const valuesOf = (name: string) => tensors.get(name) ?? new Uint8Array();
  for (const variable of variables) store.write(variable, valuesOf(variable.name));
  const { hasBest, ...watched } = decodeWatched(where, metadata);
  const bestWeights = hasBest
    ? new Map(best.map((variable) => [variable, valuesOf(bestPrefix + variable.name)]))
    : null;
  const { notes, step, epoch, epochStep } = readHeader(where, metadata);
  return { position: { step, epoch, epochStep }, watched: { ...watched, bestWeights }, notes };
}

/** The header of a checkpoint from the metadata of its file. @throws FormatError on another kind of file */
export function readHeader(where: string, metadata: Metadata): CheckpointHeader {
  const { kind = "not given", seed = "", optimizer = "" } = metadata;
  if (kind !== "checkpoint") {
    throw new FormatError({
      where,
      seen: `kind ${kind}`,
      wanted: "kind checkpoint",
      mend: "A file of saveWeights goes to loadWeights.",
    });
  }
  const numberOf = (name: string) => {
    const text = metadata[name] ?? "not given";
    if (/^\d+$/.test(text)) return Number(text);
    throw new FormatError({ where, seen: `${name} ${text}`, wanted: "a whole number" });
  };
  const notes = Object.entries(metadata)
    .filter(([name]) => name.startsWith(notePrefix))
    .map(([name, text]) => [name.slice(notePrefix.length), text]);
  return {
    step: numberOf("step"),
    epoch: numberOf("epoch"),
    epochStep: numberOf("epochStep"),
    seed,
    optimizer,
    notes: Object.fromEntries(notes),
  };
}

/** Weights, running statistics, optimizer state, and the totals of the epoch under way. */
function variablesOf({ state }: Compiled): Variable[] {
  const { lossSum, counts } = state.trainTotals;
  return [...state.variables.values(), ...Object.values(state.slots).flat(), lossSum, counts];
}
