import { adapterLine } from "../../tools/cli.ts";
import { writeResults } from "../provenance.ts";
import type { SweepRun } from "../sweep/events.ts";
import { ceilingsOf, rowOf } from "./row.ts";
import type { Sample } from "./sample.ts";
import { kernelTable } from "./table.ts";

/**
 * Prints the table and writes the rows to `json`, if given. The rates measured earlier are those of a software adapter in
 * a browser; on a CPU, Dawn in Node takes twice as long, as its event loop shares the cores. Exit code 1 when a case could
 * not run.
 */
export function reportKernels({ adapter, runtime, samples }: SweepRun<Sample>, json?: string): number {
  const comparable = adapter.software && runtime.startsWith("chromium");
  const ceilings = ceilingsOf(samples);
  const rows = samples.map((sample) => rowOf(sample, ceilings, comparable));
  console.log(`${adapterLine(adapter)}, ${runtime}`);
  console.log(kernelTable(rows, ceilings));
  writeResults(json, { runtime, adapter, ceilings, rows });
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}
