import type { AnyRequest } from "./unetRequest.ts";

/** What the page is to do. */
export interface TrainTask {
  readonly request: AnyRequest;
  /** Whether the end of each epoch is kept in a checkpoint. */
  readonly checkpoint: boolean;
  /** Whether a step is profiled before the training. */
  readonly profile: boolean;
  /** Whether variants of the kernels are timed first. */
  readonly tune: boolean;
  /** Where the training stood that goes on; null for one that begins. */
  readonly resume: Resume | null;
}

export interface Resume {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Part of its time that is used up, 0 to 1; 0 for a training that has a number of epochs. */
  readonly share: number;
}

/** URLs of the server: a folder to read, one to write into, one to read and to write, and three files. */
export const dataUrl = "/data/";
export const outUrl = "/out/";
export const tunedUrl = "/tuned/";
export const newTunedUrl = "/new-tuned/";
export const checkpointUrl = "/checkpoint";
export const profileUrl = "/profile";
export const resumeUrl = "/resume";
