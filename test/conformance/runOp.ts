import { differentiate } from "../../src/core/autodiff.ts";
import { FormatError, GraphError, ShapeError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { sameShape, showShape } from "../../src/core/types.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { add, zerosLike } from "../../src/ops/elementwise.ts";
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
    const expected = writtenAsVector(opCase, tensor) && shape.length === 0 ? { ...tensor, shape } : tensor;
    if (!sameShape(shape, expected.shape)) {
      const seen = `shape ${showShape(shape)}`;
      throw new ShapeError({ where: `outputs.${name}`, seen, wanted: showShape(expected.shape) });
    }
    wanted.set(`outputs.${name}`, { tensor: expected, value, layout });
  }
  const y = wanted.get("outputs.y");
  const names = Object.keys(opCase.grads);
  if (names.length === 0 || !opCase.gradOutput || !y) return wanted;
  const seed = leaf({ ...opCase.gradOutput, shape: y.tensor.shape }, layouts.y);
  const wrt = names.map((name) => inputs.get(name));
  const gradients = differentiate(y.value, wrt, add, seed);
  for (const [i, [name, tensor]] of Object.entries(opCase.grads).entries()) {
    // What y does not depend on has the gradient zero.
    const value = gradients[i] ?? zerosLike(inputs.get(name));
    wanted.set(`grads.${name}`, { tensor, value, layout: layouts[name] ?? asItIs });
  }
  return wanted;
}

/** The reference computes on scalars as on vectors of one element, and writes the result with shape [1]. */
function writtenAsVector({ inputs }: OpCase, { shape }: GoldenTensor): boolean {
  return sameShape(shape, [1]) && Object.values(inputs).some((input) => input.shape.length === 0);
}

function isValue(built: Value | Readonly<Record<string, Value>>): built is Value {
  return "source" in built && "kind" in built.source;
}
