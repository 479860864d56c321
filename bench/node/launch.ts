import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { DeviceError } from "../../src/core/errors.ts";
import { type AdapterKind, chooseAdapter, launchOptions } from "../../tools/browser.ts";

const folder = dirname(fileURLToPath(import.meta.url));
/** Where Debian, Ubuntu and their relatives keep Chromium's own files. */
const chromiumFolders = ["/usr/lib/chromium", "/usr/lib/chromium-browser"];

/** Options of a command of bench.ts, by their long names. */
type NodeOptions = Readonly<Record<string, string | number>>;

/** Bundles the bench and runs a command of it in Node on Dawn, with its output as ours; its exit code. */
export async function runInNode(
  name: string,
  options: NodeOptions,
  adapter: AdapterKind = chooseAdapter(),
): Promise<number> {
  const args = [name, ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)])];
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

/** `DAWN_NODE`, or the binding in the package of the bench. */
function dawnPath(): string {
  if (process.env.DAWN_NODE) return process.env.DAWN_NODE;
  const platform = process.platform === "darwin" ? "darwin-universal" : `${process.platform}-${process.arch}`;
  const wanted = "Dawn for Node, the npm package webgpu";
  const mend = "Run `npm ci` in bench/, or set DAWN_NODE to the path of a dawn.node.";
  let entry: string;
  try {
    entry = createRequire(join(folder, "../package.json")).resolve("webgpu");
  } catch (cause) {
    throw new DeviceError({ seen: "no package webgpu in bench/node_modules", wanted, mend }, { cause });
  }
  const path = join(dirname(entry), "dist", platform, "dawn.node");
  if (!existsSync(path)) throw new DeviceError({ seen: `no ${path}`, wanted, mend });
  return path;
}

/**
 * The environment by which Dawn finds the software adapter that Chromium brings along. A Vulkan driver that the
 * environment names already is left as it is.
 */
async function softwareVulkan(): Promise<Readonly<Record<string, string>>> {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, LD_LIBRARY_PATH } = process.env;
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES) return {};
  const { executablePath } = await launchOptions("software");
  const found = [dirname(realpathSync(executablePath)), ...chromiumFolders].find((path) =>
    existsSync(join(path, "vk_swiftshader_icd.json")),
  );
  if (!found) {
    throw new DeviceError({
      seen: "no vk_swiftshader_icd.json beside the browser",
      wanted: "a software Vulkan driver",
      mend: "Set VK_ICD_FILENAMES to the JSON file of one.",
    });
  }
  return {
    VK_ICD_FILENAMES: join(found, "vk_swiftshader_icd.json"),
    LD_LIBRARY_PATH: [found, LD_LIBRARY_PATH].filter(Boolean).join(":"),
  };
}
