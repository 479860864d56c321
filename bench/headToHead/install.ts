import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DeviceError } from "../../src/core/errors.ts";
import { type EngineName, engines } from "./engines.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Installs the peers, at the versions of bench/package-lock.json, if one that is asked for is not there yet. */
export function installPeers(asked: readonly EngineName[]): void {
  const missing = asked.filter((name) => {
    const peer = engines[name].package;
    return peer !== null && !existsSync(`${folder}node_modules/${peer}/package.json`);
  });
  if (missing.length === 0) return;
  console.error(`Installing the peers (${missing.join(", ")}) into bench/node_modules ...`);
  const { status, error } = spawnSync("npm", ["ci"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  throw new DeviceError({
    seen: error ? `npm did not start (${error.message})` : `npm ci failed in bench/ (exit code ${status})`,
    wanted: "the peers' packages",
    mend: "Run it there by hand to see why, or measure wgrad alone: --peer wgrad.",
  });
}
