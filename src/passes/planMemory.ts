import { isFlat, type Operand, type Target, valuesOf } from "../core/call.ts";
import { GraphError, LimitError } from "../core/errors.ts";
import { align, layFlat } from "../core/flat.ts";
import { type Graph, leavesOf, rootOf, type Value } from "../core/graph.ts";
import type { NamedPlace, Place, Plan, PlannedBuffer, PlannedCall } from "../core/plan.ts";
import { bytesOf, showType } from "../core/types.ts";
import { foldGrid } from "./grid.ts";
import type { VariableLayout } from "./layout.ts";
import type { ScheduledCall } from "./schedule.ts";
import { shareSlots } from "./shareSlots.ts";

export interface MemoryOptions {
  /** Let tensors whose lifetimes do not meet share a buffer. Off only in tests. */
  readonly share?: boolean;
  /** Give each output that a kernel writes a buffer of its own, which no other plan writes. Default: it lies in a slot. */
  readonly ownOutputs?: boolean;
}

/**
 * Gives every tensor a place. Variables lie in their arenas; tensors that a kernel takes as one flat array lie side
 * by side in a buffer of their own; all others share slots by lifetime.
 */
export function planMemory(
  graph: Graph,
  calls: readonly ScheduledCall[],
  layout: VariableLayout,
  target: Target,
  { share = true, ownOutputs = false }: MemoryOptions = {},
): Plan {
  const buffers: PlannedBuffer[] = [];
  const places = new Map<Value, Place>();
  const addBuffer = (buffer: PlannedBuffer): number => {
    const limit = Math.min(target.limits.maxBufferSize, target.limits.maxStorageBufferBindingSize);
    if (buffer.bytes > limit) {
      throw new LimitError({
        where: graph.name,
        seen: `buffer ${buffer.name} of ${buffer.bytes} bytes`,
        wanted: `at most ${limit} bytes, this device's limit`,
        mend: "Use a smaller batch, a smaller image or fewer channels.",
      });
    }
    return buffers.push(buffer) - 1;
  };

  // 1. Leaves: variables, inputs, constants.
  const inputs: Record<string, NamedPlace> = {};
  const arenas = new Map<string, number>();
  for (const value of leavesOf(graph)) {
    const { source, type } = value;
    const bytes = align(bytesOf(type));
    if (source.kind === "variable") {
      const at = layout.places.get(source.variable);
      if (!at) throw new GraphError({ seen: `variable ${source.variable.name}`, wanted: "a variable of this model" });
      const buffer =
        arenas.get(at.arena) ??
        addBuffer({ kind: "arena", name: at.arena, bytes: layout.arenas.get(at.arena) ?? bytes });
      arenas.set(at.arena, buffer);
      places.set(value, { buffer, offset: at.offset, bytes: bytesOf(type) });
    } else if (source.kind === "input") {
      const place = { buffer: addBuffer({ kind: "input", name: source.name, bytes }), offset: 0, bytes: bytesOf(type) };
      places.set(value, place);
      inputs[source.name] = { ...place, type };
    } else if (source.kind === "constant") {
      const name = `constant${buffers.length}`;
      const buffer = addBuffer({ kind: "constant", name, bytes, data: source.data });
      places.set(value, { buffer, offset: 0, bytes: bytesOf(type) });
    }
  }

  // 2. Flat groups of intermediate tensors.
  for (const { call, node } of calls) {
    for (const operand of Object.values(call.operands)) {
      if (!isFlat(operand)) continue;
      const roots = operand.flat.map(rootOf);
      if (roots.every((root) => places.has(root))) continue;
      if (new Set(roots).size < roots.length || roots.some((root) => places.has(root))) {
        throw new GraphError({ where: node.path, seen: "flat tensors that share storage", wanted: "distinct tensors" });
      }
      const { offsets, bytes } = layFlat(roots.map((root) => root.type));
      const buffer = addBuffer({ kind: "gradients", name: `gradients${buffers.length}`, bytes });
      roots.forEach((root, i) => {
        places.set(root, { buffer, offset: offsets[i] ?? 0, bytes: bytesOf(root.type) });
      });
    }
  }

  // 3. Outputs that outlive the next run of another plan.
  for (const [name, value] of ownOutputs ? Object.entries(graph.outputs) : []) {
    const root = rootOf(value);
    if (places.has(root)) continue;
    const buffer = addBuffer({ kind: "output", name, bytes: align(bytesOf(root.type)) });
    places.set(root, { buffer, offset: 0, bytes: bytesOf(root.type) });
  }

  // 4. Everything else: slots by lifetime.
  const kept = new Set(Object.values(graph.outputs).map(rootOf));
  const lifetimes = lifetimesOf(calls, kept, places);
  const slots = shareSlots(lifetimes, share);
  for (const slot of slots) {
    const buffer = addBuffer({ kind: "slot", name: `slot${buffers.length}`, bytes: slot.bytes });
    for (const value of slot.values) places.set(value, { buffer, offset: 0, bytes: bytesOf(value.type) });
  }

  const placeOf = (operand: Operand): Place => {
    const found = valuesOf(operand).map((value) => {
      const place = places.get(rootOf(value));
      if (!place) throw new GraphError({ seen: `${showType(value.type)} without storage`, wanted: "a written tensor" });
      return place;
    });
    return isFlat(operand) ? spanOf(found) : (found[0] as Place);
  };
  const planned = calls.map(({ node, call }): PlannedCall => {
    const entries = Object.entries(call.operands).map(([name, operand]) => [name, placeOf(operand)] as const);
    return Object.freeze({
      call,
      label: [node.path, call.name].filter(Boolean).join("/"),
      places: Object.freeze(Object.fromEntries(entries)),
      grid: foldGrid(call.workgroups, target, node.path),
      bytes: call.bytes ?? entries.reduce((sum, [, place]) => sum + place.bytes, 0),
    });
  });
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, { ...placeOf(value), type: value.type }]),
  );
  return Object.freeze({
    name: graph.name,
    calls: planned,
    buffers,
    slotTensors: lifetimes.map(({ bytes, from, to }) => ({ bytes, from, to })),
    inputs,
    outputs,
    peakBytes: buffers.reduce((sum, buffer) => sum + buffer.bytes, 0),
    unsharedBytes:
      buffers.reduce((sum, buffer) => sum + (buffer.kind === "slot" ? 0 : buffer.bytes), 0) +
      lifetimes.reduce((sum, { bytes }) => sum + bytes, 0),
    flops: planned.reduce((sum, { call }) => sum + call.flops, 0),
  });
}

/** From the first call that touches a value to the last; outputs live to the end. */
function lifetimesOf(calls: readonly ScheduledCall[], kept: ReadonlySet<Value>, placed: ReadonlyMap<Value, Place>) {
  const spans = new Map<Value, { value: Value; bytes: number; from: number; to: number }>();
  calls.forEach(({ call }, at) => {
    for (const value of Object.values(call.operands).flatMap(valuesOf).map(rootOf)) {
      if (placed.has(value)) continue;
      const span = spans.get(value) ?? { value, bytes: align(bytesOf(value.type)), from: at, to: at };
      span.to = kept.has(value) ? calls.length - 1 : at;
      spans.set(value, span);
    }
  });
  return [...spans.values()];
}

/** One range over places that lie side by side. */
function spanOf(places: readonly Place[]): Place {
  const first = places[0];
  if (!first) throw new GraphError({ seen: "a flat operand of no tensors", wanted: "one or more" });
  let end = first.offset;
  for (const { buffer, offset, bytes } of places) {
    if (buffer !== first.buffer || offset !== end) {
      throw new GraphError({ seen: "flat tensors that do not lie side by side", wanted: "one arena, in its order" });
    }
    end = offset + align(bytes);
  }
  return { buffer: first.buffer, offset: first.offset, bytes: end - first.offset };
}
