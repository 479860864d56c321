import { DeviceError } from "../../src/core/errors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { saveCheckpoint, saveSnapshot } from "../../src/nn/checkpoint.ts";
import type { Model } from "../../src/nn/model.ts";
import type { Trainer } from "../../src/nn/trainer.ts";

// A GPU goes away when a laptop is closed, a driver starts anew, or the browser's GPU process dies.

/** What is said while a training waits for another device. */
export const waitingForGpu = "The GPU was lost. The training goes on when it is back.";

const goneName = "GpuGoneError";

/** Tells of each device that a training loses; the training finds itself another. */
export class LossWatch {
  readonly #model: Model;
  readonly #told: () => void;
  #watched: Gpu | null = null;

  constructor(model: Model, told: () => void) {
    this.#model = model;
    this.#told = told;
  }

  /** To be called now and then while it trains: the device of now is another one where the last was lost. */
  look(): void {
    const { gpu } = this.#model.compiled;
    if (gpu === this.#watched) return;
    this.#watched = gpu;
    void gpu.lost.then(() => {
      if (gpu.isLost) this.#told();
    });
  }
}

/** A checkpoint of a training; where its device is gone for good, as it was at the last snapshot. */
export async function saveTraining(
  { model, trainer }: { readonly model: Model; readonly trainer: Trainer },
  notes: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await trainer.survive(() => saveCheckpoint(model, notes));
  } catch (error) {
    if (!(error instanceof DeviceError) || !model.compiled.memory.snapshot) throw error;
    return saveSnapshot(model, notes);
  }
}

const goneText =
  "The GPU is gone, and the browser has no other to offer. What you made and what was learned are kept. Close what else " +
  "uses the GPU and try again; if that does not help, restart the browser, and go on from here.";

/**
 * Does work of a worker; where that fails because there is no device any more, it is told in words for the page. A device
 * has other failures, too, such as too little memory: they are told in their own words.
 */
export async function tellGone<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isGone = error instanceof DeviceError && (await navigator.gpu?.requestAdapter()) === null;
    if (!isGone) throw error;
    console.warn(error.message);
    throw Object.assign(new Error(goneText), { name: goneName });
  }
}

/** Whether a worker rejected because there is no device any more: classes of errors do not cross over, names do. */
export function isGpuGone(error: unknown): boolean {
  return error instanceof Error && error.name === goneName;
}
