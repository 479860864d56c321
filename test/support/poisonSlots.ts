import type { CommandGraph } from "../../src/gpu/commandGraph.ts";

/** Fills every slot with NaN, so that a kernel that reads what nobody wrote shows. */
export function poisonSlots({ gpu, plan, bound }: CommandGraph): void {
  plan.buffers.forEach(({ kind, bytes }, i) => {
    const room = bound.rooms[i];
    if (kind === "slot" && room) {
      gpu.device.queue.writeBuffer(room.buffer, 0, new Float32Array(bytes / 4).fill(Number.NaN));
    }
  });
}
