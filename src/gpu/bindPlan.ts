import { GraphError } from "../core/errors.ts";
import type { Place, Plan, PlannedCall } from "../core/plan.ts";
import { bytesOf } from "../core/types.ts";
import { describe, type Gpu } from "./gpu.ts";
import { type BufferRange, checkRange } from "./lent.ts";
import { packParams } from "./params.ts";
import type { Kernel } from "./pipelines.ts";
import type { Variables } from "./variables.ts";

export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** Where a buffer of the plan lies. */
export interface Room {
  readonly buffer: GPUBuffer;
  /** Bytes; 0 but in a caller's buffer. */
  readonly offset: number;
}

/** A plan on its device. */
export interface BoundPlan {
  /** One for each buffer of the plan. */
  readonly rooms: readonly Room[];
  /** Those that are the plan's alone. */
  readonly own: readonly GPUBuffer[];
  readonly dispatches: readonly Dispatch[];
}

export interface BindParts {
  /** Further tensors that the plan reads, such as a data set. */
  readonly shared: readonly Variables[];
  /** One for each call of the plan. */
  readonly kernels: readonly Kernel[];
  /** Buffers of a caller's, by the index of the plan's buffer for which they stand. */
  readonly lent: ReadonlyMap<number, Room>;
}

/** Makes the buffers and the bind groups of a plan. Where it throws, no buffer of its own is left. */
export async function bindPlan(plan: Plan, variables: Variables, parts: BindParts): Promise<BoundPlan> {
  const { gpu } = variables;
  const own: GPUBuffer[] = [];
  try {
    const rooms = makeRooms(plan, variables, parts, own);
    const bound = bindCalls(gpu, plan, parts.kernels, rooms, own);
    const errors = await Promise.all(bound.map(({ error }) => error));
    errors.forEach((error, i) => {
      if (!error) return;
      if (parts.lent.size === 0) throw describe(error, plan.calls[i]?.label);
      throw new GraphError({
        where: plan.name,
        seen: error.message,
        wanted: "live buffers of the model's own device",
      });
    });
    return { rooms, own, dispatches: bound.map(({ result }) => result) };
  } catch (cause) {
    for (const buffer of own) buffer.destroy();
    throw cause;
  }
}

/**
 * The caller's buffers for inputs and outputs of a plan.
 *
 * @throws GraphError on a name that the plan has not, on a range that does not hold the tensor, on ranges that overlap, and
 *   on an output that no kernel writes, because it is an input or a weight in another shape
 */
export function lendBuffers(gpu: Gpu, plan: Plan, ranges: Readonly<Record<string, BufferRange>>): Map<number, Room> {
  const lent = new Map<number, Room & { readonly where: string; readonly end: number }>();
  for (const [name, range] of Object.entries(ranges)) {
    const where = `${plan.name}/${name}`;
    const place = plan.inputs[name] ?? plan.outputs[name];
    if (!place) {
      const known = [...Object.keys(plan.inputs), ...Object.keys(plan.outputs)].join(", ");
      throw new GraphError({ where: plan.name, seen: `a buffer for ${name}`, wanted: `one of ${known}` });
    }
    const kind = plan.buffers[place.buffer]?.kind;
    if (kind !== (plan.inputs[name] ? "input" : "output")) {
      throw new GraphError({ where, seen: `a tensor in a buffer of kind ${kind}`, wanted: "one that a kernel makes" });
    }
    const { buffer, offset, size } = checkRange(gpu, where, range, bytesOf(place.type));
    for (const other of lent.values()) {
      if (other.buffer !== buffer || other.end <= offset || offset + size <= other.offset) continue;
      throw new GraphError({ where, seen: `bytes that ${other.where} has too`, wanted: "ranges that do not overlap" });
    }
    lent.set(place.buffer, { buffer, offset, where, end: offset + size });
  }
  return lent;
}

/** The buffers of a plan: arenas, slots and lent ones as they are, the others made, and added to `own`. */
function makeRooms(plan: Plan, variables: Variables, { shared, lent }: BindParts, own: GPUBuffer[]): Room[] {
  const { gpu } = variables;
  // They may have been disposed while kernels were compiled.
  for (const store of [variables, ...shared]) store.check(plan.name);
  const slots = variables.roomFor(plan);
  return plan.buffers.map(({ kind, name, bytes, data }, index) => {
    if (kind === "arena") {
      return { buffer: ([variables, ...shared].find((store) => store.has(name)) ?? variables).arena(name), offset: 0 };
    }
    const slot = slots.get(index);
    const room = lent.get(index) ?? (slot && { buffer: slot, offset: 0 });
    if (room) return room;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    // Outputs are for the app's own passes, of which some draw.
    const drawn = kind === "output" ? GPUBufferUsage.VERTEX : 0;
    const buffer = gpu.createBuffer(`${plan.name}/${name}`, bytes, usage | drawn);
    own.push(buffer);
    if (data) gpu.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return { buffer, offset: 0 };
  });
}

/** A bind group for each call; the uniforms of all of them lie in one buffer, which is added to `own`. */
function bindCalls(
  gpu: Gpu,
  plan: Plan,
  kernels: readonly Kernel[],
  rooms: readonly Room[],
  own: GPUBuffer[],
): Scoped<Dispatch>[] {
  const params = packUniforms(plan.calls, kernels);
  const uniforms = gpu.createBuffer(
    `${plan.name}/params`,
    Math.max(256, params.bytes.byteLength),
    GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  );
  own.push(uniforms);
  gpu.watch(() => gpu.device.queue.writeBuffer(uniforms, 0, params.bytes));
  return plan.calls.map((planned, i) => {
    const kernel = kernels[i] as Kernel;
    const entries = kernel.bindings.map(({ binding, name, access }): GPUBindGroupEntry => {
      const uniform = access === "uniform";
      const place = uniform ? params.places.get(`${i}/${name}`) : planned.places[name];
      const room = uniform ? { buffer: uniforms, offset: 0 } : rooms[place?.buffer ?? -1];
      if (!place || !room) {
        throw new GraphError({ where: planned.label, seen: `nothing for binding ${name}`, wanted: "an operand" });
      }
      const { buffer, offset } = room;
      return { binding, resource: { buffer, offset: offset + place.offset, size: Math.ceil(place.bytes / 4) * 4 } };
    });
    checkOperands(planned, kernel, rooms);
    return scoped(gpu, () => {
      const bindGroup = gpu.device.createBindGroup({ label: planned.label, layout: kernel.layout, entries });
      return { pipeline: kernel.pipeline, bindGroup, x: planned.grid[0], y: planned.grid[1] };
    });
  });
}

interface Scoped<T> {
  readonly result: T;
  /** Resolves when it is known whether the browser takes it. */
  readonly error: Promise<GPUError | null>;
}

/** In a scope of its own: Firefox's errors do not name what they are of. */
function scoped<T>({ device }: Gpu, act: () => T): Scoped<T> {
  device.pushErrorScope("validation");
  let error: Promise<GPUError | null>;
  let result: T;
  try {
    result = act();
  } finally {
    error = device.popErrorScope();
  }
  return { result, error };
}

/** All uniform structs of a plan in one buffer, equal ones once. */
function packUniforms(calls: readonly PlannedCall[], kernels: readonly Kernel[]) {
  const places = new Map<string, Place>();
  const known = new Map<string, Place>();
  const parts: Uint8Array[] = [];
  calls.forEach(({ call, label }, i) => {
    for (const binding of kernels[i]?.bindings ?? []) {
      if (binding.access !== "uniform") continue;
      const bytes = packParams(binding, call.params[binding.name] ?? {}, label);
      const key = bytes.join(",");
      const place = known.get(key) ?? { buffer: -1, offset: parts.length * 256, bytes: bytes.byteLength };
      if (!known.has(key)) parts.push(bytes);
      known.set(key, place);
      places.set(`${i}/${binding.name}`, place);
    }
  });
  const bytes = new Uint8Array(parts.length * 256);
  parts.forEach((part, i) => {
    bytes.set(part, i * 256);
  });
  return { places, bytes };
}

/** What a dispatch reads and what it writes must lie in different buffers; operands and bindings must match. */
function checkOperands({ label, places, call }: PlannedCall, { bindings }: Kernel, rooms: readonly Room[]): void {
  const access = new Map(bindings.map((binding) => [binding.name, binding.access]));
  const written = new Set<GPUBuffer | undefined>();
  for (const [name, place] of Object.entries(places)) {
    if (access.get(name) === "read_write") written.add(rooms[place.buffer]?.buffer);
  }
  for (const [name, place] of Object.entries(places)) {
    const kind = access.get(name);
    if (kind === "read" && written.has(rooms[place.buffer]?.buffer)) {
      throw new GraphError({ where: label, seen: `${name} in a buffer that is written too`, wanted: "another buffer" });
    }
    if (kind !== "read" && kind !== "read_write") {
      throw new GraphError({ where: label, seen: `operand ${name}`, wanted: "the name of a storage binding" });
    }
  }
  for (const name of Object.keys(call.params)) {
    if (access.get(name) !== "uniform") {
      throw new GraphError({ where: label, seen: `params ${name}`, wanted: "the name of a uniform binding" });
    }
  }
}
