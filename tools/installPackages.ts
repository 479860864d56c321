import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { DeviceError } from "../src/core/errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Installs the packages that a folder's lock file names into that folder: what most people never need is no dependency of
 * the project. Without the packages' own scripts, which would download browsers. @throws DeviceError with `mend`
 */
export function installPackages(folder: string, what: string, mend: string): void {
  const place = relative(root, folder);
  console.error(`Installing ${what} into ${place}/node_modules ...`);
  const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  throw new DeviceError({
    seen: error ? `npm did not start (${error.message})` : `npm ci failed in ${place} (exit code ${status})`,
    wanted: what,
    mend,
  });
}
