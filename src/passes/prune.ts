import { type Graph, makeGraph } from "../core/graph.ts";

/** Drops every node that no output and no update needs. */
export function prune(graph: Graph): Graph {
  return makeGraph(graph.name, graph.outputs, graph.updates);
}
