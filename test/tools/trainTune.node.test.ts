import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeTuned } from "../../src/io/tunedStore.ts";
import { runCommand } from "./runCommand.ts";

const scratch = mkdtempSync(join(tmpdir(), "wgrad-tune-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("--tune measures kernels before the training, says so, and keeps what it found", { timeout: 240_000 }, () => {
  const training = ["lenet5", "--epochs", "1", "--limit", "128", "--out", join(scratch, "out")];
  const { status, stdout, stderr } = runCommand("train.ts", ...training, "--tune");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  // An earlier run may have left nothing to measure.
  const [line = "", measured = "0"] = /^tuned in \d+\.\d s: \d+ of (\d+) choices changed.*$/m.exec(stdout) ?? [];
  const known = Number(/(\d+) known from before/.exec(line)?.[1] ?? 0);
  expect(Number(measured) + known).toBeGreaterThan(0);
  if (measured !== "0") expect(stdout).toMatch(/Timing the variants of \d+ kernels \.\.\.\n/);
  expect(stdout).toMatch(/\nEpoch 1\/1/);

  const folder = join(import.meta.dirname, "../../.cache/tuned");
  const kept = readdirSync(folder).map((name) => decodeTuned(readFileSync(join(folder, name), "utf8")));
  // The evaluation after an epoch may have had time left for its own.
  expect(kept.some((choices) => choices.size >= Number(measured) + known)).toBe(true);
});
