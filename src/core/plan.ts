import type { KernelCall } from "./call.ts";
import type { TensorType } from "./types.ts";

/** A range of one of the plan's buffers. */
export interface Place {
  /** Index into `plan.buffers`. */
  readonly buffer: number;
  /** In bytes. */
  readonly offset: number;
  readonly bytes: number;
}

export interface PlannedBuffer {
  /**
   * `arena`: variables, shared by all plans of a model. `slot`: activations, reused by lifetime. `gradients`: flat,
   * beside the parameters. `input`: written by the host. `output`: written by this plan alone. `constant`: written
   * once.
   */
  readonly kind: "arena" | "slot" | "gradients" | "input" | "output" | "constant";
  readonly name: string;
  readonly bytes: number;
  /** What a constant holds. */
  readonly data?: Float32Array | Int32Array | Uint32Array;
}

export interface PlannedCall {
  readonly call: KernelCall;
  /** `modulePath/op/kernel`: the label of its GPU objects. */
  readonly label: string;
  /** Place of each storage binding, by name. */
  readonly places: Readonly<Record<string, Place>>;
  /** Workgroups in each dimension. */
  readonly grid: readonly [number, number, number];
  /** Bytes read and written: each operand once, unless the call knows better. */
  readonly bytes: number;
}

export interface NamedPlace extends Place {
  readonly type: TensorType;
}

/** A tensor that lies in a slot while it is needed. */
export interface SlotTensor {
  readonly bytes: number;
  /** Indices of the first and the last call that touch it; outputs live to the last call of the plan. */
  readonly from: number;
  readonly to: number;
}

/** What will run: ordered dispatches over a table of buffers. Complete before a GPU is touched. */
export interface Plan {
  readonly name: string;
  /** In the order in which they run. */
  readonly calls: readonly PlannedCall[];
  readonly buffers: readonly PlannedBuffer[];
  /** The tensors that share the slots. */
  readonly slotTensors: readonly SlotTensor[];
  /** Where what the host writes lies, by name. */
  readonly inputs: Readonly<Record<string, NamedPlace>>;
  /** Where what can be read lies, by name. */
  readonly outputs: Readonly<Record<string, NamedPlace>>;
  /** Bytes of all buffers together. */
  readonly peakBytes: number;
  /** What the same tensors would take if none shared a slot. */
  readonly unsharedBytes: number;
  /** Of all calls together. */
  readonly flops: number;
}

/** Bytes of all slots together: the part of `peakBytes` that sharing makes smaller. */
export function slotBytes({ buffers }: Plan): number {
  return buffers.reduce((sum, { kind, bytes }) => sum + (kind === "slot" ? bytes : 0), 0);
}

/** Bytes of the tensors in slots that are alive at each call: the least that `slotBytes` could be there. */
export function liveBytes({ calls, slotTensors }: Plan): number[] {
  const alive = new Array<number>(calls.length + 1).fill(0);
  for (const { bytes, from, to } of slotTensors) {
    alive[from] = (alive[from] ?? 0) + bytes;
    alive[to + 1] = (alive[to + 1] ?? 0) - bytes;
  }
  let sum = 0;
  return alive.slice(0, -1).map((change) => {
    sum += change;
    return sum;
  });
}

/**
 * The plan as text: a line a dispatch, then the buffers.
 * @example
 * const text = printPlan(model.trainPlan(data, 16));
 */
export function printPlan(plan: Plan): string {
  const place = ({ buffer, offset }: Place) => `${plan.buffers[buffer]?.name}${offset ? `+${offset}` : ""}`;
  const calls = plan.calls.map(({ label, places, grid, call }, i) => {
    const bindings = Object.entries(places).map(([name, at]) => `${name}=${place(at)}`);
    return `  ${String(i).padStart(3)} ${label} (${bindings.join(", ")}) grid ${grid.join("x")} ${showFlops(call.flops)}`;
  });
  const buffers = plan.buffers.map(({ name, kind, bytes }) => `  ${name}: ${kind}, ${showBytes(bytes)}`);
  const total = `${plan.calls.length} dispatches, ${showFlops(plan.flops)}, peak ${showBytes(plan.peakBytes)}`;
  return [`plan ${plan.name}: ${total}`, ...calls, "buffers", ...buffers].join("\n");
}

export function showBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

export function showFlops(flops: number): string {
  if (flops < 1e6) return `${(flops / 1e3).toFixed(1)} kflop`;
  if (flops < 1e9) return `${(flops / 1e6).toFixed(1)} Mflop`;
  return `${(flops / 1e9).toFixed(2)} Gflop`;
}
