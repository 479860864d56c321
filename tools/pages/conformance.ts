/**
 * The browser's side of tools/conformance.ts: reads the vectors mounted at /vectors/, runs those that the query's
 * `only` finds, and sends every result back through `window.report`.
 */
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { readGolden } from "../../test/conformance/format.ts";
import { type CaseRecord, runCases } from "../../test/conformance/run.ts";

export type ConformanceEvent =
  | { readonly kind: "start"; readonly adapter: AdapterFacts; readonly cases: number }
  | { readonly kind: "record"; readonly record: CaseRecord }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly message: string };

declare global {
  interface Window {
    /** Put there by the command line. */
    report(event: ConformanceEvent): Promise<void>;
  }
}

async function readFile(name: string): Promise<ArrayBuffer | null> {
  const response = await fetch(`/vectors/${name.split("/").map(encodeURIComponent).join("/")}`);
  return response.ok ? response.arrayBuffer() : null;
}

try {
  const only = new RegExp(new URLSearchParams(location.search).get("only") ?? "");
  const cases = await readGolden(readFile, only);
  const gpu = await Gpu.create();
  await window.report({ kind: "start", adapter: gpu.adapter, cases: cases.length });
  await runCases(cases, gpu, (record) => window.report({ kind: "record", record }));
  gpu.dispose();
  await window.report({ kind: "end" });
} catch (error) {
  await window.report({ kind: "error", message: error instanceof Error ? error.message : String(error) });
}
