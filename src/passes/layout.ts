import type { Variable } from "../core/graph.ts";
import { bytesOf, type TensorType } from "../core/types.ts";

/** Ranges start at multiples of this: the largest `minStorageBufferOffsetAlignment` that WebGPU allows. */
export const alignment = 256;

export function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Byte offsets of tensors that lie side by side, and their sum. */
export function layFlat(types: readonly TensorType[]): { offsets: number[]; bytes: number } {
  let bytes = 0;
  const offsets = types.map((type) => {
    const offset = bytes;
    bytes += align(bytesOf(type));
    return offset;
  });
  return { offsets, bytes };
}

export interface VariableLayout {
  readonly places: ReadonlyMap<Variable, { readonly arena: string; readonly offset: number }>;
  /** Bytes of each arena. */
  readonly arenas: ReadonlyMap<string, number>;
}

/** Where each variable lies: arenas by name, variables in the order given. */
export function layVariables(variables: readonly Variable[]): VariableLayout {
  const places = new Map<Variable, { arena: string; offset: number }>();
  const arenas = new Map<string, number>();
  for (const variable of variables) {
    const offset = arenas.get(variable.arena) ?? 0;
    places.set(variable, { arena: variable.arena, offset });
    arenas.set(variable.arena, offset + align(bytesOf(variable.type)));
  }
  return { places, arenas };
}
