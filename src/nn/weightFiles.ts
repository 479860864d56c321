import { FormatError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { showShape, showType, tensorType } from "../core/types.ts";
import { encodeToBytes, type NamedTensor, openSafetensors } from "../io/safetensors.ts";
import type { Compiled } from "./model.ts";

/** All weights of a model as a safetensors file, under their names, in our own layout (HWIO kernels). */
export async function saveWeights({ state, store }: Compiled): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: NamedTensor[] = [];
  for (const variable of state.variables.values()) {
    const data = await store.read(variable);
    tensors.push({ name: variable.name, shape: variable.type.shape, dtype: "f32", data });
  }
  return encodeToBytes(tensors, { format: "wgrad", layout: "channels-last" });
}

/**
 * Takes the weights of a file. Names and shapes are judged before any data are read, and nothing is written before all
 * data have come in whole.
 */
export async function loadWeights(
  { state, store }: Compiled,
  source: Uint8Array | ReadableStream<Uint8Array>,
): Promise<void> {
  const file = await openSafetensors(source);
  const wanted = new Map([...state.variables.values()].map((variable) => [variable.name, variable]));
  const found = new Map(file.entries.map((entry) => [entry.name, entry]));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const foreign = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const list = (names: string[]) => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", .." : ""}`;
    throw new FormatError({
      where: "loadWeights",
      seen: [missing.length > 0 && `no ${list(missing)}`, foreign.length > 0 && `unknown ${list(foreign)}`]
        .filter(Boolean)
        .join(" and "),
      wanted: `the ${wanted.size} weights of this model`,
      mend: "Load the file into the model that saved it.",
    });
  }
  for (const [name, { type }] of wanted) {
    const entry = found.get(name);
    if (entry && entry.shape.join() !== type.shape.join()) {
      throw new FormatError({ where: name, seen: `shape ${showShape(entry.shape)}`, wanted: showType(type) });
    }
  }
  const tensors: { readonly variable: Variable; readonly data: ArrayBufferView }[] = [];
  for await (const { name, shape, dtype, data } of file.tensors()) {
    const variable = wanted.get(name);
    if (variable?.type.dtype !== dtype) {
      throw new FormatError({
        where: name,
        seen: showType(tensorType(shape, dtype)),
        wanted: variable ? showType(variable.type) : "no such weight",
      });
    }
    tensors.push({ variable, data });
  }
  for (const { variable, data } of tensors) store.write(variable, data);
}
