import { FormatError, GraphError, TrainingError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { copyArenas, valueIn } from "../gpu/hostCopy.ts";
import type { FileSource } from "../io/byteReader.ts";
import type { Metadata } from "../io/safetensors.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
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

const notePrefix = "notes/";
const bestPrefix = "best/";

/**
 * A training as a safetensors file: weights, running statistics, optimizer state, totals of the epoch and the best weights
 * that early stopping has kept; in the metadata position, seed, optimizer, what early stopping and `reduceOnPlateau` have
 * learned from losses, and notes, texts of your own. Batches and dropout are drawn from (seed, epoch, step), so nothing
 * else is needed to go on as if the training had never stopped, bit for bit. It is of the moment of the call, also where
 * training goes on meanwhile.
 * @throws TrainingError before `compile`; GraphError on a note that is no text
 * @example
 * const file = await saveCheckpoint(model, { note: "after a walk" });
 * const { note } = await loadCheckpoint(model, file);
 */
export async function saveCheckpoint(model: Model, notes: Notes = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { compiled, position } = model;
  const { store, memory } = compiled;
  const { watched } = memory;
  const arenas = variablesOf(compiled).map(({ arena }) => arena);
  return encode(compiled, { position, watched, values: await copyArenas(store, arenas) }, notes);
}

/**
 * The last snapshot of a training with `recovery()` as a checkpoint: from host memory, so that nothing is lost where the
 * device is and there is no other.
 * @throws TrainingError where there is no snapshot
 * @example
 * try {
 *   await model.fit(data, { epochs: 1, recovery: recovery() });
 * } catch (error) {
 *   if (!(error instanceof DeviceError)) throw error;
 *   const file = saveSnapshot(model); // for loadCheckpoint, on another day
 * }
 */
export function saveSnapshot(model: Model, notes: Notes = {}): Uint8Array<ArrayBuffer> {
  const { compiled } = model;
  const { snapshot } = compiled.memory;
  if (snapshot) return encode(compiled, snapshot, notes);
  throw new TrainingError({
    where: `${model.name ?? "model"}/saveSnapshot`,
    seen: "no snapshot",
    wanted: "a training with `recovery()`",
    mend: "A training whose device works is saved by saveCheckpoint(model).",
  });
}

function encode(
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

/**
 * Takes a checkpoint of the same model, optimizer and seed, and returns its notes; else nothing is changed. Then
 * `model.fit(data, { epochs, initialEpoch: model.epochsDone })` goes on; with `initialStep: model.epochStep` also in the
 * midst of an epoch.
 * @throws FormatError on a file that is none, or of another training; TrainingError before `compile`
 * @example
 * await loadCheckpoint(model, await saveCheckpoint(model));
 * await model.fit(data, { epochs: model.epochsDone + 1, initialEpoch: model.epochsDone });
 */
export async function loadCheckpoint(model: Model, file: FileSource): Promise<Notes> {
  const where = "loadCheckpoint";
  const { compiled } = model;
  const { optimizer, seed, store } = compiled;
  const variables = variablesOf(compiled);
  const best = changingWeights(compiled.state);
  const { metadata, tensors } = await decodeTensors(where, file, (given) => {
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
  model.goTo({ step, epoch, epochStep });
  const resumed = { ...watched, bestWeights };
  Object.assign(compiled.memory, { loads: compiled.memory.loads + 1, watched: resumed, resumed });
  return notes;
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
