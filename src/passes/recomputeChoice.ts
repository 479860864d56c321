import type { Node } from "../core/graph.ts";
import { orderOf, slotBytesOf, type TrainingStep } from "./recomputeOrder.ts";

/** What may be made again: only what takes few flops, or anything. */
export type RecomputePolicy = "cheap" | "all";
export const recomputePolicies: readonly RecomputePolicy[] = ["cheap", "all"];

/**
 * Flops for each number that a node makes, up to which it is cheap: elementwise functions, normalization, pooling. Their
 * kernels wait for memory; a convolution's, of which 3x3 taps of one channel take 18, do not.
 */
const cheapFlops = 16;

/**
 * Chooses the nodes whose results the backward pass makes again, so that slots take the fewest bytes. It starts from the
 * best of these: nothing; all that is cheap; for "all" also, for 2, 3, .. segments of the forward pass, all but what one
 * segment leaves to the next, and but the last segment. (With about sqrt(n) segments of n layers each, memory grows by
 * sqrt(n).) Then, from the dearest down, whatever can be kept at no cost in bytes is kept.
 */
export function chooseRemade(step: TrainingStep, policy: RecomputePolicy): ReadonlySet<Node> {
  const { graph, backward, flops } = step;
  const nodes = graph.nodes.filter(
    (node) => !backward.has(node) && !node.op.view && (!node.op.inPlace || node.op.again),
  );
  const starts = [new Set<Node>(), new Set(nodes.filter((node) => isCheap(node, step)))];
  for (let count = 2; policy === "all" && count <= 2 * Math.sqrt(nodes.length); count++) {
    starts.push(withinSegments(step, nodes, count));
  }
  const measure = (remade: ReadonlySet<Node>) => slotBytesOf(step, orderOf(step, remade), remade);
  const tried = starts.map((remade) => ({ remade, bytes: measure(remade) }));
  let { remade, bytes } = tried.reduce((best, next) => (next.bytes < best.bytes ? next : best));

  const dearestFirst = [...remade].sort((a, b) => (flops.get(b) ?? 0) - (flops.get(a) ?? 0));
  for (const node of dearestFirst) {
    const fewer = new Set(remade);
    fewer.delete(node);
    const needed = measure(fewer);
    if (needed <= bytes) [remade, bytes] = [fewer, needed];
  }
  return remade;
}

function isCheap(node: Node, step: TrainingStep): boolean {
  return (step.flops.get(node) ?? 0) <= (cheapFlops * bytesOfNode(node, step)) / 4;
}

function bytesOfNode({ outputs }: Node, { shared }: TrainingStep): number {
  return outputs.reduce((sum, value) => sum + (shared.get(value)?.bytes ?? 0), 0);
}

/** Of `count` segments that make equally many bytes: all nodes but those that a later segment reads, and the last segment's. */
function withinSegments(step: TrainingStep, nodes: readonly Node[], count: number): Set<Node> {
  const total = nodes.reduce((sum, node) => sum + bytesOfNode(node, step), 0);
  const segments = new Map<Node, number>();
  let sum = 0;
  for (const node of nodes) {
    segments.set(node, Math.min(count - 1, Math.floor((sum * count) / total)));
    sum += bytesOfNode(node, step);
  }
  const within = new Set(nodes.filter((node) => segments.get(node) !== count - 1));
  for (const [node, segment] of segments) {
    for (const value of node.inputs) {
      const source = step.shared.get(value)?.value.source;
      if (source?.kind === "node" && segments.get(source.node) !== segment) within.delete(source.node);
    }
  }
  return within;
}
