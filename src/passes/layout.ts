import { align } from "../core/flat.ts";
import type { Variable } from "../core/graph.ts";
import { bytesOf } from "../core/types.ts";

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

/** Several layouts as one; their arenas have different names. */
export function mergeLayouts(layouts: readonly VariableLayout[]): VariableLayout {
  return {
    places: new Map(layouts.flatMap(({ places }) => [...places])),
    arenas: new Map(layouts.flatMap(({ arenas }) => [...arenas])),
  };
}
