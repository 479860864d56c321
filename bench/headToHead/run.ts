import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DeviceError } from "../../src/core/errors.ts";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import { adapterLine } from "../../tools/cli.ts";
import type { DrivenBrowser } from "../../tools/drivenBrowser.ts";
import { type BrowserName, launchDriven } from "../../tools/launchDriven.ts";
import { serve } from "../../tools/serve.ts";
import { networks } from "../networks/index.ts";
import type { NetworkName } from "../networks/network.ts";
import { provenance } from "../provenance.ts";
import { bundleEngines } from "./bundle.ts";
import { type EngineName, versionOf } from "./engines.ts";
import { installPeers } from "./install.ts";
import { measureNetwork } from "./measure.ts";
import { resultsJson, writeResults } from "./results.ts";
import type { Row } from "./rows.ts";
import { sessionsIn } from "./session.ts";
import { networkTable, tableNotes } from "./table.ts";

export interface HeadToHeadOptions {
  readonly peers: readonly EngineName[];
  readonly models: readonly NetworkName[];
  /** Default: each network's own. */
  readonly batch?: number;
  readonly blocks: number;
  /** The results once more. */
  readonly json?: string;
  /** The machine's GPU, not SwiftShader. */
  readonly gpu: boolean;
  readonly browser: BrowserName;
  /** Where results and pictures are kept. */
  readonly folder: string;
}

const wasmFolder = fileURLToPath(new URL("../node_modules/@tensorflow/tfjs-backend-wasm/dist", import.meta.url));

/** The head-to-head; its exit code: 1 where engines disagree or wgrad cannot train, else 0. */
export async function runHeadToHead(options: HeadToHeadOptions): Promise<number> {
  const { peers, models, blocks, json, gpu, folder, browser: browserName } = options;
  installPeers(peers);
  // What is bundled now is what is measured, whatever is edited meanwhile.
  const origin = provenance();
  const bundle = await bundleEngines(peers);
  const server = await serve({
    mode: "production",
    mounts: { "/engines/": bundle.folder, "/tfjs-wasm/": wasmFolder },
  });
  const browser = await launchDriven(browserName, gpu ? "hardware" : "software");
  try {
    const adapter = await adapterOf(browser, server.url, gpu);
    console.log(`${adapterLine(adapter)}, ${browser.name}`);
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const model of models) {
      const network = networks[model];
      const result = await measureNetwork({
        start: sessionsIn(browser, server.url),
        network,
        peers,
        versionOf,
        batch: options.batch ?? network.batch,
        blocks,
        onProgress: (line) => console.error(line),
      });
      rows.push(...result.rows);
      wrong.push(...result.disagreements, ...ownFailures(result.rows));
      console.log(`\n${networkTable(model, result.rows)}`);
    }
    const results = { ...origin, browser: browser.name, adapter, rows };
    const paths = writeResults(folder, results);
    if (json) writeFileSync(json, resultsJson(results));
    console.log(`\n${tableNotes}\n\n${paths.json}\n${paths.svg}`);
    for (const line of wrong) console.error(line);
    return wrong.length > 0 ? 1 : 0;
  } finally {
    await browser.close();
    await server.close();
    bundle.remove();
  }
}

function ownFailures(rows: readonly Row[]): string[] {
  return rows.flatMap(({ peer, model, cannot }) =>
    peer === "wgrad" && cannot !== null ? [`wgrad cannot train ${model}: ${cannot}`] : [],
  );
}

/** The adapter that pages of this browser get. @throws DeviceError where there is none, or no GPU though one is asked for */
async function adapterOf(browser: DrivenBrowser, url: string, gpu: boolean): Promise<AdapterFacts> {
  const page = await browser.newPage();
  try {
    await page.goto(`${url}/bench/page/page.html`);
    const facts = await page.evaluate(async () => {
      const info = (await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }))?.info;
      if (!info) return null;
      const { vendor, architecture, description, isFallbackAdapter } = info;
      return { vendor, architecture, description, software: isFallbackAdapter || architecture === "swiftshader" };
    }, null);
    if (facts && !(gpu && facts.software)) return facts;
    throw new DeviceError({
      seen: facts ? "a software adapter" : "no WebGPU adapter",
      wanted: gpu ? "this machine's GPU, for --gpu" : "SwiftShader",
      mend: gpu ? "Update the GPU's driver, or leave out --gpu." : "Run `npm run setup`.",
    });
  } finally {
    await page.close();
  }
}
