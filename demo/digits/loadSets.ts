import { FormatError } from "../../src/core/errors.ts";
import { mnistFiles, readMnist } from "../../src/data/idx.ts";
import { downloadMnistFile, mnistWebMirrors } from "../../src/data/mnist.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import { digitCounts, drawDigitSets, type ImageSets, readServedSets, takeFirst } from "./sets.ts";
import type { Settings } from "./settings.ts";

/** Names of the four files, as storage and servers have them. */
const fileNames = Object.values(mnistFiles).flatMap(({ images, labels }) => [images, labels]);

/** Of a file of the data in the browser's storage. */
const keptName = (kind: "mnist" | "files", file: string) => `digits-${kind}-${file}`;

/** The images that settings name; `say` hears what takes long. @throws FormatError */
export async function loadSets({ data, limit }: Settings, say: (text: string) => void): Promise<ImageSets> {
  if (data.kind === "drawn") {
    say("Drawing the digits …");
    return drawDigitSets({ ...digitCounts, train: Math.min(limit ?? digitCounts.train, digitCounts.train) });
  }
  say("Reading the images …");
  return limited(await readSets(data, say), limit);
}

function limited(sets: ImageSets, limit: Settings["limit"]): ImageSets {
  return limit === null ? sets : { ...sets, train: takeFirst(sets.train, limit) };
}

function readSets(data: Exclude<Settings["data"], { kind: "drawn" }>, say: (text: string) => void): Promise<ImageSets> {
  if (data.kind === "served") return readServedSets(data.url, data.name);
  if (data.kind === "files") return readMnist((name) => readBytes(keptName("files", name)), "your files");
  return readMnist((name) => (name.endsWith(".gz") ? keptOrDownloaded(name, say) : Promise.resolve(null)));
}

async function keptOrDownloaded(name: string, say: (text: string) => void): Promise<Uint8Array> {
  const kept = await readBytes(keptName("mnist", name));
  if (kept) return kept;
  say(`Downloading ${name} …`);
  const bytes = await downloadMnistFile(name, fetchBytes, mnistWebMirrors);
  // Without room to keep it, it is downloaded again the next time.
  await writeBytes(keptName("mnist", name), new Uint8Array(bytes)).catch(() => {});
  return bytes;
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Reads the IDX files that a person opened. @throws FormatError */
export async function readFiles(files: readonly File[], limit: Settings["limit"]): Promise<ImageSets> {
  const foreign = files.find(({ name }) => !fileNames.some((known) => name === known || name === `${known}.gz`));
  if (foreign) {
    throw new FormatError({ where: foreign.name, seen: "a file of another name", wanted: fileNames.join(", ") });
  }
  return limited(await readMnist((name) => bytesOf(files, name), "your files"), limit);
}

/** Keeps the IDX files that a person opened, in place of those before: all of them, or none. */
export async function keepFiles(files: readonly File[]): Promise<void> {
  // One that was kept before, perhaps in the other form, would be taken for one of these.
  await forgetFiles();
  try {
    for (const { name } of files) {
      const bytes = await bytesOf(files, name);
      if (bytes) await writeBytes(keptName("files", name), bytes);
    }
  } catch (cause) {
    await forgetFiles();
    throw cause;
  }
}

async function forgetFiles(): Promise<void> {
  for (const name of fileNames.flatMap((file) => [`${file}.gz`, file])) await removeBytes(keptName("files", name));
}

async function bytesOf(files: readonly File[], wanted: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const file = files.find(({ name }) => name === wanted);
  return file ? new Uint8Array(await file.arrayBuffer()) : null;
}
