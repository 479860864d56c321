import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installPackages } from "../../tools/installPackages.ts";
import { type EngineName, engines } from "./engines.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Installs the peers, at the versions of bench/package-lock.json, if one that is asked for is not there yet. */
export function installPeers(asked: readonly EngineName[]): void {
  const missing = asked.filter((name) => {
    const peer = engines[name].package;
    return peer !== null && !existsSync(`${folder}node_modules/${peer}/package.json`);
  });
  if (missing.length === 0) return;
  installPackages(folder, `the peers (${missing.join(", ")})`, "Or measure wgrad alone: --peer wgrad.");
}
