import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { engineNames, engines, versionOf } from "../../bench/headToHead/engines.ts";
import { commitOf } from "../../bench/provenance.ts";

const bench = fileURLToPath(new URL("../../bench/", import.meta.url));
const id = "virtual:engines";

/**
 * Vite plugin: the module `virtual:engines` lists wgrad and those of its peers that are installed in bench/node_modules,
 * each as a part of the page that is loaded when it is asked for.
 */
export function installedEngines(): Plugin {
  return {
    name: "installed-engines",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (loaded) => (loaded === `\0${id}` ? code() : undefined),
  };
}

function code(): string {
  const installed = engineNames.filter((name) => {
    const { package: needed } = engines[name];
    // tfjs-wasm has no gradient of a convolution, and wants its program at an address of its own.
    return name !== "tfjs-wasm" && (needed === null || existsSync(`${bench}node_modules/${needed}/package.json`));
  });
  const entries = installed.map((name) => {
    const facts = `name: ${JSON.stringify(name)}, version: ${JSON.stringify(versionOf(name))}`;
    return `{ ${facts}, load: () => import(${JSON.stringify(bench + engines[name].entry)}) }`;
  });
  return `export const engines = [${entries.join(", ")}];\nexport const commit = ${JSON.stringify(commitOf())};\n`;
}
