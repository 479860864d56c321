import type { TunedStore } from "../../src/io/tunedStore.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/nn/checkpoint.ts";
import { chromeTrace } from "../../src/nn/chromeTrace.ts";
import type { Model } from "../../src/nn/model.ts";
import { profileStep } from "../../src/nn/profileStep.ts";
import { showProfile } from "../../src/nn/showProfile.ts";
import type { Trainer } from "../../src/nn/trainer.ts";
import { settingsOf } from "../trainSettings.ts";
import { checkpointUrl, newTunedUrl, outUrl, profileUrl, resumeUrl, type TrainTask, tunedUrl } from "../trainTask.ts";

/** The files of a training, which the page sends to the server that shows it, and gets from there. */
export class PageFiles {
  readonly #task: TrainTask;

  constructor(task: TrainTask) {
    this.#task = task;
  }

  /** Writes a file into the folder of the results, and returns its name. */
  async save(name: string, content: Blob | Uint8Array<ArrayBuffer>): Promise<string> {
    await put(outUrl + name, content);
    return name;
  }

  /** Gives a model that was just compiled what it had learned, where the training goes on from a checkpoint. */
  async resume(model: Model): Promise<void> {
    if (!this.#task.resume) return;
    const response = await fetch(resumeUrl);
    if (!response.ok || !response.body) throw new Error("the checkpoint cannot be read any more");
    await loadCheckpoint(model, response.body);
  }

  /** Files for kernels that were measured, one for each adapter; null where none are to be measured. */
  get tuned(): TunedStore | null {
    if (!this.#task.tune) return null;
    const nameOf = (adapter: string) => `kernels-${adapter.replaceAll(/[^\w.-]+/g, "-")}.json`;
    return {
      async read(adapter) {
        const response = await fetch(tunedUrl + nameOf(adapter));
        return response.ok ? response.text() : null;
      },
      async write(adapter, text) {
        await put(newTunedUrl + nameOf(adapter), text);
        return true;
      },
    };
  }

  /** Profiles a step and writes the trace, where one is wanted. Returns the table, or null. */
  async profile(trainer: () => Promise<Trainer>): Promise<string | null> {
    if (!this.#task.profile) return null;
    const profile = await profileStep(await trainer());
    await put(profileUrl, chromeTrace(profile));
    return showProfile(profile);
  }

  /** Replaces the checkpoint, where one is wanted: the file is whole at any time. True where it was written. */
  async keep(model: Model, notes: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const { checkpoint, request } = this.#task;
    if (checkpoint) await put(checkpointUrl, await saveCheckpoint(model, { ...settingsOf(request), ...notes }));
    return checkpoint;
  }
}

async function put(url: string, body: Blob | Uint8Array<ArrayBuffer> | string): Promise<void> {
  const response = await fetch(url, { method: "PUT", body });
  if (!response.ok) throw new Error(`a file could not be written: ${await response.text()}`);
}
