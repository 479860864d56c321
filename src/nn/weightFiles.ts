import { FormatError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { showShape, showType, type TensorType, tensorType } from "../core/types.ts";
import { copyArenas, valueIn } from "../gpu/hostCopy.ts";
import type { FileSource } from "../io/byteReader.ts";
import { encodeToBytes, type Metadata, type NamedTensor, openSafetensors, type TensorData } from "../io/safetensors.ts";
import type { Model } from "./model.ts";

/** A variable's values as a file holds them: under its name, in our own layout (HWIO kernels). */
export function tensorOf({ name, type }: Variable, data: TensorData): NamedTensor {
  return { name, shape: type.shape, dtype: type.dtype, data };
}

/** Tensors as a safetensors file of ours. */
export function encodeTensors(tensors: Iterable<NamedTensor>, metadata: Metadata = {}): Uint8Array<ArrayBuffer> {
  return encodeToBytes(tensors, { format: "wgrad", layout: "channels-last", ...metadata });
}

/**
 * All weights of a model, as they are at the moment of the call, as a safetensors file, by names such as `"conv1/kernel"`.
 * @throws TrainingError before `compile`
 * @example
 * const link = document.createElement("a");
 * link.href = URL.createObjectURL(new Blob([await saveWeights(model)]));
 * link.download = "digits.safetensors";
 */
export async function saveWeights(model: Model): Promise<Uint8Array<ArrayBuffer>> {
  const { state, store } = model.compiled;
  const variables = [...state.variables.values()];
  const copy = await copyArenas(
    store,
    variables.map(({ arena }) => arena),
  );
  return encodeTensors(variables.map((variable) => tensorOf(variable, valueIn(copy, store, variable))));
}

/**
 * Gives a model the weights of a safetensors file; every name and shape must be the model's, else nothing is changed.
 * Nothing is written before all data have come in whole.
 * @throws FormatError on a file that is none, or of another model; TrainingError before `compile`
 * @example
 * await loadWeights(model, await saveWeights(model));
 */
export async function loadWeights(model: Model, file: FileSource): Promise<void> {
  const { state, store, memory } = model.compiled;
  const named = new Map([...state.variables.values()].map((variable) => [variable.name, variable]));
  const wanted = new Map([...named].map(([name, { type }]) => [name, type]));
  const { tensors } = await decodeTensors("loadWeights", file, () => wanted);
  for (const [name, variable] of named) store.write(variable, tensors.get(name) ?? new Uint8Array());
  memory.loads++;
}

/** What was read of a file. */
export interface DecodedTensors {
  readonly metadata: Metadata;
  /** By name, all that were wanted. */
  readonly tensors: ReadonlyMap<string, TensorData>;
}

/**
 * Reads a file, which must hold just the tensors that are wanted for its metadata. Metadata, names and shapes are judged
 * before any data are read. @throws FormatError
 */
export async function decodeTensors(
  where: string,
  source: FileSource,
  wantedFor: (metadata: Metadata) => ReadonlyMap<string, TensorType>,
): Promise<DecodedTensors> {
  const file = await openSafetensors(source);
  const wanted = wantedFor(file.metadata);
  const found = new Map(file.entries.map((entry) => [entry.name, entry]));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const foreign = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const list = (names: string[]) => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", .." : ""}`;
    throw new FormatError({
      where,
      seen: [missing.length > 0 && `no ${list(missing)}`, foreign.length > 0 && `unknown ${list(foreign)}`]
        .filter(Boolean)
        .join(" and "),
      wanted: `the ${wanted.size} weights of this model`,
      mend: "Load the file into the model that saved it.",
    });
  }
  for (const [name, type] of wanted) {
    const entry = found.get(name);
    if (entry && entry.shape.join() !== type.shape.join()) {
      throw new FormatError({ where: name, seen: `shape ${showShape(entry.shape)}`, wanted: showType(type) });
    }
  }
  const tensors = new Map<string, TensorData>();
  for await (const { name, shape, dtype, data } of file.tensors()) {
    const type = wanted.get(name);
    if (type?.dtype !== dtype) {
      throw new FormatError({
        where: name,
        seen: showType(tensorType(shape, dtype)),
        wanted: type ? showType(type) : "no such weight",
      });
    }
    tensors.set(name, data);
  }
  return { metadata: file.metadata, tensors };
}
