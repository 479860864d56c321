import type { KernelCall } from "../../src/core/call.ts";
import { input, type Value } from "../../src/core/graph.ts";
import { applyOne, type OpDef } from "../../src/core/op.ts";
import type { ShaderBinding, ShaderModule } from "../../src/core/shader.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";

/** Parts of graphs for tests of what happens before a GPU is there. */

export function x(name: string, ...shape: number[]): Value {
  return input(name, tensorType(shape));
}

/** An operator with no kernel worth running: its result has the type of its first input. */
export function fakeOp(parts: Partial<OpDef> = {}): OpDef {
  const bindings: ShaderBinding[] = [
    { name: "x", group: 0, binding: 0, access: "read", type: "array<f32>" },
    { name: "y", group: 0, binding: 1, access: "read_write", type: "array<f32>" },
  ];
  const shader: ShaderModule = { path: "test/fake", source: "", bindings, constants: {}, uses: [] };
  return {
    name: "fake",
    infer: ([first]) => [first ?? tensorType([])],
    lower: ({ inputs: [from], outputs: [y] }): KernelCall[] =>
      from && y
        ? [
            {
              name: "fake",
              shaders: [shader],
              params: {},
              operands: { x: from, y },
              workgroups: Math.ceil(sizeOf(y.type.shape) / 64),
              flops: 0,
            },
          ]
        : [],
    ...parts,
  };
}

/** `count` fakes one after the other. */
export function chain(from: Value, count: number, op: OpDef = fakeOp()): Value {
  let value = from;
  for (let i = 0; i < count; i++) value = applyOne(op, [value], {});
  return value;
}

/** How a call's operands are bound, by name. */
export function accessOf(call: KernelCall): ReadonlyMap<string, ShaderBinding["access"]> {
  const all = new Set<ShaderModule>();
  const visit = (shader: ShaderModule): void => {
    all.add(shader);
    shader.uses.forEach(visit);
  };
  call.shaders.forEach(visit);
  return new Map([...all].flatMap(({ bindings }) => bindings).map(({ name, access }) => [name, access]));
}
