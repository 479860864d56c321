import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { DeviceError } from "../../src/core/errors.ts";
import { type AdapterKind, chooseAdapter } from "../../tools/browser.ts";
import { installPackages } from "../../tools/installPackages.ts";
import { softwareVulkan } from "../../tools/softwareVulkan.ts";

const folder = dirname(fileURLToPath(import.meta.url));

/** Options of a command of bench.ts, by their long names. */
type NodeOptions = Readonly<Record<string, string | number | readonly string[]>>;

/** Bundles the bench and runs a command of it in Node on Dawn, with its output as ours; its exit code. */
export async function runInNode(
  name: string,
  options: NodeOptions,
  adapter: AdapterKind = chooseAdapter(),
): Promise<number> {
  const args = [
    name,
    ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, ...[value].flat().map(String)]),
  ];
  const environment = {
    ...process.env,
    DAWN_NODE: dawnPath(),
    ...(adapter === "software" ? await softwareVulkan() : {}),
  };
  await build({ configFile: join(folder, "vite.config.ts") });
  const child = spawn(process.execPath, [join(folder, "../../.cache/bench/bench.mjs"), ...args], {
    stdio: "inherit",
    env: environment,
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => done(code ?? 1));
  });
}

/** `DAWN_NODE`, or the binding in the package webgpu, which is installed beside this file when it is not there yet. */
export function dawnPath(): string {
  if (process.env.DAWN_NODE) return process.env.DAWN_NODE;
  const platform = process.platform === "darwin" ? "darwin-universal" : `${process.platform}-${process.arch}`;
  const path = join(folder, "node_modules/webgpu/dist", platform, "dawn.node");
  const mend = "Set DAWN_NODE to the path of a dawn.node, or leave out --runtime node.";
  if (!existsSync(path)) installPackages(folder, "Dawn for Node", mend);
  if (!existsSync(path)) throw new DeviceError({ seen: `no ${path}`, wanted: "Dawn for this kind of machine", mend });
  return path;
}
