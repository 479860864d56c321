import { isFlat, type Target, valuesOf } from "../core/call.ts";
import { align } from "../core/flat.ts";
import { type Graph, type Node, rootOf, type Value } from "../core/graph.ts";
import { bytesOf } from "../core/types.ts";
import { epilogueOperands } from "../core/verify.ts";
import { schedule } from "./schedule.ts";
import { type Lifetime, shareSlots } from "./shareSlots.ts";

/** A training step, and what of it decides which results are worth making again. */
export interface TrainingStep {
  readonly graph: Graph;
  readonly position: ReadonlyMap<Node, number>;
  /** Nodes that need the gradient of the loss; all others are the forward pass. */
  readonly backward: ReadonlySet<Node>;
  /** Flops of each node's kernels. */
  readonly flops: ReadonlyMap<Node, number>;
  /** What each of a node's kernel calls reads and writes. */
  readonly calls: ReadonlyMap<Node, readonly (readonly Value[])[]>;
  /** The tensor in a slot that each value is, or is a view of. */
  readonly shared: ReadonlyMap<Value, Room>;
}

/** A tensor that takes room in a slot. */
type Room = Pick<Lifetime, "value" | "bytes">;

export function studyStep(graph: Graph, target: Target): TrainingStep {
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const backward = new Set<Node>();
  for (const node of graph.nodes) {
    const follows = ({ source }: Value) =>
      source.kind === "node" ? backward.has(source.node) : source.kind === "constant" && source.seed;
    if (node.inputs.some(follows)) backward.add(node);
  }
  const flops = new Map<Node, number>();
  const calls = new Map<Node, Value[][]>();
  const flat = new Set<Value>();
  for (const { node, call } of schedule(graph, target)) {
    const operands = Object.values(call.operands);
    flops.set(node, (flops.get(node) ?? 0) + call.flops);
    calls.set(node, [...(calls.get(node) ?? []), operands.flatMap(valuesOf)]);
    for (const value of operands.filter(isFlat).flatMap(valuesOf)) flat.add(rootOf(value));
  }
  const shared = new Map<Value, Room>();
  for (const value of [...calls.values()].flat(2)) {
    const root = rootOf(value);
    const { kind } = root.source;
    if ((kind !== "node" && kind !== "scratch") || flat.has(root)) continue;
    shared.set(value, { value: root, bytes: align(bytesOf(root.type)) });
  }
  return { graph, position, backward, flops, calls, shared };
}

/** A node at its place, or what makes its result again. */
export interface Turn {
  readonly node: Node;
  readonly again: boolean;
}

/** Whether the backward pass reads what is made again in place of this value, where these nodes' results are. */
export function isRemade({ source }: Value, remade: ReadonlySet<Node>): boolean {
  if (source.kind !== "node") return false;
  const { node, index } = source;
  if (node.op.view && index === 0) return node.inputs.some((value) => isRemade(value, remade));
  return remade.has(node) && (index === 0 || !node.op.again);
}

/** What a node reads, or what makes its result again does: values of the graph as it is. */
export function readsOf({ node, again }: Turn): readonly Value[] {
  if (!again || !node.op.again) return node.inputs;
  const own = node.inputs.length - epilogueOperands(node);
  return [...node.op.again.inputs(node.inputs.slice(0, own), node.outputs), ...node.inputs.slice(own)];
}

/** What a node makes, or what is made of it again. */
export function resultsOf({ node, again }: Turn): readonly Value[] {
  return again && node.op.again ? node.outputs.slice(0, 1) : node.outputs;
}

/**
 * The order of a step whose backward pass makes the results of `remade` again: each once, right before its first reader
 * there. Of the forward pass, what nobody reads any longer is left out.
 */
export function orderOf({ graph, position, backward }: TrainingStep, remade: ReadonlySet<Node>): Turn[] {
  const made = new Set<Node>();
  const turns: Turn[] = [];
  for (const node of graph.nodes) {
    if (backward.has(node)) {
      const missing: Node[] = [];
      const open = [...node.inputs];
      for (let value = open.pop(); value; value = open.pop()) {
        if (value.source.kind !== "node" || made.has(value.source.node) || !isRemade(value, remade)) continue;
        made.add(value.source.node);
        missing.push(value.source.node);
        open.push(...readsOf({ node: value.source.node, again: true }));
      }
      missing.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
      turns.push(...missing.map((from) => ({ node: from, again: true })));
    }
    turns.push({ node, again: false });
  }

  const read = new Set([...Object.values(graph.outputs), ...graph.updates].map(nodeOf));
  const needed = turns.toReversed().filter((turn) => {
    const late = turn.again || backward.has(turn.node);
    if (!late && !turn.node.op.inPlace && !read.has(turn.node)) return false;
    for (const value of readsOf(turn)) if (!late || !isRemade(value, remade)) read.add(nodeOf(value));
    return true;
  });
  return needed.reverse();
}

function nodeOf({ source }: Value): Node | null {
  return source.kind === "node" ? source.node : null;
}

/** Bytes of the slots that tensors share in this order, as passes/planMemory.ts gives them out. */
export function slotBytesOf(step: TrainingStep, turns: readonly Turn[], remade: ReadonlySet<Node>): number {
  const { graph, backward, calls, shared } = step;
  const lives: { value: Value; bytes: number; from: number; to: number }[] = [];
  // What is made again has a life for each time.
  const [firstLives, laterLives] = [new Map<Value, (typeof lives)[0]>(), new Map<Value, (typeof lives)[0]>()];
  const touch = (value: Value, again: boolean, at: number) => {
    const room = shared.get(value);
    if (!room) return;
    const known = again ? laterLives : firstLives;
    const life = known.get(room.value) ?? { ...room, from: at, to: at };
    life.to = at;
    if (!known.has(room.value)) lives.push(life);
    known.set(room.value, life);
  };
  let at = 0;
  for (const turn of turns) {
    const { node, again } = turn;
    const late = again || backward.has(node);
    const short = again && node.op.again;
    for (const values of short ? [[...readsOf(turn), ...resultsOf(turn)]] : (calls.get(node) ?? [])) {
      for (const value of values) {
        touch(value, value.source.kind === "scratch" ? again : late && isRemade(value, remade), at);
      }
      at++;
    }
  }
  for (const value of Object.values(graph.outputs)) touch(rootOf(value), false, at - 1);
  return shareSlots(lives, true).reduce((sum, { bytes }) => sum + bytes, 0);
}
