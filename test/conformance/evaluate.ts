import { leavesOf, makeGraph, type Value } from "../../src/core/graph.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { type TensorData, typed, Variables } from "../../src/gpu/variables.ts";
import { plan } from "../../src/passes/index.ts";
import { poisonSlots } from "../support/poisonSlots.ts";

/** Compiles the graph of these values, runs it once in slots full of NaN, and reads them all with one copy. */
export async function evaluate(gpu: Gpu, values: Readonly<Record<string, Value>>): Promise<Map<string, TensorData>> {
  const graph = makeGraph("case", values);
  const used = leavesOf(graph).flatMap(({ source }) => (source.kind === "variable" ? [source.variable] : []));
  const variables = new Variables(gpu, used);
  try {
    const commands = await CommandGraph.compile(plan(graph, variables.layout, gpu.target), variables);
    const readback = commands.readback(Object.keys(values), 1);
    try {
      poisonSlots(commands);
      const bytes = (await commands.run(readback)) ?? [];
      const entries = Object.entries(values).map(([name, { type }], i) => {
        return [name, typed(bytes[i] ?? new ArrayBuffer(0), type.dtype)] as const;
      });
      return new Map(entries);
    } finally {
      readback.dispose();
      commands.dispose();
    }
  } finally {
    variables.dispose();
  }
}
