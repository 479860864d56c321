import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadMnistFile, type FetchBytes, isMnistFile, mnistSha256 } from "../src/data/mnist.ts";

const DOWNLOAD_LIMIT_MS = 5 * 60_000;

export interface FetchMnistOptions {
  /** Told before each download. */
  readonly onFile?: (name: string) => void;
  readonly fetchBytes?: FetchBytes;
}

/**
 * Makes sure that a folder holds MNIST's four files: those that are missing or damaged are downloaded, and every one is
 * checked against its published SHA-256. @throws FormatError when no mirror gives a file
 */
export async function fetchMnist(folder: string, options: FetchMnistOptions = {}): Promise<void> {
  const { onFile, fetchBytes = download } = options;
  mkdirSync(folder, { recursive: true });
  for (const name of mnistSha256.keys()) {
    const path = join(folder, name);
    if (existsSync(path) && (await isMnistFile(name, readFileSync(path)))) continue;
    onFile?.(name);
    const bytes = await downloadMnistFile(name, fetchBytes);
    // Renamed when whole, so that an interrupted write leaves nothing that looks like the file.
    const part = `${path}.${process.pid}.part`;
    writeFileSync(part, bytes);
    renameSync(part, path);
  }
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    // Node's "fetch failed" keeps what happened in its cause.
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  }
}
