import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { runHeadToHead } from "../../bench/headToHead/run.ts";
import { runCommand } from "../tools/runCommand.ts";

const scratch = mkdtempSync(join(tmpdir(), "wgrad-bench-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const bench = fileURLToPath(new URL("../../bench/", import.meta.url));

/** A browser is started, and its kernels are compiled, while other tests run. */
test("wgrad alone, on small batches: a row a network, a picture, and no peer", { timeout: 300_000 }, async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  const json = join(scratch, "copy.json");
  const folder = join(scratch, "results");
  const models = ["lenet5", "mnistcnn"] as const;
  const place = { gpu: false, browser: "chromium", folder, json } as const;
  const code = await runHeadToHead({ peers: ["wgrad"], models, batch: 2, blocks: 3, ...place });
  const printed = log.mock.calls.flat().join("\n");
  vi.restoreAllMocks();

  expect(code).toBe(0);
  expect(printed).toContain("LeNet-5, batch 2: 61,706 parameters");
  const [resultFile = "", pictureFile = ""] = readdirSync(folder).toSorted();
  expect(pictureFile).toBe(resultFile.replace(/json$/, "svg"));
  const text = readFileSync(json, "utf8");
  expect(readFileSync(join(folder, resultFile), "utf8")).toBe(text);
  const { adapter, browser, rows } = JSON.parse(text);
  expect(adapter.software).toBe(true);
  expect(browser).toMatch(/^chromium \d/);
  expect(rows).toHaveLength(models.length);
  for (const [i, row] of rows.entries()) {
    expect(row).toMatchObject({ peer: "wgrad", model: models[i], batch: 2, ratio: 1, submits: 1, blocks: 3 });
    expect(row).toMatchObject({ agrees: null, cannot: null });
    expect(Number.isInteger(row.dispatches) && row.dispatches > 10 && row.dispatches < 60).toBe(true);
    // The weights, their gradients and the optimizer's state at least.
    expect(row.peakBytes).toBeGreaterThan(3 * 4 * 34_826);
    for (const key of ["imagesPerSecond", "gflops", "firstStepMs", "jsMs"]) expect(row[key]).toBeGreaterThan(0);
    expect(row.losses).toHaveLength(5);
    expect(row.losses[4]).toBeLessThan(row.losses[0]);
  }
});

describe("the command", () => {
  test.each([
    ["an unknown engine", ["--peer", "wgrad,onnx"], /"onnx" is none of wgrad, jax-js, tfjs-webgpu/],
    ["an unknown network", ["--model", "resnet"], /"resnet" is none of lenet5, mnistcnn, unet/],
    ["a batch of nothing", ["--batch", "0"], /whole number from 1 to 4096/],
    ["a file in no folder", ["--json", join(scratch, "none", "x.json")], /There is no folder/],
    ["a filter without cases", ["--only", "gemm"], /--only filters the cases of --kernels and --scale/],
    ["a peer outside a browser", ["--runtime", "node", "--peer", "jax-js"], /peers train in browsers alone/],
    ["two modes", ["--kernels", "--scale"], /cannot be used with/],
  ] as const)("%s is one line and exit code 2", (_, args, line) => {
    const { status, stdout, stderr } = runCommand("bench.ts", ...args);
    expect(stderr.trim()).toMatch(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});

describe("the peers", () => {
  test("are pinned, and their lock file names no registry", () => {
    const { dependencies } = JSON.parse(readFileSync(`${bench}package.json`, "utf8"));
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(readFileSync(`${bench}package-lock.json`, "utf8")).not.toContain('"resolved"');
  });
});
