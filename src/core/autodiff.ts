import { GraphError } from "./errors.ts";
import { makeGraph, seedOf, type Value } from "./graph.ts";
import { atPath } from "./scope.ts";
import { showType, sizeOf } from "./types.ts";

/**
 * Reverse-mode differentiation, graph to graph: walks the nodes under `loss` once, backwards, and asks each operator
 * for the nodes of its gradient. Returns d loss / d w for each of `wrt`, null where the loss does not depend on w.
 *
 * `add` makes the node that sums two gradients of one value; `seed` is d loss / d loss, ones unless given.
 */
export function differentiate(
  loss: Value,
  wrt: readonly Value[],
  add: (a: Value, b: Value) => Value,
  seed?: Value,
): (Value | null)[] {
  if (!seed && sizeOf(loss.type.shape) !== 1) {
    throw new GraphError({
      seen: `a loss of type ${showType(loss.type)}`,
      wanted: "a scalar",
      mend: "Reduce it with mean() or sum().",
    });
  }
  const { nodes } = makeGraph("loss", { loss });
  const needed = new Set<Value>(wrt);
  for (const node of nodes) {
    if (node.inputs.some((value) => needed.has(value))) for (const value of node.outputs) needed.add(value);
  }
  const gradients = new Map<Value, Value>();
  gradients.set(loss, seed ?? seedOf(loss.type));
  for (const node of nodes.toReversed()) {
    const arriving = node.outputs.map((value) => gradients.get(value) ?? null);
    const needs = node.inputs.map((value) => needed.has(value));
    if (!arriving.some(Boolean) || !needs.some(Boolean)) continue;
    const { op, attrs, inputs, outputs } = node;
    if (!op.grad) {
      throw new GraphError({
        where: node.path,
        seen: `the gradient of ${op.name}`,
        wanted: "a differentiable operator",
        mend: op.noGradient ?? "",
      });
    }
    const grad = op.grad.bind(op);
    atPath(node.path, () => {
      const parts = grad({ attrs, inputs, outputs, gradients: arriving, needs });
      inputs.forEach((value, i) => {
        const part = parts[i];
        if (!part || !needs[i]) return;
        const sum = gradients.get(value);
        gradients.set(value, sum ? add(sum, part) : part);
      });
    });
  }
  return wrt.map((value) => gradients.get(value) ?? null);
}
