import { inline, type Program, shareOperands } from "../core/expression.ts";
import { countReaders, type Graph, makeNode, type Node, rewrite, type Value } from "../core/graph.ts";
import { type Shape, sameShape, sizeOf } from "../core/types.ts";
import { epilogueOperands } from "../core/verify.ts";

/** A fused kernel reads at most this many tensors, so that with its result it stays within 8 bindings. */
const maxOperands = 7;
/** What an epilogue may read beside its kernel's own operands. */
const maxEpilogueOperands = 3;
/** Longer chains are cut: the next kernel costs less than what a compiler makes of very long functions. */
const maxSteps = 64;

/**
 * Joins elementwise nodes: first chains of them into one, then a chain into the epilogue of the kernel that makes its
 * input. A value that has another reader stays, since it must be stored anyway.
 */
export function fuse(graph: Graph): Graph {
  const readers = countReaders(graph);
  // What has been read by the nodes so far: a host of which another result is among it can no longer be replaced.
  const read = new Set<Value>();
  return rewrite(graph, (node, inputs, keep, replace) => {
    const alone = (value: Value) => readers.get(value) === 1;
    const fused = fuseNode(node, inputs, alone, (value) => read.has(value));
    const outputs = fused?.outputs ?? keep();
    node.outputs.forEach((value, i) => {
      readers.set(outputs[i] as Value, readers.get(value) ?? 0);
    });
    // The host goes, so its other results, such as the positions of a maximum, are those of the new node.
    fused?.host?.outputs.slice(1).forEach((value, i) => {
      const by = outputs[i + 1] as Value;
      readers.set(by, readers.get(value) ?? 0);
      replace(value, by);
    });
    for (const value of inputs) read.add(value);
    return outputs;
  });
}

interface Fused {
  readonly outputs: readonly Value[];
  /** The node whose kernel took the program as its epilogue, which the new node replaces. */
  readonly host: Node | null;
}

function fuseNode(
  node: Node,
  inputs: readonly Value[],
  alone: (value: Value) => boolean,
  wasRead: (value: Value) => boolean,
): Fused | null {
  const own = node.op.program?.(node.attrs);
  const type = node.outputs[0]?.type;
  if (!own || !type) return null;

  let joined = own;
  const reads = [...inputs];
  // From the last operand to the first, so that the places of those still to come do not move.
  for (let at = reads.length - 1; at >= 0; at--) {
    const inner = mapBehind(reads[at], type.shape, alone);
    if (!inner || reads.length - 1 + inner.node.inputs.length > maxOperands) continue;
    if (inner.program.steps.length + joined.steps.length > maxSteps) continue;
    joined = inline(joined, at, inner.program);
    reads.splice(at, 1, ...inner.node.inputs);
  }
  const { program, operands } = shareOperands(joined, reads);
  const at = operands.findIndex((value) => alone(value) && hostsEpilogue(value, type.shape, wasRead));
  const moved = at < 0 ? null : intoEpilogue(program, operands, at, type.shape);
  if (moved) return moved;
  const attrs = joined === own ? undefined : node.op.withProgram?.(program, type.shape);
  return attrs ? { outputs: makeNode({ ...node, attrs, inputs: operands, types: [type] }).outputs, host: null } : null;
}

function mapBehind(value: Value | undefined, shape: Shape, alone: (value: Value) => boolean) {
  if (value?.source.kind !== "node" || !alone(value) || !sameShape(value.type.shape, shape)) return null;
  const { node } = value.source;
  const program = node.op.program?.(node.attrs);
  return program ? { node, program } : null;
}

function hostsEpilogue({ source, type }: Value, shape: Shape, wasRead: (value: Value) => boolean): boolean {
  if (source.kind !== "node" || source.index !== 0 || !source.node.op.epilogue) return false;
  return sameShape(type.shape, shape) && !source.node.outputs.slice(1).some(wasRead);
}

/** The host node with the program as its epilogue, or null where its kernel could not read the other operands. */
function intoEpilogue(program: Program, operands: readonly Value[], at: number, shape: Shape): Fused | null {
  const source = operands[at]?.source;
  if (source?.kind !== "node") return null;
  const host = source.node;
  const others = operands.filter((_, i) => i !== at);
  if (epilogueOperands(host) + others.length > maxEpilogueOperands) return null;
  if ((host.epilogue?.steps.length ?? 0) + program.steps.length > maxSteps) return null;
  if (!others.every(({ type }) => type.dtype === "f32" && epilogueCanRead(type.shape, shape))) return null;
  const first = moveFirst(program, at);
  const { outputs } = makeNode({
    ...host,
    inputs: [...host.inputs, ...others],
    types: host.outputs.map((value) => value.type),
    epilogue: host.epilogue ? inline(first, 0, host.epilogue) : first,
  });
  return { outputs, host };
}

/** The same program with operand `at` as its first: the place of the kernel's own value. */
function moveFirst(program: Program, at: number): Program {
  const moved = (ref: number) => (ref === at ? 0 : ref < at ? ref + 1 : ref);
  const steps = program.steps.map((step) => ({ ...step, args: step.args.map(moved) }));
  return { operands: program.operands, steps, result: moved(program.result) };
}

/** A kernel that knows only the flat index of its value can find: the same element, one of the last axis, a scalar. */
export function epilogueCanRead(operand: Shape, result: Shape): boolean {
  const size = sizeOf(operand);
  return size === 1 || sameShape(operand, result) || (size === result.at(-1) && operand.at(-1) === size);
}
