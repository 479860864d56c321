import { differentiate } from "../../src/core/autodiff.ts";
import { FormatError, GraphError, ShapeError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { sameShape, showShape } from "../../src/core/types.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { add } from "../../src/ops/elementwise.ts";
import { type Adapter, CaseAttrs, CaseInputs, leaf } from "./adapter.ts";
import { type Comparison, compare, equal, merge } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import type { GoldenTensor, OpCase } from "./format.ts";
import { asItIs, inverse, type Layout, permute } from "./layout.ts";

/** A tensor that the case wants, the value of the graph that should be it, and how that lies. */
interface Wanted {
  readonly tensor: GoldenTensor;
  readonly value: Value;
  readonly layout: Layout;
}

/** Outputs and gradients of one case on the GPU against those of the reference. */
export async function runOp(gpu: Gpu, adapter: Adapter, opCase: OpCase): Promise<Comparison> {
  const wanted = build(adapter, opCase);
  const values = Object.fromEntries([...wanted].map(([name, { value }]) => [name, value]));
  const results = await evaluate(gpu, values);
  return [...wanted].reduce((worst, [name, { tensor, value, layout }]) => {
    const { shape } = value.type;
    const data = results.get(name) ?? new Float32Array();
    return merge(worst, compare(name, permute({ shape, data }, inverse(layout(shape.length))), tensor));
  }, equal);
}

/** Every tensor of the case that the engine has to give. */
function build({ layouts = {}, build }: Adapter, opCase: OpCase): Map<string, Wanted> {
  const inputs = new CaseInputs(opCase.inputs, layouts);
  const attrs = new CaseAttrs(opCase.attrs);
  const built = build(inputs, attrs);
  const outputs = isValue(built) ? { y: built } : built;
  const unread = [
    ...attrs.unread().map((name) => `attribute ${name}`),
    ...inputs.unread().map((name) => `input ${name}`),
  ];
  if (unread.length > 0) {
    throw new FormatError({ where: opCase.op, seen: unread.join(", "), wanted: "only what the operator knows" });
  }
  const wanted = new Map<string, Wanted>();
  for (const [name, tensor] of Object.entries(opCase.outputs)) {
    const value = outputs[name];
    if (!value) throw new GraphError({ where: opCase.op, seen: `no output ${name}`, wanted: "one" });
    const layout = layouts[name] ?? asItIs;
    const shape = inverse(layout(value.type.shape.length)).map((axis) => value.type.shape[axis] ?? 0);
    if (!sameShape(shape, tensor.shape)) {
      throw new ShapeError({
        where: `outputs.${name}`,
        seen: `shape ${showShape(shape)}`,
        wanted: showShape(tensor.shape),
      });
    }
    wanted.set(`outputs.${name}`, { tensor, value, layout });
  }
  const names = Object.keys(opCase.grads);
  if (names.length === 0 || !opCase.gradOutput || !outputs.y) return wanted;
  const seed = leaf(opCase.gradOutput, layouts.y);
  const wrt = names.map((name) => inputs.get(name));
  const gradients = differentiate(outputs.y, wrt, add, seed);
  for (const [i, [name, tensor]] of Object.entries(opCase.grads).entries()) {
    const value = gradients[i];
    if (!value) throw new GraphError({ where: opCase.op, seen: `no gradient by ${name}`, wanted: "one" });
    wanted.set(`grads.${name}`, { tensor, value, layout: layouts[name] ?? asItIs });
  }
  return wanted;
}

function isValue(built: Value | Readonly<Record<string, Value>>): built is Value {
  return "source" in built && "kind" in built.source;
}
