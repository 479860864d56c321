/**
 * The browser's side of run.ts: times the cases that the query's `only` finds, in so many `rounds`, and tells every visit
 * through `window.reportKernels`.
 */
import { Gpu } from "../../src/gpu/gpu.ts";
import { listCases } from "./cases.ts";
import { type KernelEvent, sweep } from "./sweep.ts";

declare global {
  interface Window {
    /** Put there by the command line. */
    reportKernels(event: KernelEvent): Promise<void>;
  }
}

try {
  const query = new URLSearchParams(location.search);
  const rounds = Number(query.get("rounds") ?? 3);
  const gpu = await Gpu.create();
  const cases = listCases(new RegExp(query.get("only") ?? ""), gpu.target.software);
  await window.reportKernels({ kind: "start", adapter: gpu.adapter, visits: cases.length * rounds });
  const samples = await sweep(gpu, cases, rounds, (name) => window.reportKernels({ kind: "visit", name }));
  gpu.dispose();
  await window.reportKernels({ kind: "end", samples });
} catch (error) {
  await window.reportKernels({ kind: "error", message: error instanceof Error ? error.message : String(error) });
}
