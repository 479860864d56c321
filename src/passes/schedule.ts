import type { KernelCall, Target } from "../core/call.ts";
import type { Graph, Node } from "../core/graph.ts";
import { epilogueOperands } from "../core/verify.ts";

/** A kernel call and the node that asked for it. */
export interface ScheduledCall {
  readonly node: Node;
  readonly call: KernelCall;
}

/** Lowers every node, in the order of the graph: kernels are chosen here, by the operators, for the target. */
export function schedule(graph: Graph, target: Target): ScheduledCall[] {
  return graph.nodes.flatMap((node) => {
    const count = node.inputs.length - epilogueOperands(node);
    const inputs = node.inputs.slice(0, count);
    const epilogue = node.epilogue ? { program: node.epilogue, operands: node.inputs.slice(count) } : null;
    const { op, attrs, outputs, prologue } = node;
    return op.lower({ attrs, inputs, outputs, prologue, epilogue, target }).map((call) => ({ node, call }));
  });
}
