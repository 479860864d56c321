import { GraphError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { bytesOf } from "../core/types.ts";
import { Readback } from "./readback.ts";
import { type TensorData, typed, type Variables } from "./variables.ts";

/** Bytes of arenas by their names, in host memory. */
export type HostCopy = ReadonlyMap<string, ArrayBuffer>;

/**
 * Copies arenas into host memory while the GPU goes on: a copy is made in queue order, and comes in when it is done. Each
 * has memory of its own, so one that breaks off leaves those before it as they are.
 */
export class HostCopies {
  readonly #variables: Variables;
  readonly #rings = new Map<string, Readback>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /**
   * The arenas as they are after all that was submitted before; one copy at a time.
   * @throws DeviceError where the device fails on the way
   */
  async take(arenas: readonly string[]): Promise<HostCopy> {
    const { device } = this.#variables.gpu;
    const encoder = device.createCommandEncoder({ label: "host copy" });
    const readings = arenas.map((name) => this.#ringOf(name).copy(encoder));
    device.queue.submit([encoder.finish()]);
    const parts = await Promise.all(readings.map((reading) => reading()));
    return new Map(arenas.map((name, i) => [name, parts[i]?.[0] ?? new ArrayBuffer()]));
  }

  dispose(): void {
    for (const ring of this.#rings.values()) ring.dispose();
  }

  /** Of one arena each: together they may be more than a buffer holds. */
  #ringOf(name: string): Readback {
    const buffer = this.#variables.arena(name);
    const source = { buffer, offset: 0, bytes: buffer.size };
    const ring = this.#rings.get(name) ?? new Readback(this.#variables.gpu, [source], 1);
    this.#rings.set(name, ring);
    return ring;
  }
}

/**
 * Arenas as they are at this moment, all of them unless named: whatever is submitted after the call, while they are on
 * their way, does not change them.
 */
export async function copyArenas(
  variables: Variables,
  names: Iterable<string> = variables.layout.arenas.keys(),
): Promise<HostCopy> {
  const copies = new HostCopies(variables);
  try {
    return await copies.take([...new Set(names)]);
  } finally {
    copies.dispose();
  }
}

/** Writes a copy back, also on another device than it was taken from. */
export function restoreCopy(variables: Variables, copy: HostCopy): void {
  for (const [name, bytes] of copy) variables.gpu.device.queue.writeBuffer(variables.arena(name), 0, bytes);
}

/** What a variable was when the copy was taken. */
export function valueIn(copy: HostCopy, { layout }: Variables, variable: Variable): TensorData {
  const place = layout.places.get(variable);
  const bytes = place && copy.get(place.arena);
  if (!place || !bytes) throw new GraphError({ seen: `variable ${variable.name}`, wanted: "one that was copied" });
  return typed(bytes.slice(place.offset, place.offset + bytesOf(variable.type)), variable.type.dtype);
}
