import constantKernel from "../../shaders/random/constant.wgsl";
import fill from "../../shaders/random/fill.wgsl";
import normal from "../../shaders/random/normal.wgsl";
import uniform from "../../shaders/random/uniform.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { DTypeError, GraphError } from "../core/errors.ts";
import type { Value, Variable } from "../core/graph.ts";
import { applyOne, type LowerContext, type OpDef } from "../core/op.ts";
import { checkWhole } from "../core/options.ts";
import type { ShaderModule } from "../core/shader.ts";
import { type DType, showType, sizeOf, type TensorType } from "../core/types.ts";

/**
 * Seeded random numbers, made on the GPU by a counter-based generator (Threefry-2x32, shaders/lib/threefry.wgsl): element
 * i of a variable depends on (seed, name of the variable, i) and on nothing else, and is the same on every device, bit
 * for bit, because it is an exact integer times one f32 scale.
 *
 * - `uniform`: (2 u - 2^24 + 1) / 2^24 * limit with u uniform in [0, 2^24).
 * - `normal`: 128 coin tosses and 16 bits of dither, see shaders/random/normal.wgsl: mean 0, standard deviation
 *   `deviation`. Truncated: numbers beyond 2 deviations are drawn anew, which leaves a standard deviation of
 *   0.8796 `deviation` (Keras' initializers divide by that beforehand).
 */
export interface RandomFillAttrs {
  /** Initializes the stream: an unsigned 32-bit number. */
  readonly seed: number;
  /** Name of the stream, the variable's own; its hash is the other half of the key. */
  readonly stream: string;
  readonly distribution:
    | { readonly kind: "uniform"; readonly limit: number }
    | { readonly kind: "normal"; readonly deviation: number; readonly truncated: boolean };
}

const workgroupSize = 64;

/** One standard deviation of the integer that normal.wgsl draws. */
export const normalUnits = 131_072 * Math.sqrt(32 + 1 / 12);

export const randomFillOp: OpDef<RandomFillAttrs> = {
  name: "randomFill",
  infer(types, { seed, distribution }, where) {
    const type = wantOne(types, where, "f32");
    checkWhole(where, "seed", seed, 0, 0xffff_ffff);
    const [option, size] =
      distribution.kind === "uniform" ? ["limit", distribution.limit] : ["deviation", distribution.deviation];
    if (!(size >= 0 && size < Number.POSITIVE_INFINITY)) {
      throw new GraphError({ where, seen: `${option} ${size}`, wanted: "a finite number, 0 or more" });
    }
    return [type];
  },
  inPlace: () => [[0, 0]],
  lower: lowerRandomFill,
  noGradient: "Random numbers do not depend on anything.",
};

function lowerRandomFill({ attrs, outputs: [values] }: LowerContext<RandomFillAttrs>): KernelCall[] {
  if (!values) return [];
  const { seed, stream, distribution } = attrs;
  const key = { seed, stream: hashName(stream) };
  if (distribution.kind === "uniform") {
    return fillCalls(values, [fill, uniform], { ...key, scale: distribution.limit / 2 ** 24 });
  }
  const scale = distribution.deviation / normalUnits;
  const BOUND = distribution.truncated ? Math.floor(2 * normalUnits) : 2 ** 24;
  return fillCalls(values, [fill, normal], { ...key, scale }, { BOUND });
}

/** A value for every element: what a constant initializer writes, and how accumulators start anew. */
export interface ConstantFillAttrs {
  readonly value: number;
}

export const constantFillOp: OpDef<ConstantFillAttrs> = {
  name: "constantFill",
  infer(types, { value }, where) {
    const type = wantOne(types, where, "f32", "i32", "u32");
    const fits =
      type.dtype === "f32" ? Number.isFinite(value) : value === (type.dtype === "i32" ? value | 0 : value >>> 0);
    if (!fits) throw new GraphError({ where, seen: `value ${value}`, wanted: `a finite number of type ${type.dtype}` });
    return [type];
  },
  inPlace: () => [[0, 0]],
  lower: lowerConstantFill,
  noGradient: "A constant does not depend on anything.",
};

function lowerConstantFill({ attrs: { value }, outputs: [values] }: LowerContext<ConstantFillAttrs>): KernelCall[] {
  if (!values) return [];
  const float = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  const bits = values.type.dtype === "f32" ? float : value >>> 0;
  return fillCalls(values, [constantKernel], { bits });
}

/** One invocation an element; nothing to do for an empty tensor. */
function fillCalls(
  values: Value,
  shaders: readonly ShaderModule[],
  fields: Readonly<Record<string, number>>,
  constants: Readonly<Record<string, number>> = {},
): KernelCall[] {
  const count = sizeOf(values.type.shape);
  if (count === 0) return [];
  return [
    {
      name: `fill/${shaders.at(-1)?.path.replace(/.*\//, "")}`,
      shaders,
      constants,
      params: { params: { count, ...fields } },
      operands: { values },
      workgroups: workgroupsFor(count, workgroupSize),
      flops: 0,
    },
  ];
}

/**
 * The update that gives a variable its first values, or null for one whose values the host wrote (`kind: "values"`).
 * Run it once, as an update of a graph of its own.
 */
export function initialize(variable: Variable, seed: number): Value | null {
  const { initial, name, value } = variable;
  if (initial.kind === "values") return null;
  if (initial.kind === "constant") return applyOne(constantFillOp, [value], { value: initial.value });
  return applyOne(randomFillOp, [value], { seed, stream: name, distribution: initial });
}

/** Overwrites every element of a variable: an update. */
export function constantFill(variable: Variable, value: number): Value {
  return applyOne(constantFillOp, [variable.value], { value });
}

/** FNV-1a, 32 bits, over the UTF-8 bytes of a name: each variable has a stream of its own. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function wantOne(types: readonly TensorType[], where: string, ...allowed: DType[]): TensorType {
  const [type] = types;
  if (!type || types.length !== 1) {
    throw new GraphError({ where, seen: `${types.length} inputs`, wanted: "the variable to fill" });
  }
  if (!allowed.includes(type.dtype)) {
    throw new DTypeError({ where, seen: `a variable of type ${showType(type)}`, wanted: allowed.join(" or ") });
  }
  return type;
}
