import { makeGraph, type Value } from "../../src/core/graph.ts";

/**
 * Names of the operators that some values need. An elementwise function is `map.` and its row; what stands behind
 * another in the catalogue, such as a gradient, has its own name.
 */
export function opsOf(values: Readonly<Record<string, Value>>): Set<string> {
  return new Set(makeGraph("ops", { ...values }).nodes.map(({ op, attrs }) => `${op.name}${rowOf(attrs)}`));
}

function rowOf(attrs: object): string {
  const { row } = attrs as { readonly row?: { readonly name: string } };
  return row ? `.${row.name}` : "";
}
