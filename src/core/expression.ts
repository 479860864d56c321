import type { ShaderModule } from "./shader.ts";

/**
 * Elementwise programs: straight-line code over one element (or one vector of 2 or 4), as data. Each elementwise
 * operator is a program of one step; fusion joins programs; the WGSL of a chain is generated from the result.
 */
export interface Step {
  /** `"tanh"`, `"tanh.dx"`: for print-outs. */
  readonly name: string;
  /** A WGSL expression over `names`, in which every literal is written `Lane(..)`. */
  readonly expression: string;
  readonly names: readonly string[];
  /** For each name, what it stands for: operands count from 0, the results of steps follow them. */
  readonly args: readonly number[];
}

export interface Program {
  readonly operands: number;
  readonly steps: readonly Step[];
  readonly result: number;
}

export function oneStep(name: string, names: readonly string[], expression: string): Program {
  const step = { name, expression, names, args: names.map((_, i) => i) };
  return Object.freeze({ operands: names.length, steps: [step], result: names.length });
}

/**
 * `outer` with its operand `at` computed by `inner`. The operands of the result are those of `outer` without `at`,
 * with the operands of `inner` in its place.
 */
export function inline(outer: Program, at: number, inner: Program): Program {
  const operands = outer.operands - 1 + inner.operands;
  const innerRef = (ref: number) => (ref < inner.operands ? at + ref : operands + (ref - inner.operands));
  const outerRef = (ref: number) => {
    if (ref < at) return ref;
    if (ref === at) return innerRef(inner.result);
    if (ref < outer.operands) return ref - 1 + inner.operands;
    return operands + inner.steps.length + (ref - outer.operands);
  };
  const steps = [
    ...inner.steps.map((step) => ({ ...step, args: step.args.map(innerRef) })),
    ...outer.steps.map((step) => ({ ...step, args: step.args.map(outerRef) })),
  ];
  return Object.freeze({ operands, steps, result: outerRef(outer.result) });
}

/** Joins operands that are the same value, so that each is loaded once; `distinct` are those of the result, in order. */
export function shareOperands<T>(
  program: Program,
  operands: readonly T[],
  distinct: readonly T[] = [...new Set(operands)],
): { program: Program; operands: readonly T[] } {
  const ref = (old: number) =>
    old < program.operands ? distinct.indexOf(operands[old] as T) : old - program.operands + distinct.length;
  const steps = program.steps.map((step) => ({ ...step, args: step.args.map(ref) }));
  return { program: { operands: distinct.length, steps, result: ref(program.result) }, operands: distinct };
}

/** The body of a WGSL function that computes the program from `o0, o1, ..`. */
export function programBody(program: Program): string {
  const nameOf = (ref: number) => (ref < program.operands ? `o${ref}` : `s${ref - program.operands}`);
  const lines = program.steps.map((step, i) => {
    const by = new Map(step.names.map((name, k) => [name, nameOf(step.args[k] ?? 0)]));
    const code = step.expression.replace(/\b[a-zA-Z_]\w*\b/g, (word) => by.get(word) ?? word);
    return `  let s${i} = ${code};`;
  });
  return [...lines, `  return ${nameOf(program.result)};`].join("\n");
}

/** `"add, tanh"`. */
export function programName(program: Program): string {
  return program.steps.map((step) => step.name).join(", ");
}

/** A shader module made at run time: only fused elementwise chains are. */
export function generatedShader(
  path: string,
  source: string,
  bindings: ShaderModule["bindings"],
  uses: readonly ShaderModule[],
): ShaderModule {
  return Object.freeze({ path, source, bindings, constants: {}, uses });
}
