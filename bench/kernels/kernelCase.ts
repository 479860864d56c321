import type { Target } from "../../src/core/call.ts";
import { makeVariable, type Value } from "../../src/core/graph.ts";
import { type Shape, sizeOf, tensorType } from "../../src/core/types.ts";

/** Which mark a case is held to, and which ceiling bounds it. */
export type Family = "ceiling" | "conv" | "gemm" | "memory";

/** The values that a case computes and the variables that it overwrites. */
export interface CaseGraph {
  /** What an earlier pass leaves behind for this one: it runs once, and is not timed. */
  readonly before?: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly updates?: readonly Value[];
}

/** One thing to time: a graph of one operator on a shape of a real network. */
export interface KernelCase {
  /** `"unet conv 128,16->16 3x3 b4"`: side, channels in, channels out. */
  readonly name: string;
  /** What of the operator: `"fwd"`, `"dX"`, `"dW"`, or a part of its dispatches. */
  readonly pass: string;
  readonly family: Family;
  /** Multiply-adds times 2 that the mathematics needs, whatever the kernel does; null for memory-bound ones. */
  readonly flops: number | null;
  /** Bytes that must move: each operand read once, each result written once. */
  readonly bytes: number;
  /** Which of the dispatches after those of `before` to time; default all. */
  readonly part?: "last" | "butLast";
  /** Too slow for a software adapter. */
  readonly hardwareOnly?: true;
  build(target: Target): CaseGraph;
}

/** `"unet conv 128,16->16 3x3 b4 dW"`. */
export function caseId({ name, pass }: Pick<KernelCase, "name" | "pass">): string {
  return `${name} ${pass}`;
}

/** A tensor filled with seeded numbers in [-1, 1): in a buffer of its own, or a parameter, as a layer's weights are. */
export function tensor(name: string, shape: Shape, role: "data" | "parameter" = "data"): Value {
  return makeVariable({
    name,
    role,
    type: tensorType(shape),
    initial: { kind: "values", data: seeded(sizeOf(shape)) },
  }).value;
}

/** Class indices, one for each of `count` rows. */
export function labels(name: string, count: number, classes: number): Value {
  const data = Int32Array.from({ length: count }, (_, i) => (i * 7) % classes);
  return makeVariable({ name, role: "data", type: tensorType([count], "i32"), initial: { kind: "values", data } })
    .value;
}

/** Numbers that repeat: what a kernel takes does not depend on them, and 64 MiB of them should not take a second. */
const pattern = Float32Array.from({ length: 65_521 }, (_, i) => Math.fround(((i * 48_271) % 65_521) / 32_760.5 - 1));

export function seeded(count: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(count);
  for (let at = 0; at < count; at += pattern.length)
    data.set(pattern.subarray(0, Math.min(pattern.length, count - at)), at);
  return data;
}

/** Bytes of f32 tensors. */
export function floatBytes(...shapes: readonly Shape[]): number {
  return shapes.reduce((sum, shape) => sum + 4 * sizeOf(shape), 0);
}
