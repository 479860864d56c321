import { openSafetensors } from "../../src/io/safetensors.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import { readSettings, type Settings } from "./settings.ts";

/** A training that was kept by an earlier visit. */
export interface Kept {
  readonly settings: Settings;
  /** Under way, from 1, and how many of its steps are done; the last one where all are. */
  readonly epoch: number;
  readonly step: number;
  readonly isDone: boolean;
}

const fileName = "digits-checkpoint.safetensors";

export async function keepTraining(checkpoint: Uint8Array<ArrayBuffer>): Promise<void> {
  await writeBytes(fileName, checkpoint);
}

export async function forgetTraining(): Promise<void> {
  await removeBytes(fileName);
}

/** The training that an earlier visit left, and its checkpoint; null where there is none that can be read. */
export async function readTraining(): Promise<{ readonly kept: Kept; readonly checkpoint: Uint8Array } | null> {
  const checkpoint = await readBytes(fileName);
  if (!checkpoint) return null;
  const { metadata } = await openSafetensors(checkpoint);
  const settings = readSettings(metadata["notes/settings"]);
  if (!settings) return null;
  const steps = Number(metadata["notes/steps"]);
  const step = Number(metadata.step);
  const epochsDone = Math.floor(step / steps);
  const isDone = epochsDone >= settings.epochs;
  return { kept: { settings, epoch: isDone ? epochsDone : epochsDone + 1, step: step % steps, isDone }, checkpoint };
}
