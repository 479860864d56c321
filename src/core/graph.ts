import { GraphError } from "./errors.ts";
import type { Program } from "./expression.ts";
import type { Attrs, OpDef } from "./op.ts";
import { bytesOf, sizeOf, type TensorType } from "./types.ts";

/**
 * The program: immutable static single assignment. A `Value` is made once, by an input, a variable, a constant or a
 * node; a `Node` applies one operator; a `Graph` is the list of nodes that its outputs and updates need, in order.
 */
export interface Value {
  readonly id: number;
  /** Shape and element type. */
  readonly type: TensorType;
  /** What makes it. */
  readonly source: Source;
}

export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "variable"; readonly variable: Variable }
  | { readonly kind: "constant"; readonly data: Float32Array | Int32Array | Uint32Array; readonly seed?: true }
  | { readonly kind: "scratch" }
  | { readonly kind: "node"; readonly node: Node; readonly index: number };

export interface Node {
  readonly id: number;
  readonly op: OpDef<Attrs>;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Module path of the layer that made it, `"lenet5/conv1"`. */
  readonly path: string;
  /**
   * Elementwise work that the operator's kernel does on each value of input 0 that it reads: see `Prologue` in op.ts.
   * @internal
   */
  readonly prologue: Program | null;
  /**
   * Elementwise work that the operator's kernel does on each value before it stores it. Operand 0 of the program is
   * that value; the others are the last inputs of the node.
   * @internal
   */
  readonly epilogue: Program | null;
}

/**
 * What a variable is for; variables of one role lie side by side in one flat buffer, the arena, so that one dispatch
 * updates them all. `data` and `metric` variables have a buffer each.
 */
export type Role = "parameter" | "frozen" | "statistic" | "slot" | "metric" | "data";

/** How a variable gets its first values. Random ones are drawn on the GPU from (seed, name), see ops/random.ts. */
export type Initial =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly limit: number }
  | { readonly kind: "normal"; readonly deviation: number; readonly truncated: boolean }
  | { readonly kind: "values"; readonly data: Float32Array | Int32Array | Uint32Array | Uint8Array };

/** A tensor that outlives a run: a weight, a running statistic, an optimizer's state, a data set. */
export interface Variable {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  /** Name of the flat buffer in which it lies. */
  readonly arena: string;
  readonly type: TensorType;
  readonly initial: Initial;
  readonly value: Value;
}

export interface Graph {
  readonly name: string;
  /** Each after those that it reads from. */
  readonly nodes: readonly Node[];
  /** Values that can be read after a run. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** Values that overwrite a variable in place: new weights, running statistics, counters. */
  readonly updates: readonly Value[];
}

let nextId = 1;

function makeValue(type: TensorType, source: Source): Value {
  return Object.freeze({ id: nextId++, type, source: Object.freeze(source) });
}

/** A tensor that the host writes before a run: `commandGraph.write(name, data)`. */
export function input(name: string, type: TensorType): Value {
  return makeValue(type, { kind: "input", name });
}

export function constant(type: TensorType, data: Float32Array | Int32Array | Uint32Array): Value {
  if (data.byteLength !== bytesOf(type)) {
    throw new GraphError({ seen: `${data.byteLength} bytes for a constant`, wanted: `${bytesOf(type)}` });
  }
  return makeValue(type, { kind: "constant", data });
}

/** d loss / d loss, which is ones: what the nodes of a backward pass have in common is that they depend on it. */
export function seedOf(type: TensorType): Value {
  return makeValue(type, { kind: "constant", data: new Float32Array(sizeOf(type.shape)).fill(1), seed: true });
}

/** Room that one node's kernels pass on between themselves, such as partial sums. */
export function scratch(type: TensorType): Value {
  return makeValue(type, { kind: "scratch" });
}

export interface VariableOptions {
  readonly name: string;
  readonly role: Role;
  readonly type: TensorType;
  readonly initial: Initial;
  /** Only for slots: which state it is, `"velocity"`. */
  readonly state?: string;
}

export function makeVariable({ name, role, type, initial, state }: VariableOptions): Variable {
  const id = nextId++;
  const own = role === "data" || role === "metric";
  const arena = own ? `${role}:${name}#${id}` : state ? `${role}:${state}` : role;
  const variable = { id, name, role, arena, type, initial } as { -readonly [K in keyof Variable]: Variable[K] };
  variable.value = makeValue(type, { kind: "variable", variable });
  return Object.freeze(variable);
}

export interface NodeParts {
  readonly op: OpDef<Attrs>;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly types: readonly TensorType[];
  readonly path: string;
  readonly prologue?: Program | null;
  readonly epilogue?: Program | null;
}

export function makeNode({ op, attrs, inputs, types, path, prologue = null, epilogue = null }: NodeParts): Node {
  const parts = { op, attrs: Object.freeze(attrs), inputs: Object.freeze([...inputs]), path, prologue, epilogue };
  const outputs: Value[] = [];
  const whole: Node = Object.assign(parts, { id: nextId++, outputs });
  types.forEach((type, index) => {
    outputs.push(makeValue(type, { kind: "node", node: whole, index }));
  });
  Object.freeze(outputs);
  return Object.freeze(whole);
}

/**
 * The graph of all nodes that `outputs` and `updates` need, each after the nodes it reads from.
 * @example
 * const { nodes } = makeGraph("gate", { y: mul(x, sigmoid(x)) });
 * nodes.map(({ op }) => op.name); // => ["map", "map"]
 */
export function makeGraph(name: string, outputs: Record<string, Value>, updates: readonly Value[] = []): Graph {
  const roots = [...Object.values(outputs), ...updates].flatMap(makersOf);
  // Ids grow as nodes are made, so this is the order in which the model was written, forward before backward.
  const nodes = inOrder(roots, ({ inputs }) => inputs.flatMap(makersOf)).sort((a, b) => a.id - b.id);
  return Object.freeze({
    name,
    nodes: Object.freeze(readersFirst(nodes)),
    outputs: Object.freeze({ ...outputs }),
    updates: Object.freeze([...updates]),
  });
}

function makersOf({ source }: Value): readonly Node[] {
  return source.kind === "node" ? [source.node] : [];
}

/** The nodes and all that they need, each after what it needs, else as they come. */
function inOrder(nodes: readonly Node[], needsOf: (node: Node) => readonly Node[]): Node[] {
  const ordered: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: networks are deeper than a JavaScript call stack likes.
  const stack: { node: Node; needs: readonly Node[]; next: number }[] = [];
  const open = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, needs: needsOf(node), next: 0 });
  };
  for (const root of nodes) {
    open(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const following = top.needs[top.next++];
      if (following) open(following);
      else {
        ordered.push(top.node);
        stack.pop();
      }
    }
  }
  return ordered;
}

/** As they come, but for those that overwrite a variable: as late as they can, and after all that read its old value. */
function readersFirst(nodes: readonly Node[]): Node[] {
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) {
    for (const value of node.inputs.map(storageOf)) {
      const others = readers.get(value) ?? [];
      others.push(node);
      readers.set(value, others);
    }
  }
  const overwriters = nodes.filter((node) => overwrittenBy(node).length > 0);
  const late = new Set(overwriters);
  return inOrder([...nodes.filter((node) => !late.has(node)), ...overwriters], (node) => [
    ...node.inputs.flatMap(makersOf),
    ...overwrittenBy(node).flatMap((value) => readers.get(storageOf(value)) ?? []),
  ]);
}

/** What a node overwrites: the values that it updates in place. */
export function overwrittenBy({ op, attrs, inputs }: Node): Value[] {
  return (op.inPlace?.(inputs.length, attrs) ?? []).flatMap(([, read]) => inputs[read] ?? []);
}

/** The value whose bytes a view shows. */
export function storageOf(value: Value): Value {
  const { source } = value;
  const shown = source.kind === "node" && source.node.op.view ? source.node.inputs[0] : undefined;
  return shown ? storageOf(shown) : value;
}

/** The value whose storage this one has: views and updates in place have none of their own. */
export function rootOf(value: Value): Value {
  if (value.source.kind !== "node") return value;
  const { node, index } = value.source;
  const inPlace = node.op.inPlace?.(node.inputs.length, node.attrs).find(([output]) => output === index);
  const read = node.op.view && index === 0 ? 0 : inPlace?.[1];
  const root = read === undefined ? undefined : node.inputs[read];
  return root ? rootOf(root) : value;
}

/** Every value that some node, output or update of the graph reads and that no node makes. */
export function leavesOf(graph: Graph): Value[] {
  const leaves = new Set<Value>();
  const roots = [...Object.values(graph.outputs), ...graph.updates];
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...roots]) {
    if (value.source.kind !== "node") leaves.add(value);
  }
  return [...leaves];
}

/** How often each value is read by nodes, outputs and updates. */
export function countReaders(graph: Graph): Map<Value, number> {
  const readers = new Map<Value, number>();
  const count = (value: Value) => readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(count);
  Object.values(graph.outputs).forEach(count);
  graph.updates.forEach(count);
  return readers;
}

/**
 * Rewrites a graph node by node. `change` sees each node with its inputs already replaced and answers the values that
 * stand for its outputs: those of the node itself (`keep()`), of a new one, or of an earlier one. By `replace` it can
 * let another value stand for one of an earlier node, for all nodes still to come.
 */
export function rewrite(
  graph: Graph,
  change: (
    node: Node,
    inputs: readonly Value[],
    keep: () => readonly Value[],
    replace: (value: Value, by: Value) => void,
  ) => readonly Value[],
): Graph {
  const replaced = new Map<Value, Value>();
  const now = (value: Value): Value => {
    let last = value;
    for (let next = replaced.get(last); next; next = replaced.get(last)) last = next;
    return last;
  };
  const replace = (value: Value, by: Value) => {
    if (value !== by) replaced.set(value, by);
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(now);
    const keep = () => {
      if (inputs.every((value, i) => value === node.inputs[i])) return node.outputs;
      return makeNode({ ...node, inputs, types: node.outputs.map((value) => value.type) }).outputs;
    };
    const outputs = change(node, inputs, keep, replace);
    node.outputs.forEach((value, i) => {
      replace(value, outputs[i] ?? value);
    });
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, now(value)]));
  return makeGraph(graph.name, outputs, graph.updates.map(now));
}
