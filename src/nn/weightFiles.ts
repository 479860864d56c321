import { FormatError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { showShape, showType, tensorType } from "../core/types.ts";
import type { Variables } from "../gpu/variables.ts";
import { encodeToBytes, type Metadata, type NamedTensor, openSafetensors } from "../io/safetensors.ts";

/** Tensors as a safetensors file, under their names, in our own layout (HWIO kernels). */
export async function saveVariables(
  store: Variables,
  variables: Iterable<Variable>,
  metadata: Metadata = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: NamedTensor[] = [];
  for (const variable of variables) {
    const data = await store.read(variable);
    tensors.push({ name: variable.name, shape: variable.type.shape, dtype: "f32", data });
  }
  return encodeToBytes(tensors, { format: "wgrad", layout: "channels-last", ...metadata });
}

/**
 * Takes the tensors of a file, which must be just these, and returns its metadata. Names, shapes and metadata (`check`)
 * are judged before any data are read, and nothing is written before all data have come in whole.
 */
export async function loadVariables(
  where: string,
  store: Variables,
  variables: Iterable<Variable>,
  source: Uint8Array | ReadableStream<Uint8Array>,
  check: (metadata: Metadata) => void = () => {},
): Promise<Metadata> {
  const file = await openSafetensors(source);
  check(file.metadata);
  const wanted = new Map([...variables].map((variable) => [variable.name, variable]));
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
  return file.metadata;
}
