import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { gunzip, isGzip } from "../../src/data/gzip.ts";

const plain = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3);
const packed = new Uint8Array(gzipSync(plain));

test("gunzip inverts gzip", async () => {
  expect(isGzip(packed)).toBe(true);
  expect(isGzip(plain)).toBe(false);
  expect(Buffer.compare(await gunzip(packed, "a.gz"), plain)).toBe(0);
});

test("gunzip reads a view in the middle of a larger buffer", async () => {
  const padded = new Uint8Array(packed.length + 20);
  padded.set(packed, 7);
  expect(Buffer.compare(await gunzip(padded.subarray(7, 7 + packed.length)), plain)).toBe(0);
});

test.each([
  ["cut short", packed.slice(0, packed.length >> 1)],
  ["without its trailer", packed.slice(0, -8)],
  ["with a wrong checksum", packed.with(packed.length - 6, (packed.at(-6) ?? 0) ^ 1)],
  ["with nothing but its magic number", packed.slice(0, 2)],
])("gzip %s is a FormatError that names the file", async (_, bytes) => {
  const failure = gunzip(bytes, "images.gz");
  await expect(failure).rejects.toBeInstanceOf(FormatError);
  await expect(failure).rejects.toThrow(/^images\.gz: \d+ bytes that do not inflate; wanted .*fetch it again/);
});
