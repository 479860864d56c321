import math from "../../shaders/lib/math.wgsl";
import type { KernelCall } from "../core/call.ts";
import { generatedShader, type Program, programBody, programName } from "../core/expression.ts";
import { type Lanes, laneShader } from "./lanes.ts";

/**
 * What a kernel links that reads its input 0 through `prologue(value, made)`, where `made` is what it makes again (see
 * `Prologue` in core/op.ts); without a program that is `value`.
 */
export function prologueOf(given: Program | null, lanes: Lanes): KernelCall["shaders"] {
  const program = given ?? { operands: 2, steps: [], result: 0 };
  const source = `// prologue: ${programName(program) || "none"}
fn prologue(o0: Lane, o1: Lane) -> Lane {
${programBody(program)}
}
`;
  return [generatedShader("prologue", source, [], []), math, laneShader(lanes)];
}
