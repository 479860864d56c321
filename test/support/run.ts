import type { Target } from "../../src/core/call.ts";
import { constant, makeGraph, type Value, type Variable } from "../../src/core/graph.ts";
import { type DType, sizeOf, tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { type TensorData, Variables } from "../../src/gpu/variables.ts";
import { type PlanOptions, plan } from "../../src/passes/index.ts";
import { poisonSlots } from "./poisonSlots.ts";

let shared: Promise<Gpu> | undefined;

/** One device for all tests of a file. No adapter is a failure. */
export function testGpu(): Promise<Gpu> {
  shared ??= Gpu.create();
  return shared;
}

export interface EvaluateOptions extends PlanOptions {
  readonly updates?: readonly Value[];
  /** Variables of the graph, in the order of their arenas. */
  readonly variables?: readonly Variable[];
  /** Parts of the target to override: `{ force: { .. } }` chooses kernels. */
  readonly target?: Partial<Target>;
  /** Fill slots with NaN before the run (default: yes). */
  readonly poison?: boolean;
}

/** Compiles a graph, runs it once, reads its outputs. */
export async function evaluate<K extends string>(
  outputs: Readonly<Record<K, Value>>,
  { updates = [], variables = [], target = {}, poison = true, ...options }: EvaluateOptions = {},
): Promise<Record<K, TensorData>> {
  const gpu = await testGpu();
  const store = new Variables(gpu, variables);
  const graph = makeGraph("test", outputs, updates);
  const commands = await CommandGraph.compile(plan(graph, store.layout, { ...gpu.target, ...target }, options), store);
  if (poison) poisonSlots(commands);
  commands.run();
  const entries = await Promise.all(
    (Object.keys(outputs) as K[]).map(async (name) => [name, await commands.read(name)] as const),
  );
  commands.dispose();
  store.dispose();
  return Object.fromEntries(entries) as Record<K, TensorData>;
}

/** A tensor of given numbers as a leaf of the graph. */
export function tensor(shape: readonly number[], data: ArrayLike<number>, dtype: DType = "f32"): Value {
  const array =
    dtype === "f32" ? Float32Array.from(data) : dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data);
  return constant(tensorType(shape, dtype), array);
}

/** Seeded numbers in [-1, 1), exact in f32 (mulberry32, 24 bits). */
export function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 8) / 2 ** 24) * 2 - 1;
  });
}

/** A tensor of seeded numbers. */
export function randomTensor(shape: readonly number[], seed: number): Value {
  return tensor(shape, numbers(sizeOf(shape), seed));
}
