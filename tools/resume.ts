import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { openSafetensors } from "../src/io/safetensors.ts";
import { type CheckpointHeader, readHeader } from "../src/nn/checkpoint.ts";
import { CommandError } from "./cli.ts";
import { settingsOf } from "./trainSettings.ts";
import type { Resume } from "./trainTask.ts";
import type { AnyRequest } from "./unetRequest.ts";

/** Where the training of a checkpoint stands. @throws CommandError where it is no checkpoint of this very training */
export async function readResume(file: string, request: AnyRequest): Promise<Resume> {
  const { epoch, notes } = await headerOf(file);
  const { share = "0", ...made } = notes;
  const asked = settingsOf(request);
  const names = [...new Set([...Object.keys(made), ...Object.keys(asked)])];
  const other = names.filter((name) => made[name] !== asked[name]);
  if (other.length > 0) {
    const list = (from: Readonly<Record<string, string>>) =>
      other.map((name) => (from[name] === undefined ? `no ${name}` : `${name} ${from[name]}`)).join(", ");
    throw new CommandError(
      `${file} is of a training with ${list(made)}, not ${list(asked)}. Give it the same options.`,
    );
  }
  const epochs = request.model === "lenet5" ? request.epochs : Number.POSITIVE_INFINITY;
  if (epoch > epochs) throw new CommandError(`${file} has ${epoch} epochs done, more than --epochs ${epochs}.`);
  return { epoch, share: Number(share) };
}

async function headerOf(file: string): Promise<CheckpointHeader> {
  const stream = createReadStream(file);
  try {
    const { metadata } = await openSafetensors(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
    return readHeader(file, metadata);
  } catch (error) {
    throw new CommandError(error instanceof Error ? `${file}: ${error.message}` : String(error));
  } finally {
    stream.destroy();
  }
}
