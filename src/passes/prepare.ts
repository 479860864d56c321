import type { Target } from "../core/call.ts";
import { type Graph, makeNode, type Node, rewrite, type Variable } from "../core/graph.ts";
import { epilogueOperands } from "../core/verify.ts";
import type { VariableLayout } from "./layout.ts";

/**
 * Gives nodes their parameters in the form that their kernels read fastest (`prepared` in core/op.ts): the forms of all
 * of them are made by one node, from the parameters as they lie in their arena, side by side.
 */
export function prepare(graph: Graph, layout: VariableLayout, target: Target): Graph {
  const wishes = graph.nodes.flatMap((node) => {
    const variable = wanted(node, target);
    return variable ? [{ node, variable }] : [];
  });
  const [first] = wishes;
  if (!first) return graph;
  const places = [...layout.places].filter(([variable]) => variable.arena === first.variable.arena);
  const lying = places.sort(([, a], [, b]) => a.offset - b.offset).map(([variable]) => variable);
  const chosen = [...new Set(wishes.map(({ variable }) => variable))];
  const make = () =>
    first.node.op.prepared?.make(
      lying.map((variable) => variable.value),
      chosen.map((variable) => lying.indexOf(variable)),
    );
  let made: ReturnType<typeof make>;
  return rewrite(graph, (node, read, keep) => {
    const variable = wanted(node, target);
    if (!variable) return keep();
    // Where the first node needs it: no sooner than its room is needed.
    made ??= make();
    const start = made?.starts[chosen.indexOf(variable)];
    if (!made || start === undefined) return keep();
    const attrs = node.op.prepared?.attach(node.attrs, start) ?? node.attrs;
    const inputs = read.toSpliced(read.length - epilogueOperands(node), 0, made.forms);
    return makeNode({ ...node, attrs, inputs, types: node.outputs.map((value) => value.type) }).outputs;
  });
}

/** The parameter that a node would rather read in its other form. */
function wanted(node: Node, target: Target): Variable | null {
  const { prepared } = node.op;
  const source = prepared && node.inputs[prepared.input]?.source;
  if (source?.kind !== "variable" || source.variable.role !== "parameter") return null;
  return prepared?.wanted(node.attrs, target) ? source.variable : null;
}
