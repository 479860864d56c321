import { inline, type Program, shareOperands } from "../core/expression.ts";
import { countReaders, type Graph, makeNode, type Node, rewrite, type Value } from "../core/graph.ts";
import { sameShape } from "../core/types.ts";

/**
 * Moves elementwise work on a gradient into the kernel that reads it (`prologue` in core/op.ts), where it needs nothing
 * beside that gradient but what the kernel makes again anyway. So the derivative of an activation behind a batch
 * normalization is taken from y as the gradient's kernels make it from x: it is neither a kernel of its own nor the
 * epilogue of the convolution before it, and the activation's result is read once less.
 */
export function absorb(graph: Graph): Graph {
  const readers = countReaders(graph);
  return rewrite(graph, (node, inputs, keep) => {
    const outputs = withPrologue(node, inputs, (value) => readers.get(value) === 1)?.outputs ?? keep();
    node.outputs.forEach((value, i) => {
      readers.set(outputs[i] as Value, readers.get(value) ?? 0);
    });
    return outputs;
  });
}

function withPrologue(node: Node, inputs: readonly Value[], alone: (value: Value) => boolean): Node | null {
  const { prologue } = node.op;
  const [read, ...rest] = inputs;
  const forward = prologue && inputs[prologue.forward]?.source;
  if (!read || !alone(read) || forward?.kind !== "node" || forward.node.epilogue) return null;
  const found = ofGradientAnd(forward.node.outputs[0], read);
  if (!found) return null;
  const types = node.outputs.map((value) => value.type);
  return makeNode({ ...node, inputs: [found.gradient, ...rest], types, prologue: found.program });
}

/** `value` as a program of two operands: one other value of its shape, and `made`. */
function ofGradientAnd(made: Value | undefined, value: Value): { program: Program; gradient: Value } | null {
  let program = programOf(value);
  if (!program || !made || value.source.kind !== "node") return null;
  const operands = [...value.source.node.inputs];
  // From the last operand to the first, so that the places of those still to come do not move.
  for (let at = operands.length - 1; at >= 0; at--) {
    const operand = operands[at] as Value;
    const inner = programOf(operand);
    if (!inner || operand.source.kind !== "node" || operand.source.node.inputs.some((input) => input !== made))
      continue;
    program = inline(program, at, inner);
    operands.splice(at, 1, ...operand.source.node.inputs);
  }
  const [gradient, another] = new Set(operands.filter((operand) => operand !== made));
  if (!gradient || another || !sameShape(gradient.type.shape, value.type.shape)) return null;
  return { program: shareOperands(program, operands, [gradient, made]).program, gradient };
}

function programOf({ source }: Value): Program | undefined {
  return source.kind === "node" ? source.node.op.program?.(source.node.attrs) : undefined;
}
