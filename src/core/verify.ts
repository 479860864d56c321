import { GraphError } from "./errors.ts";
import { type Graph, type Node, overwrittenBy, rootOf, storageOf, type Value } from "./graph.ts";
import { sameShape, showType } from "./types.ts";

/**
 * Checks what every pass relies on: each node comes after the nodes it reads from, its types are those that its
 * operator infers, and a variable is overwritten only after its last reader; what an update made of it may be updated
 * again.
 */
export function verify(graph: Graph, after: string): Graph {
  const position = new Map<Node, number>(graph.nodes.map((node, i) => [node, i]));
  const fail = (node: Node | undefined, seen: string, wanted: string): never => {
    throw new GraphError({ where: node?.path ?? graph.name, seen: `after ${after}: ${seen}`, wanted });
  };
  const lastRead = new Map<Value, number>();
  graph.nodes.forEach((node, at) => {
    for (const value of node.inputs) {
      lastRead.set(storageOf(value), at);
      if (value.source.kind === "scratch") fail(node, `${node.op.name} reads scratch`, "a value of the graph");
      if (value.source.kind !== "node") continue;
      const made = position.get(value.source.node);
      if (made === undefined || made >= at) {
        fail(node, `${node.op.name} reads a value that is not made before it`, "nodes in order");
      }
    }
    const own = node.inputs.slice(0, node.inputs.length - epilogueOperands(node));
    const inferred = node.op.infer(
      own.map((value) => value.type),
      node.attrs,
      node.path,
    );
    inferred.forEach((type, i) => {
      const stated = node.outputs[i]?.type;
      if (!stated || stated.dtype !== type.dtype || !sameShape(stated.shape, type.shape)) {
        fail(node, `${node.op.name} states ${stated ? showType(stated) : "no type"}`, showType(type));
      }
    });
  });
  graph.nodes.forEach((node, at) => {
    for (const value of overwrittenBy(node)) {
      const { source } = rootOf(value);
      if (source.kind !== "variable") {
        fail(node, `${node.op.name} overwrites a value that is no variable`, "a variable");
      } else if ((lastRead.get(storageOf(value)) ?? at) > at) {
        fail(node, `${node.op.name} overwrites ${source.variable.name} before its last reader`, "readers first");
      }
    }
  });
  return graph;
}

/** How many of a node's last inputs belong to its epilogue. */
export function epilogueOperands(node: Node): number {
  return node.epilogue ? node.epilogue.operands - 1 : 0;
}
