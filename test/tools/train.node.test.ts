import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mnistFiles } from "../../src/data/idx.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { runCommand, startCommand, writeDigitFolder } from "./runCommand.ts";

/** A browser is started, and its kernels are compiled, while other tests run. */
const timeout = 240_000;
const scratch = mkdtempSync(join(tmpdir(), "wgrad-train-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const data = writeDigitFolder(join(scratch, "digits"), { train: 200, test: 50 });
const out = join(scratch, "out");

test("trains, shows it, and writes weights, learning curve and results", { timeout }, async () => {
  const json = join(scratch, "results.json");
  const args = ["lenet5", "--data", data, "--epochs", "2", "--limit", "150", "--out", out, "--json", json];
  const { status, stdout, stderr } = runCommand("train.ts", ...args);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Adapter: .+ \((software|hardware)\)\n/);
  expect(stdout).toContain("150 training and 50 test images of 28x28");
  expect(stdout).toMatch(/conv2 +conv2d +\[N, 10, 10, 16\] +2,416/);
  expect(stdout).toMatch(/Epoch 2\/2 {2}loss \d\.\d{4} {2}accuracy .+ validation loss/);
  expect(stdout).toMatch(/Test loss \d\.\d{4}, accuracy \d+\.\d\d % \(\d+ of 50\)/);
  expect(stdout.match(/^ {3}\d │.*wrong$/gm)).toHaveLength(10);

  const results = JSON.parse(readFileSync(json, "utf8"));
  expect(results).toMatchObject({
    model: "lenet5",
    data,
    seed: 1,
    params: 61_706,
    submitsPerStep: 1,
    trainExamples: 150,
    stopped: false,
    weightsFile: join(out, "lenet5.safetensors"),
  });
  expect(typeof results.adapter.software).toBe("boolean");
  expect(results.dispatchesPerStep).toBeLessThanOrEqual(30);
  expect(results.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2]);
  for (const { loss, accuracy, valLoss, valAccuracy, seconds } of results.epochs) {
    expect(loss).toBeGreaterThan(0);
    expect(valLoss).toBeGreaterThan(0);
    expect(accuracy * 150).toBeCloseTo(Math.round(accuracy * 150), 4);
    expect(valAccuracy * 50).toBeCloseTo(Math.round(valAccuracy * 50), 4);
    expect(seconds).toBeGreaterThan(0);
  }
  expect(results.epochs[1].loss).toBeLessThan(results.epochs[0].loss);
  const { median, min, max } = results.stepMs;
  expect(min).toBeLessThanOrEqual(median);
  expect(median).toBeLessThanOrEqual(max);
  for (const key of ["peakBytes", "flopsPerStep", "compileMs", "firstStepMs", "imagesPerSecond"]) {
    expect(results[key]).toBeGreaterThan(0);
  }
  expect(results.test).toEqual({ loss: results.epochs[1].valLoss, accuracy: results.epochs[1].valAccuracy });
  expect(results.confusion.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(50);

  const { entries } = await openSafetensors(readFileSync(join(out, "lenet5.safetensors")));
  const sizes = entries.map(({ shape }) => shape.reduce((size, side) => size * side, 1));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(61_706);
  const png = readFileSync(join(out, "learning-curve.png"));
  expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  expect(png.length).toBeGreaterThan(20_000);
});

test("a loss that is no number ends the training: one line, exit code 1", { timeout }, () => {
  const { status, stderr } = runCommand("train.ts", "lenet5", "--data", data, "--learning-rate", "1e38", "--out", out);
  expect(stderr).toMatch(/^step \d+: a loss of (NaN|-?Infinity); wanted a finite loss\..*\n$/);
  expect(status).toBe(1);
});

test("a truncated file is one line and exit code 2", { timeout }, () => {
  const folder = writeDigitFolder(join(scratch, "truncated"), { train: 20, test: 20 });
  const path = join(folder, mnistFiles.test.images);
  writeFileSync(path, readFileSync(path).subarray(0, -1));
  const { status, stderr } = runCommand("train.ts", "lenet5", "--data", folder, "--out", out);
  expect(stderr).toMatch(/^t10k-images-idx3-ubyte: .* cut short.*\n$/);
  expect(status).toBe(2);
});

test("no browser is one line and exit code 2", () => {
  process.env.WGRAD_CHROME = join(scratch, "none");
  const { status, stderr } = runCommand("train.ts", "lenet5", "--data", data, "--out", out);
  delete process.env.WGRAD_CHROME;
  expect(stderr).toMatch(/^WGRAD_CHROME is .*\n$/);
  expect(status).toBe(2);
});

test("Ctrl-C stops after the step under way and keeps the weights", { timeout }, async () => {
  const folder = join(scratch, "interrupted");
  const child = startCommand("train.ts", "lenet5", "--data", data, "--epochs", "1000", "--out", folder);
  let told = "";
  const code = new Promise<number | null>((done) => child.on("exit", done));
  child.stdout.on("data", (text: Buffer) => {
    const before = told;
    told += text;
    if (/Epoch +1\//.test(told) && !/Epoch +1\//.test(before)) child.kill("SIGINT");
  });
  expect(await code).toBe(130);
  expect(told).toContain("Stopping after this step");
  const { entries } = await openSafetensors(readFileSync(join(folder, "lenet5.safetensors")));
  expect(entries).toHaveLength(10);
  expect(existsSync(join(folder, "learning-curve.png"))).toBe(true);
});
