import type { Variables } from "./variables.ts";

/** A copy of some arenas of a model, on the GPU, to go back to. */
export class Snapshot {
  readonly #variables: Variables;
  readonly #copies: readonly { readonly live: GPUBuffer; readonly copy: GPUBuffer }[];

  /** Room for the arenas of these names; those that the model has not are left out. */
  constructor(variables: Variables, arenas: readonly string[]) {
    this.#variables = variables;
    this.#copies = arenas
      .filter((name) => variables.has(name))
      .map((name) => {
        const live = variables.arena(name);
        const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
        return { live, copy: variables.gpu.createBuffer(`snapshot/${name}`, live.size, usage) };
      });
  }

  /** Copies the values as they are after all runs that were submitted before; replaces an earlier copy. */
  take(): void {
    this.#copy((encoder, { live, copy }) => encoder.copyBufferToBuffer(live, 0, copy, 0, live.size));
  }

  /** Puts the copied values back. */
  restore(): void {
    this.#copy((encoder, { live, copy }) => encoder.copyBufferToBuffer(copy, 0, live, 0, live.size));
  }

  dispose(): void {
    for (const { copy } of this.#copies) copy.destroy();
  }

  #copy(one: (encoder: GPUCommandEncoder, pair: { readonly live: GPUBuffer; readonly copy: GPUBuffer }) => void): void {
    const { device } = this.#variables.gpu;
    const encoder = device.createCommandEncoder({ label: "snapshot" });
    for (const pair of this.#copies) one(encoder, pair);
    device.queue.submit([encoder.finish()]);
  }
}
