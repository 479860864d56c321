import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createServer, type InlineConfig, mergeConfig, type ViteDevServer } from "vite";
import { SetupError } from "../tools/setup.mjs";

const folder = import.meta.dirname;

/** Starts Vite on the examples; what they need of npm is installed before, where it is not there yet. */
export async function serveExamples(options: InlineConfig = {}): Promise<ViteDevServer> {
  if (!existsSync(resolve(folder, "node_modules/three/package.json"))) {
    console.error("Installing three.js into examples/node_modules ...");
    const { status } = spawnSync("npm", ["ci"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new SetupError("npm ci failed in examples/, see its messages above.");
  }
  const server = await createServer(mergeConfig({ configFile: resolve(folder, "vite.config.ts") }, options));
  return server.listen();
}
