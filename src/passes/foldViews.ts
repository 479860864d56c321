import { type Graph, makeNode, rewrite } from "../core/graph.ts";
import { sameShape } from "../core/types.ts";

/**
 * Views are free, but they hide neighbours from each other: a view of a view becomes one view, and a view that
 * changes nothing disappears.
 */
export function foldViews(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, keep) => {
    const [read] = inputs;
    const [made] = node.outputs;
    if (!node.op.view || !read || !made) return keep();
    const inner = read.source.kind === "node" && read.source.node.op.view ? read.source.node.inputs[0] : undefined;
    const root = inner ?? read;
    if (sameShape(root.type.shape, made.type.shape)) return [root];
    return inner ? makeNode({ ...node, inputs: [inner], types: [made.type] }).outputs : keep();
  });
}
