import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { mnistFiles, parseIdx, readIdx, readMnist } from "../../src/data/idx.ts";
import { idxFile } from "./idxFiles.ts";

describe("parseIdx", () => {
  test("reads sides big-endian and the data as a view", () => {
    const file = idxFile([2, 1, 3], [1, 2, 3, 4, 5, 6]);
    expect([...file.subarray(0, 8)]).toEqual([0, 0, 8, 3, 0, 0, 0, 2]);
    const { shape, data } = parseIdx(file, "x");
    expect(shape).toEqual([2, 1, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(data.buffer).toBe(file.buffer);
  });

  test("reads a file that lies inside a larger buffer", () => {
    const outer = new Uint8Array(40);
    outer.set(idxFile([3], [7, 8, 9]), 5);
    expect([...parseIdx(outer.subarray(5, 16), "x").data]).toEqual([7, 8, 9]);
  });

  test.each([
    ["an empty file", new Uint8Array(0), /0 bytes.*cut short/],
    ["a cut header", idxFile([3, 2, 2], []).subarray(0, 10), /10 bytes; wanted a header of 16 bytes.*cut short/],
    ["cut data", idxFile([3, 2], [1, 2, 3, 4, 5]), /17 bytes; wanted 18 bytes.*cut short/],
    ["data too long", idxFile([2], [1, 2, 3]), /11 bytes; wanted 10 bytes.*follows/],
    ["a side of 0", idxFile([0, 28, 28], []), /empty array of shape \[0, 28, 28\]/],
    ["sides whose product overflows", idxFile([0xffffffff, 0xffffffff, 0xffffffff], [1]), /cut short/],
    ["floats", idxFile([1], [0, 0, 0, 0], 0x0d), /an IDX file of f32 with 1 sides; wanted .*unsigned bytes/],
    ["rank 5", idxFile([1, 1, 1, 1, 1], [1]), /u8 with 5 sides/],
    ["rank 0", idxFile([], []), /00 00 08 00/],
    ["a web page", new TextEncoder().encode("<html>404"), /3c 68 74 6d.*HTML/],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10), /a PNG picture/],
    ["a zip archive", Uint8Array.of(0x50, 0x4b, 3, 4), /a zip archive/],
    ["gzip", new Uint8Array(gzipSync(idxFile([1], [1]))), /gzip data that must be inflated/],
    ["noise", Uint8Array.of(1, 2, 3, 4, 5), /01 02 03 04/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseIdx(bytes, "the-file")).toThrow(FormatError);
    expect(() => parseIdx(bytes, "the-file")).toThrow(/^the-file: /);
    expect(() => parseIdx(bytes, "the-file")).toThrow(message);
  });
});

describe("readIdx", () => {
  test("inflates gzip", async () => {
    const file = idxFile([2, 2], [1, 2, 3, 4]);
    expect(await readIdx(new Uint8Array(gzipSync(file)), "x", 2)).toEqual({ shape: [2, 2], data: file.slice(12) });
  });

  test("refuses another rank", async () => {
    await expect(readIdx(idxFile([4], [1, 2, 3, 4]), "x", 3)).rejects.toThrow(
      /1 sides, \[4\]; wanted 3 sides.*swapped/,
    );
  });
});

/** A tiny set in MNIST's form: 3 training and 2 test images of 2 x 2. */
function tinySet(): Map<string, Uint8Array> {
  return new Map([
    [mnistFiles.train.images, idxFile([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
    [mnistFiles.train.labels, idxFile([3], [9, 0, 4])],
    [mnistFiles.test.images, idxFile([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])],
    [mnistFiles.test.labels, idxFile([2], [1, 2])],
  ]);
}

const fetchFrom = (files: Map<string, Uint8Array>) => async (name: string) => files.get(name) ?? null;

describe("readMnist", () => {
  test("reads files with .gz and without", async () => {
    const files = tinySet();
    files.set(`${mnistFiles.test.images}.gz`, new Uint8Array(gzipSync(files.get(mnistFiles.test.images) ?? "")));
    files.delete(mnistFiles.test.images);
    const { train, test } = await readMnist(fetchFrom(files), "tiny");
    expect(train).toMatchObject({ count: 3, height: 2, width: 2, channels: 1, classes: 10, name: "tiny/train" });
    expect([...train.labels]).toEqual([9, 0, 4]);
    expect([...test.images]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([
    [
      "a missing file",
      mnistFiles.test.labels,
      null,
      /no file t10k-labels-idx1-ubyte\.gz and no file.*the four files.*Give all four together/,
    ],
    ["too few labels", mnistFiles.train.labels, idxFile([2], [1, 2]), /3 images in .* and 2 labels in/],
    [
      "a label of 10",
      mnistFiles.train.labels,
      idxFile([3], [1, 10, 2]),
      /label 10 at index 1; wanted labels from 0 to 9/,
    ],
    ["labels for images", mnistFiles.train.images, idxFile([3], [1, 2, 3]), /train-images-idx3-ubyte: .*swapped/],
    ["test images of another size", mnistFiles.test.images, idxFile([2, 1, 1], [1, 2]), /2x2 and test images of 1x1/],
  ])("refuses %s", async (_, name, bytes, message) => {
    const files = tinySet();
    files.delete(name);
    if (bytes) files.set(name, bytes);
    await expect(readMnist(fetchFrom(files), "tiny")).rejects.toBeInstanceOf(FormatError);
    await expect(readMnist(fetchFrom(files), "tiny")).rejects.toThrow(message);
  });
});

const folder = process.env.WGRAD_MNIST ?? join(import.meta.dirname, "../../../shared/data/mnist");
if (!existsSync(folder)) console.warn(`MNIST itself is not read here: no folder ${folder} (name one in WGRAD_MNIST)`);

test.skipIf(!existsSync(folder))("reads MNIST itself", async () => {
  const { train, test } = await readMnist(async (name) => {
    const path = join(folder, name);
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
  });
  expect([train.count, test.count, train.height, train.width]).toEqual([60_000, 10_000, 28, 28]);
  expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
  expect([...test.labels.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
  const classCounts = new Array<number>(10).fill(0);
  for (const label of test.labels) classCounts[label] = (classCounts[label] ?? 0) + 1;
  expect(classCounts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const mean = train.images.reduce((sum, ink) => sum + ink, 0) / train.images.length / 255;
  expect(mean).toBeCloseTo(0.13066, 5);
});
