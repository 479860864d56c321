import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { readHeader } from "../../src/nn/checkpoint.ts";
import { killGpuProcess, runCommand, startCommand, writeDigitFolder } from "./runCommand.ts";

/** Browsers are started, and their kernels are compiled, while other tests run. */
const timeout = 480_000;
const scratch = mkdtempSync(join(tmpdir(), "wgrad-resume-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (name: string) => join(scratch, name);

async function headerOf(file: string) {
  return readHeader(file, (await openSafetensors(readFileSync(file))).metadata);
}

/** Runs a training to its end, and returns what it printed. */
function trained(...args: string[]): string {
  const { status, stdout, stderr } = runCommand("train.ts", ...args);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

test("lenet5 goes on from a checkpoint, bit for bit; not with other options", { timeout }, async () => {
  const data = writeDigitFolder(at("digits"), { train: 150, test: 40 });
  const lenet5 = ["lenet5", "--data", data, "--optimizer", "adam"];
  const checkpoint = at("lenet5.checkpoint");
  trained(...lenet5, "--epochs", "2", "--out", at("straight"));
  const log = at("log");
  const first = trained(...lenet5, "--epochs", "1", "--out", at("first"), "--checkpoint", checkpoint, "--log", log);
  expect(first).toContain(`Log             ${log}: scalars.csv, and for tensorboard --logdir ${log}`);
  expect(first).toContain(`Checkpoint      ${checkpoint}, after epoch 1`);
  const json = at("second.json");
  const goOn = ["--resume", checkpoint, "--out", at("second"), "--json", json, "--log", log];
  const second = trained(...lenet5, "--epochs", "2", ...goOn, "--checkpoint", checkpoint);
  expect(second).toContain(`Going on after epoch 1 of ${checkpoint}`);
  const [straight, resumed] = ["straight", "second"].map((run) => readFileSync(join(at(run), "lenet5.safetensors")));
  expect(resumed?.equals(straight ?? Buffer.of())).toBe(true);
  const { epochs, resumedAfter, checkpointFile, submitsPerStep, logFolder } = JSON.parse(readFileSync(json, "utf8"));
  expect(epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([2]);
  expect({ resumedAfter, checkpointFile, submitsPerStep }).toEqual({
    resumedAfter: 1,
    checkpointFile: checkpoint,
    submitsPerStep: 1,
  });
  expect(await headerOf(checkpoint)).toMatchObject({ epoch: 2, step: 6, optimizer: "adam", seed: "1" });

  // Both trainings are in one log, each step once, under one line of names.
  expect(logFolder).toBe(log);
  const files = readdirSync(log).toSorted();
  expect(files).toEqual([
    expect.stringMatching(/^events\.out\.tfevents\.\d+\.wgrad$/),
    expect.stringMatching(/^events\.out\.tfevents\.\d+\.wgrad$/),
    "scalars.csv",
  ]);
  const [names, ...rows] = readFileSync(join(log, "scalars.csv"), "utf8").trimEnd().split("\r\n");
  expect(names).toBe("time,step,name,value");
  const losses = rows.map((row) => row.split(",")).filter(([, , name]) => name === "loss/step");
  expect(losses.map(([, step]) => Number(step))).toEqual([1, 2, 3, 4, 5, 6]);
  const kept = rows.map((row) => row.split(",")).filter(([, , name]) => name === "loss/validation");
  expect(Number(kept[1]?.[3])).toBe(epochs[0].valLoss);

  const refused = (line: RegExp, ...args: string[]) => {
    const { status, stderr } = runCommand("train.ts", ...args);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(status).toBe(2);
  };
  const other = [...lenet5, "--batch", "32", "--limit", "100", "--resume", checkpoint];
  refused(/of a training with batch 64, limit null, not batch 32, limit 100\. Give it the same options\./, ...other);
  refused(/has 2 epochs done, more than --epochs 1\./, ...lenet5, "--epochs", "1", "--resume", checkpoint);
  refused(/is of a training with model lenet5,/, "unet", "--resume", checkpoint);
  const weights = join(at("second"), "lenet5.safetensors");
  refused(/: kind not given; wanted kind checkpoint\./, ...lenet5, "--resume", weights);
  writeFileSync(at("text"), "no checkpoint");
  refused(/safetensors/, ...lenet5, "--resume", at("text"));
  refused(/There is no file/, ...lenet5, "--resume", at("none"));
});

test("unet that was interrupted ends as if it had not been", { timeout }, async () => {
  const unet = ["unet", "--size", "32", "--base", "4", "--depth", "1", "--epochs", "2", "--elastic", "2"];
  trained(...unet, "--out", at("whole"));

  const checkpoint = at("unet.checkpoint");
  const child = startCommand("train.ts", ...unet, "--out", at("halted"), "--checkpoint", checkpoint);
  let told = "";
  child.stdout.on("data", (text: Buffer) => {
    const before = told;
    told += text;
    if (/Epoch 1\//.test(told) && !/Epoch 1\//.test(before)) child.kill("SIGINT");
  });
  await new Promise((done) => child.on("exit", done));
  expect(told).toMatch(/Checkpoint {6}.*, after epoch \d/);
  expect((await headerOf(checkpoint)).notes).toMatchObject({ size: "32", epochs: "2", elastic: "2" });

  copyFileSync(checkpoint, at("copy"));
  trained(...unet, "--out", at("resumed"), "--resume", at("copy"));
  const [whole, resumed] = ["whole", "resumed"].map((run) => readFileSync(join(at(run), "unet.safetensors")));
  expect(resumed?.equals(whole ?? Buffer.of())).toBe(true);
});

test("a training whose GPU process dies ends as if it had not, and says so", { timeout }, async () => {
  const data = writeDigitFolder(at("lost-digits"), { train: 150, test: 40 });
  const lenet5 = ["lenet5", "--data", data, "--epochs", "40"];
  trained(...lenet5, "--out", at("calm"));
  const child = startCommand("train.ts", ...lenet5, "--out", at("lost"));
  let told = "";
  child.stdout.on("data", (text: Buffer) => {
    const before = told;
    told += text;
    if (/Epoch +1\//.test(told) && !/Epoch +1\//.test(before)) killGpuProcess(child);
  });
  expect(await new Promise((done) => child.on("exit", done))).toBe(0);
  expect(told.match(/The GPU was lost\./g)).toHaveLength(1);
  const [calm, lost] = ["calm", "lost"].map((run) => readFileSync(join(at(run), "lenet5.safetensors")));
  expect(lost?.equals(calm ?? Buffer.of())).toBe(true);
});
