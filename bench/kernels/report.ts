import { writeFileSync } from "node:fs";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import { adapterLine } from "../../tools/cli.ts";
import { provenance } from "../provenance.ts";
import { ceilingsOf, rowOf } from "./row.ts";
import type { Sample } from "./sample.ts";
import { kernelTable } from "./table.ts";

export interface KernelRun {
  readonly adapter: AdapterFacts;
  /** `"chromium 156.0"`, or Node with Dawn. */
  readonly runtime: string;
  /** Whether the rates measured earlier were measured there, too. */
  readonly comparable: boolean;
  readonly samples: readonly Sample[];
}

/** Prints the table and writes the rows to `json`, if given. Exit code 1 when a case could not run. */
export function reportKernels({ adapter, runtime, comparable, samples }: KernelRun, json?: string): number {
  const ceilings = ceilingsOf(samples);
  const rows = samples.map((sample) => rowOf(sample, ceilings, comparable));
  console.log(`${adapterLine(adapter)}, ${runtime}`);
  console.log(kernelTable(rows, ceilings));
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ ...provenance(), runtime, adapter, ceilings, rows }, null, 1)}\n`);
    console.log(`Written: ${json}`);
  }
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}
