import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawDigits } from "../../src/data/digits.ts";
import { mnistFiles } from "../../src/data/idx.ts";
import { idxFile } from "../data/idxFiles.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a script of tools/ to its end. */
export function runCommand(script: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ["--import", "tsx", `tools/${script}`, ...args], { cwd, encoding: "utf8" });
}

/** Starts a script of tools/, to be interrupted. */
export function startCommand(script: string, ...args: string[]) {
  return spawn(process.execPath, ["--import", "tsx", `tools/${script}`, ...args], { cwd });
}

/** Kills the GPU process of the browser that a command has started. @throws Error where there is none */
export function killGpuProcess(command: ChildProcess): void {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const processes = stdout.split("\n").map((line) => {
    const [, pid, parent, args = ""] = /^ *(\d+) +(\d+) (.*)/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), args };
  });
  const ours = new Set([command.pid]);
  // A parent may be listed behind its children.
  for (let before = 0; before < ours.size; ) {
    before = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  const gpu = processes.find(({ pid, args }) => ours.has(pid) && args.includes("--type=gpu-process"));
  if (!gpu) throw new Error("the command's browser has no GPU process");
  process.kill(gpu.pid, "SIGKILL");
}

/** A folder with drawn digits in the form of MNIST. */
export function writeDigitFolder(folder: string, counts: { readonly train: number; readonly test: number }): string {
  mkdirSync(folder, { recursive: true });
  for (const part of ["train", "test"] as const) {
    const { images, labels, count, height, width } = drawDigits({
      count: counts[part],
      seed: part === "train" ? 1 : 2,
    });
    writeFileSync(join(folder, mnistFiles[part].images), idxFile([count, height, width], images));
    writeFileSync(join(folder, mnistFiles[part].labels), idxFile([count], labels));
  }
  return folder;
}
