import { DeviceError, FormatError } from "../core/errors.ts";

/** Where MNIST can be fetched, tried in this order; the makers' own site no longer serves it. */
export const mnistMirrors = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
] as const;

/** Mirrors that let pages of other sites read them (CORS). */
export const mnistWebMirrors = [
  "https://cdn.jsdelivr.net/gh/fgnt/mnist@master/",
  "https://raw.githubusercontent.com/fgnt/mnist/master/",
] as const;

/** SHA-256 of the four files as their makers published them. */
export const mnistSha256: ReadonlyMap<string, string> = new Map([
  ["train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"],
  ["train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"],
  ["t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"],
  ["t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"],
]);

/** Answers the bytes behind an address, or rejects. */
export type FetchBytes = (url: string) => Promise<Uint8Array>;

/**
 * Downloads the four gzipped files, each from the first mirror whose bytes have the right checksum.
 * Keeping them is the caller's business.
 * @returns file name -> the gzipped bytes, as `readMnist` wants them
 * @throws FormatError when no mirror gives a file
 */
export async function downloadMnist(fetchBytes: FetchBytes): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of mnistSha256.keys()) files.set(name, await downloadMnistFile(name, fetchBytes));
  return files;
}

/**
 * Downloads one of the four files, for a caller that already keeps some of them.
 * @param mirrors tried in this order; default `mnistMirrors`, a page of a site wants `mnistWebMirrors`
 * @throws FormatError
 */
export async function downloadMnistFile(
  name: string,
  fetchBytes: FetchBytes,
  mirrors: readonly string[] = mnistMirrors,
): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const mirror of mirrors) {
    let bytes: Uint8Array;
    try {
      bytes = await fetchBytes(mirror + name);
    } catch (cause) {
      failures.push(`${mirror} failed (${cause instanceof Error ? cause.message : String(cause)})`);
      continue;
    }
    const sum = await sha256(bytes);
    if (sum === wantedSum(name)) return bytes;
    failures.push(`${mirror} gave ${bytes.length} bytes of SHA-256 ${sum}`);
  }
  throw new FormatError({
    where: name,
    seen: failures.join("; "),
    wanted: `the file of SHA-256 ${wantedSum(name)}`,
    mend: "Check the network, or put the four files of MNIST into a folder and read that.",
  });
}

/** Whether the bytes, say of a cached copy, are the file that MNIST's makers published. */
export async function isMnistFile(name: string, bytes: Uint8Array): Promise<boolean> {
  return (await sha256(bytes)) === wantedSum(name);
}

function wantedSum(name: string): string {
  const sum = mnistSha256.get(name);
  if (sum) return sum;
  throw new FormatError({ where: name, seen: "no file of MNIST", wanted: [...mnistSha256.keys()].join(", ") });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  // Browsers hide crypto.subtle from pages that are served neither by https nor by localhost.
  if (!globalThis.crypto?.subtle) {
    throw new DeviceError({
      seen: "a page without crypto.subtle",
      wanted: "a secure context, in which a download can be verified",
      mend: "Serve the page by https or from localhost.",
    });
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes.slice());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
