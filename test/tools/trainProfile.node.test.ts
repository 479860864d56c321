import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "./runCommand.ts";

const scratch = mkdtempSync(join(tmpdir(), "wgrad-profile-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("--profile writes a trace and shows the table, before the training", { timeout: 240_000 }, () => {
  const [trace, json] = [join(scratch, "trace.json"), join(scratch, "results.json")];
  const training = ["lenet5", "--epochs", "1", "--limit", "128", "--out", join(scratch, "out")];
  const { status, stdout, stderr } = runCommand("train.ts", ...training, "--profile", trace, "--json", json);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/lenet5: a training step on 64 examples[\s\S]*\nlenet5\/conv1 +\d[\s\S]*\nEpoch 1\/1/);
  expect(stdout).toContain(`Profile         ${trace}, for https://ui.perfetto.dev\n`);
  const { dispatchesPerStep, profileFile } = JSON.parse(readFileSync(json, "utf8"));
  expect(profileFile).toBe(trace);
  const { traceEvents } = JSON.parse(readFileSync(trace, "utf8"));
  expect(traceEvents.filter(({ cat }: { cat?: string }) => cat === "dispatch")).toHaveLength(dispatchesPerStep);
  expect(existsSync(`${trace}.part`)).toBe(false);
});
