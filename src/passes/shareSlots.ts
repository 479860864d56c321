import type { Value } from "../core/graph.ts";

export interface Lifetime {
  readonly value: Value;
  readonly bytes: number;
  /** First and last call that touches the value. */
  readonly from: number;
  readonly to: number;
}

export interface Slot {
  readonly bytes: number;
  readonly values: readonly Value[];
}

/**
 * Greedy by size (Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net Inference"): the largest
 * tensor first, each into the smallest slot that is free over its whole life, else into a new one. What a dispatch
 * reads and what it writes are alive together, so they never share a slot, as WebGPU demands.
 */
export function shareSlots(lifetimes: readonly Lifetime[], share: boolean): Slot[] {
  const slots: { bytes: number; values: Value[]; lives: Lifetime[] }[] = [];
  const bySize = lifetimes.toSorted((a, b) => b.bytes - a.bytes || a.from - b.from);
  for (const life of bySize) {
    const isFree = ({ lives }: { lives: Lifetime[] }) =>
      lives.every(({ from, to }) => life.to < from || to < life.from);
    // Slots are made in order of size, so the last free one is the tightest.
    const slot = share ? slots.findLast(isFree) : undefined;
    if (slot) {
      slot.values.push(life.value);
      slot.lives.push(life);
    } else {
      slots.push({ bytes: life.bytes, values: [life.value], lives: [life] });
    }
  }
  return slots;
}
