import type { Gpu } from "./gpu.ts";

/** Bytes of a page: some hundred training steps. */
const pageBytes = 16_384;

/** Bytes, a multiple of 4, and where they go. */
export interface StagedCopy {
  readonly data: ArrayBufferView<ArrayBuffer>;
  readonly to: GPUBuffer;
  readonly offset: number;
}

/**
 * Puts numbers into the commands of an encoder that somebody else submits, some time. `queue.writeBuffer` alone would
 * reach the queue before that submit, and the numbers of a later run would stand in for those of an earlier one. So they
 * are written to a place of their own, and a copy from there is part of the commands. Nobody tells when the commands
 * are submitted, or whether: no place is used twice, and a full page is let go, not destroyed. The browser frees it when
 * no command refers to it any more.
 */
export class Staging {
  readonly #gpu: Gpu;
  #page: GPUBuffer | null = null;
  #used = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Records the copies; it creates a GPU object only where a page is full. */
  copy(encoder: GPUCommandEncoder, copies: readonly StagedCopy[]): void {
    const bytes = copies.reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes === 0) return;
    const page = this.#pageFor(bytes);
    const packed = new Uint8Array(bytes);
    let at = 0;
    for (const { data, to, offset } of copies) {
      packed.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
      encoder.copyBufferToBuffer(page, this.#used + at, to, offset, data.byteLength);
      at += data.byteLength;
    }
    this.#gpu.device.queue.writeBuffer(page, this.#used, packed);
    this.#used += bytes;
  }

  #pageFor(bytes: number): GPUBuffer {
    if (this.#page && this.#used + bytes <= this.#page.size) return this.#page;
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#page = this.#gpu.createBuffer("staging", Math.max(pageBytes, bytes), usage);
    this.#used = 0;
    return this.#page;
  }
}
