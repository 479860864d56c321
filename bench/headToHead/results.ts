import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import type { Provenance } from "../provenance.ts";
import { picture } from "./picture.ts";
import type { Row } from "./rows.ts";

/** What a run leaves behind. */
export interface Results extends Provenance {
  /** Name and version. */
  readonly browser: string;
  readonly adapter: AdapterFacts;
  readonly rows: readonly Row[];
}

/** Writes the results and their picture into a folder, under a name that sorts by date; returns both paths. */
export function writeResults(folder: string, results: Results): { readonly json: string; readonly svg: string } {
  mkdirSync(folder, { recursive: true });
  const { date, adapter, browser } = results;
  const minute = date.slice(0, 16).replaceAll(":", "");
  // Firefox does not name adapters.
  const device = [adapter.vendor, adapter.architecture].filter(Boolean).join("-") || browser;
  const stem = join(folder, `${minute}-${device.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-")}`);
  const paths = { json: `${stem}.json`, svg: `${stem}.svg` };
  writeFileSync(paths.json, resultsJson(results));
  writeFileSync(paths.svg, picture(results));
  return paths;
}

export function resultsJson(results: Results): string {
  return `${JSON.stringify(results, null, 2)}\n`;
}
