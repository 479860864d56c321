import { bytesOf, type TensorType } from "./types.ts";

/** Ranges start at multiples of this: the largest `minStorageBufferOffsetAlignment` that WebGPU allows. */
export const alignment = 256;

export function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Byte offsets of tensors that lie side by side, and their sum. */
export function layFlat(types: readonly TensorType[]): { offsets: number[]; bytes: number } {
  let bytes = 0;
  const offsets = types.map((type) => {
    const offset = bytes;
    bytes += align(bytesOf(type));
    return offset;
  });
  return { offsets, bytes };
}
