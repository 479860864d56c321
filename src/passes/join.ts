import { countReaders, type Graph, makeNode, type Node, rewrite, type Value } from "../core/graph.ts";

/**
 * Joins a gradient with the forward node of which it reads a result, where their operators have a joint one (`joins` in
 * core/op.ts): a loss and its gradient by the scores become one node, at the place of the gradient. So nobody may have
 * read the loss before, and of the forward node's other results the gradient must be the only reader.
 */
export function join(graph: Graph): Graph {
  const readers = countReaders(graph);
  const read = new Set<Value>();
  return rewrite(graph, (node, inputs, keep, replace) => {
    const earlier = earlierOf(node, inputs);
    const [loss, ...inner] = earlier?.outputs ?? [];
    const alone = inner.every((value) => readers.get(value) === 1 && inputs.includes(value));
    if (earlier && loss && alone && !read.has(loss) && !inputs.includes(loss)) {
      const { outputs } = jointNode(node, inputs, earlier, loss);
      replace(loss, outputs.at(-1) as Value);
      return outputs.slice(0, -1);
    }
    const outputs = keep();
    node.outputs.forEach((value, i) => {
      readers.set(outputs[i] as Value, readers.get(value) ?? 0);
    });
    for (const value of inputs) read.add(value);
    return outputs;
  });
}

/** What makes one of the inputs, if it is of the operator that `node` joins with and reads nothing that `node` does not. */
function earlierOf({ op, epilogue }: Node, inputs: readonly Value[]): Node | null {
  if (!op.joins || epilogue) return null;
  for (const { source } of inputs) {
    if (source.kind !== "node" || source.node.op !== op.joins.earlier || source.node.epilogue) continue;
    if (source.node.inputs.every((value) => inputs.includes(value))) return source.node;
  }
  return null;
}

function jointNode(node: Node, inputs: readonly Value[], earlier: Node, loss: Value): Node {
  const rest = inputs.filter((value) => !earlier.inputs.includes(value) && !earlier.outputs.includes(value));
  return makeNode({
    ...node,
    op: node.op.joins?.joint ?? node.op,
    inputs: [...earlier.inputs, ...rest],
    types: [...node.outputs, loss].map((value) => value.type),
  });
}
