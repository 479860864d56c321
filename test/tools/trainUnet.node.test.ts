import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { runCommand } from "./runCommand.ts";

/** A browser is started, and its kernels are compiled, while other tests run. */
const timeout = 240_000;
const scratch = mkdtempSync(join(tmpdir(), "wgrad-unet-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const small = ["unet", "--size", "32", "--base", "4", "--depth", "2"];

/** Width and height of a PNG, from its first chunk. */
function pngSize(file: string): [width: number, height: number] {
  const png = readFileSync(file);
  expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test("trains on drawn cells; writes weights, curve, predictions and scores that agree", { timeout }, async () => {
  const out = join(scratch, "out");
  const json = join(scratch, "results.json");
  const { status, stdout, stderr } = runCommand("train.ts", ...small, "--epochs", "1", "--out", out, "--json", json);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("Data: cells, 24 training and 6 test images of 256x256");
  expect(stdout).toMatch(/Held out: pixel accuracy \d+\.\d\d %, membrane IoU 0\.\d{4}, Dice 0\.\d{4}/);

  const results = JSON.parse(readFileSync(json, "utf8"));
  expect(results).toMatchObject({
    model: "unet",
    data: "cells",
    size: 32,
    base: 4,
    depth: 2,
    minutes: null,
    steps: 50,
    submitsPerStep: 1,
    trainExamples: 24,
    testExamples: 6,
    stopped: false,
  });
  expect(results.epochs).toHaveLength(1);
  const [{ loss, valLoss, accuracy, valAccuracy }] = results.epochs;
  for (const value of [loss, valLoss]) expect(value).toBeGreaterThan(0);
  for (const part of [accuracy, valAccuracy]) expect(part).toBeGreaterThan(0.3);
  const [[cells, falsePositives], [falseNegatives, membranes]] = results.confusion;
  expect(cells + falsePositives + falseNegatives + membranes).toBe(6 * 256 * 256);
  expect(results.test.loss).toBeNull();
  expect(results.test.accuracy).toBe(results.test.pixelAccuracy);
  expect(results.test.pixelAccuracy).toBeCloseTo((cells + membranes) / (6 * 256 * 256), 12);
  expect(results.test.iou).toBeCloseTo(membranes / (membranes + falsePositives + falseNegatives), 12);
  expect(results.test.dice).toBeCloseTo((2 * membranes) / (2 * membranes + falsePositives + falseNegatives), 12);
  // Guessing all of the pixels to be membrane scores a Dice of 0.36, guessing none 0.
  expect(results.test.dice).toBeGreaterThan(0.5);

  const { entries } = await openSafetensors(readFileSync(join(out, "unet.safetensors")));
  const sizes = entries.map(({ shape }) => shape.reduce((size, side) => size * side, 1));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(results.params);
  expect(pngSize(join(out, "learning-curve.png"))).toEqual([1800, 1200]);
  for (let i = 0; i < 6; i++) expect(pngSize(join(out, `prediction-${i}.png`))).toEqual([3 * 256 + 16, 256]);

  // Any grey picture is an image and, dark against light, a mask: those of that run serve as a folder of pairs.
  const folder = join(scratch, "pairs");
  for (const part of ["image", "label"]) mkdirSync(join(folder, "train", part), { recursive: true });
  for (const name of ["0.png", "1.png"]) {
    const picture = readFileSync(join(out, `prediction-${name}`));
    for (const part of ["image", "label"]) writeFileSync(join(folder, "train", part, name), picture);
  }
  const served = runCommand("train.ts", ...small, "--minutes", "0.2", "--data", folder, "--out", out, "--json", json);
  expect(served.stderr).toBe("");
  expect(served.status).toBe(0);
  const again = JSON.parse(readFileSync(json, "utf8"));
  expect(again).toMatchObject({ data: folder, minutes: 0.2, trainExamples: 1, testExamples: 1, stopped: false });
  expect(again.steps).toBeGreaterThan(0);
  expect(readdirSync(out)).toContain("prediction-0.png");
});

test("a folder without its parts, or without images, is one line and exit code 2", () => {
  const folder = mkdtempSync(join(scratch, "empty-"));
  const none = runCommand("train.ts", ...small, "--data", folder);
  expect(none.stderr).toMatch(/^There is no folder .*image; images lie in train\/image.*\n$/);
  expect(none.status).toBe(2);
  for (const part of ["image", "label"]) mkdirSync(join(folder, "train", part), { recursive: true });
  const bare = runCommand("train.ts", ...small, "--data", folder);
  expect(bare.stderr).toMatch(/holds no PNG or JPEG\.\n$/);
  expect(bare.status).toBe(2);
});

test("an image without its mask is one line and exit code 2", { timeout }, () => {
  const folder = mkdtempSync(join(scratch, "alone-"));
  for (const part of ["image", "label"]) mkdirSync(join(folder, "train", part), { recursive: true });
  for (const name of ["image/0.png", "image/1.png", "label/0.png"]) writeFileSync(join(folder, "train", name), "");
  const { status, stderr } = runCommand("train.ts", ...small, "--data", folder);
  expect(stderr).toMatch(/1\.png without a mask; wanted .*\n$/);
  expect(status).toBe(2);
});

test.each([
  ["epochs and minutes", ["unet", "--epochs", "1", "--minutes", "1"], /cannot be used with/],
  ["the model after its options", ["--epochs", "1", "unet"], /The model comes first/],
  ["a side that cannot be halved", ["unet", "--size", "8"], /whole number from 16/],
])("%s: one line, exit code 2", (_, args, line) => {
  const { status, stderr } = runCommand("train.ts", ...args);
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(status).toBe(2);
});
