import type { Value } from "./graph.ts";
import type { ShaderModule } from "./shader.ts";

/** What a binding is bound to: one tensor, or several that lie side by side in one arena, taken as one flat array. */
export type Operand = Value | { readonly flat: readonly Value[] };

/** One dispatch in symbols. Whether an operand is read or written, reflection of the shader knows. */
export interface KernelCall {
  /** `"conv2d/forward"`; the GPU label is `modulePath/name`. */
  readonly name: string;
  /** Shader files to link; those they use come along. */
  readonly shaders: readonly ShaderModule[];
  /** Values of the shaders' link-time constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Uniform structs by binding name, then by field: exactly the fields of the struct. */
  readonly params: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Storage bindings by name. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** How many workgroups in all; folded into a legal grid when the plan is made. */
  readonly workgroups: number;
  /** Operations in all. */
  readonly flops: number;
  /** Read and written, where that is not all operands once: a gather takes a few rows of a data set. */
  readonly bytes?: number;
}

/** What lowering may know of the device: enough to choose kernels, nothing to run them with. */
export interface Target {
  /** Quads of a subgroup can share loads (`quadBroadcast`). */
  readonly subgroups: boolean;
  /** The adapter is a CPU: barriers and scalar loads are dear, workgroup memory buys nothing. */
  readonly software: boolean;
  /** Of that CPU: how many workgroups run side by side. */
  readonly cores: number;
  readonly limits: TargetLimits;
  /** Overrides the choice of kernels, for tests and measurements. */
  readonly force?: Readonly<Record<string, number | string | boolean>>;
  /** Vendor and architecture, `"nvidia/hopper"`: by which the shipped choices are listed. */
  readonly adapter?: string;
  /**
   * What was measured to be fastest on this device, and wins over estimates.
   * @internal
   */
  readonly tuned?: TunedChoices;
  /**
   * Hears of every choice that is made.
   * @internal
   */
  readonly onChoice?: (choice: Choice) => void;
}

/** Name of the fastest variant of a kernel, by the key of the choice. */
export type TunedChoices = ReadonlyMap<string, string>;

/** A kernel that comes in variants, and one of them to be chosen. */
export interface Choice {
  /** Kernel, version of its text, and the shapes for which one answer holds. */
  readonly key: string;
  /** Names of all variants, by estimated time, the best first. */
  readonly variants: readonly string[];
  /** The one that was taken. */
  readonly taken: string;
}

export interface TargetLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** The least that WebGPU promises: plans made for it run everywhere. */
export const defaultTarget: Target = /* @__PURE__ */ Object.freeze({
  subgroups: false,
  software: false,
  cores: 1,
  limits: /* @__PURE__ */ Object.freeze({
    maxStorageBufferBindingSize: 134_217_728,
    maxBufferSize: 268_435_456,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupsPerDimension: 65_535,
    maxComputeInvocationsPerWorkgroup: 256,
    minStorageBufferOffsetAlignment: 256,
  }),
});

export function isFlat(operand: Operand): operand is { readonly flat: readonly Value[] } {
  return "flat" in operand;
}

export function valuesOf(operand: Operand): readonly Value[] {
  return isFlat(operand) ? operand.flat : [operand];
}

/**
 * Workgroups needed to give each of `items` one invocation; 1 at least.
 * @example
 * workgroupsFor(1000, 64); // => 16
 */
export function workgroupsFor(items: number, workgroupSize: number): number {
  return Math.max(1, Math.ceil(items / workgroupSize));
}
