import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { downloadMnist, downloadMnistFile, isMnistFile, mnistMirrors, mnistSha256 } from "../../src/data/mnist.ts";

const name = "t10k-labels-idx1-ubyte.gz";

test("a file that no mirror gives right says what each of them did", async () => {
  const asked: string[] = [];
  const failure = downloadMnistFile(name, async (url) => {
    asked.push(url);
    if (url.startsWith(mnistMirrors[0])) throw new Error("connection refused");
    return Uint8Array.of(1, 2, 3);
  });
  await expect(failure).rejects.toBeInstanceOf(FormatError);
  await expect(failure).rejects.toThrow(
    /connection refused.*gave 3 bytes of SHA-256 039058c6f2c0cb49.*wanted.*f7ae60f9/,
  );
  expect(asked).toEqual(mnistMirrors.map((mirror) => mirror + name));
});

test("a name that is not of MNIST is refused", async () => {
  await expect(isMnistFile("cats.gz", Uint8Array.of(1))).rejects.toThrow(/cats\.gz: no file of MNIST/);
});

const folder = process.env.WGRAD_MNIST ?? join(import.meta.dirname, "../../../shared/data/mnist");
const haveAll = [...mnistSha256.keys()].every((file) => existsSync(join(folder, file)));
if (!haveAll)
  console.warn(`MNIST's checksums are not tried here: no gzipped files in ${folder} (name one in WGRAD_MNIST)`);

test.skipIf(!haveAll)("a broken first mirror is passed over, and the four files verify", async () => {
  const files = await downloadMnist(async (url) => {
    const bytes = new Uint8Array(readFileSync(join(folder, url.slice(url.lastIndexOf("/") + 1))));
    return url.startsWith(mnistMirrors[0]) ? bytes.subarray(1) : bytes;
  });
  expect([...files.keys()]).toEqual([...mnistSha256.keys()]);
  expect(await isMnistFile(name, files.get(name) ?? new Uint8Array(0))).toBe(true);
});
