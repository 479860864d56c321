import { GraphError } from "../core/errors.ts";
import type { Gpu } from "./gpu.ts";

/** A caller's encoder: what `device.createCommandEncoder()` made, on the device of the `Gpu`. */
export type CommandEncoder = GPUCommandEncoder;

/** A range of a buffer, in bytes: WebGPU's `GPUBufferBinding`, so that it goes into a bind group as it is. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  /** Default 0. */
  readonly offset?: number;
  /** Default: what is needed. */
  readonly size?: number;
}

/**
 * A range that a kernel is to read or write, with offset and size. `bytes` are needed, exactly.
 *
 * @throws GraphError on a buffer without usage STORAGE, an offset that the device cannot bind, another size, and a range
 *   that ends beyond its buffer
 */
export function checkRange(gpu: Gpu, where: string, range: BufferRange, bytes: number): Required<BufferRange> {
  const { buffer, offset = 0, size = bytes } = range;
  const alignment = gpu.device.limits.minStorageBufferOffsetAlignment;
  const fail = (seen: string, wanted: string, mend: string): never => {
    throw new GraphError({ where, seen, wanted, mend });
  };
  if (typeof buffer?.usage !== "number")
    fail(`${buffer} for a buffer`, "a GPUBuffer", "Give { buffer, offset, size }.");
  if (!(buffer.usage & GPUBufferUsage.STORAGE)) {
    fail("a buffer without usage STORAGE", "one that kernels can bind", "Create it with GPUBufferUsage.STORAGE.");
  }
  if (!Number.isInteger(offset) || offset < 0 || offset % alignment !== 0) {
    const mend = "It is the device's limit minStorageBufferOffsetAlignment; copy the data to such a place.";
    fail(`offset ${offset}`, `a multiple of ${alignment}`, mend);
  }
  if (size !== bytes) fail(`a size of ${size} bytes`, `${bytes}, the tensor's`, "Give the size of a dense f32 tensor.");
  if (offset + bytes > buffer.size) {
    fail(`a buffer of ${buffer.size} bytes`, `${offset + bytes}, offset and tensor`, "Make the buffer larger.");
  }
  return { buffer, offset, size };
}

/** By what it can do: an encoder may be wrapped, as recorders do. Of which device it is shows when it is finished. */
export function checkEncoder(where: string, encoder: CommandEncoder): void {
  if (typeof encoder?.copyBufferToBuffer === "function" && typeof encoder.beginComputePass === "function") return;
  throw new GraphError({
    where,
    seen: encoder && "end" in encoder ? "the encoder of a pass" : `${encoder} for an encoder`,
    wanted: "a GPUCommandEncoder of the model's device",
    mend: "Give what device.createCommandEncoder() made, before a pass is begun on it or after that has ended.",
  });
}
