import type { Gpu } from "./gpu.ts";

/** Reads a range of a buffer once, outside the training loop. */
export async function readBuffer(gpu: Gpu, buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
  gpu.check();
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = gpu.createBuffer(`read ${buffer.label}`, Math.max(4, bytes), usage);
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
  gpu.device.queue.submit([encoder.finish()]);
  const [copy] = await mapped(gpu, staging, [bytes]);
  staging.destroy();
  return copy ?? new ArrayBuffer();
}

export interface Source {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * A ring of staging buffers by which results leave the training loop: the copies ride on the step's own encoder, and
 * the map is awaited by whoever wants the numbers, never by the step. Nothing is allocated after the ring is made.
 */
export class Readback {
  readonly #gpu: Gpu;
  readonly #sources: readonly Source[];
  readonly #free: GPUBuffer[];
  readonly #all: readonly GPUBuffer[];
  readonly #bytes: number;

  constructor(gpu: Gpu, sources: readonly Source[], depth: number) {
    this.#gpu = gpu;
    this.#sources = sources;
    this.#bytes = sources.reduce((sum, { bytes }) => sum + bytes, 0);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#all = Array.from({ length: depth }, (_, i) => gpu.createBuffer(`readback ${i}`, this.#bytes, usage));
    this.#free = [...this.#all];
  }

  /** Whether a staging buffer is free. */
  get ready(): boolean {
    return this.#free.length > 0;
  }

  /**
   * Adds the copies to an encoder. The function returned must be called after the submit; it resolves to the bytes
   * of each source.
   */
  copy(encoder: GPUCommandEncoder): () => Promise<ArrayBuffer[]> {
    const staging = this.#free.pop();
    if (!staging) throw new RangeError("readback ring is full: await an earlier reading first");
    let at = 0;
    for (const { buffer, offset, bytes } of this.#sources) {
      encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
      at += bytes;
    }
    return async () => {
      const parts = await mapped(
        this.#gpu,
        staging,
        this.#sources.map(({ bytes }) => bytes),
      );
      this.#free.push(staging);
      return parts;
    };
  }

  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}

/**
 * Resolves when all that was submitted before is done, by a mapping in the order of the queue: of a lost device all work
 * counts as done, in Firefox before the loss is told, but a mapping breaks off. @throws DeviceError where it does
 */
export async function mapInTurn(gpu: Gpu): Promise<void> {
  const staging = gpu.createBuffer("idle", 4, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  gpu.device.queue.writeBuffer(staging, 0, new Uint32Array(1));
  await mapped(gpu, staging, [4]);
  staging.destroy();
}

/** Copies of the parts of a staging buffer, one behind the other, of so many bytes each. */
async function mapped(gpu: Gpu, staging: GPUBuffer, sizes: readonly number[]): Promise<ArrayBuffer[]> {
  let whole: ArrayBuffer;
  try {
    await staging.mapAsync(GPUMapMode.READ);
    // A device that is destroyed takes back what it has mapped.
    whole = staging.getMappedRange();
  } catch (cause) {
    await gpu.checkLate();
    throw cause;
  }
  gpu.check();
  let from = 0;
  const parts = sizes.map((bytes) => {
    from += bytes;
    return whole.slice(from - bytes, from);
  });
  staging.unmap();
  return parts;
}
