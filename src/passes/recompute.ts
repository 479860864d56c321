import type { Target } from "../core/call.ts";
import { type Graph, makeNode, type Node, type Value } from "../core/graph.ts";
import { chooseRemade, type RecomputePolicy } from "./recomputeChoice.ts";
import { orderOf, readsOf, resultsOf, studyStep, type TrainingStep } from "./recomputeOrder.ts";

/**
 * Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): some results of the forward
 * pass are not kept for the backward pass, which makes them again, by the same kernels and so with the same bits. It is
 * the last pass: nodes are what runs, and their order decides how long tensors live.
 */
export function remake(graph: Graph, policy: RecomputePolicy, target: Target): Graph {
  const step = studyStep(graph, target);
  return makeAgain(step, chooseRemade(step, policy));
}

/** The step whose backward pass makes the results of these nodes of the forward pass again. */
export function makeAgain(step: TrainingStep, remade: ReadonlySet<Node>): Graph {
  const { graph, backward } = step;
  const replaced = new Map<Value, Value>();
  const nodes = orderOf(step, remade).map((turn) => {
    const { node, again } = turn;
    if (!again && !backward.has(node)) return node;
    const inputs = readsOf(turn).map((value) => replaced.get(value) ?? value);
    if (!again && inputs.every((value, i) => value === node.inputs[i])) return node;
    const op = (again && node.op.again?.op) || node.op;
    const made = makeNode({ ...node, op, inputs, types: resultsOf(turn).map((value) => value.type) });
    made.outputs.forEach((value, i) => {
      replaced.set(resultsOf(turn)[i] as Value, value);
    });
    return made;
  });
  // What the forward pass made for those outside stays.
  const final = (value: Value) =>
    value.source.kind === "node" && backward.has(value.source.node) ? (replaced.get(value) ?? value) : value;
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, final(value)] as const);
  return Object.freeze({
    name: graph.name,
    nodes: Object.freeze(nodes),
    outputs: Object.freeze(Object.fromEntries(outputs)),
    updates: Object.freeze(graph.updates.map(final)),
  });
}
