import { Gpu } from "../../src/gpu/gpu.ts";
import type { MakeSweep, SweepEvent } from "./events.ts";

declare global {
  interface Window {
    /** Put there by the command line. */
    reportSweep(event: SweepEvent<unknown>): Promise<void>;
  }
}

/** Runs a sweep in a page, whose query has the options; what it tells goes through `window.reportSweep`. */
export async function sweepInPage(make: MakeSweep<unknown>): Promise<void> {
  try {
    const query = new URLSearchParams(location.search);
    const gpu = await Gpu.create();
    const sweep = make(gpu, { only: query.get("only") ?? "", blocks: Number(query.get("blocks") ?? 3) });
    await window.reportSweep({ kind: "start", adapter: gpu.adapter, visits: sweep.visits });
    const samples = await sweep.run((name) => window.reportSweep({ kind: "visit", name }));
    gpu.dispose();
    await window.reportSweep({ kind: "end", samples });
  } catch (error) {
    await window.reportSweep({ kind: "error", message: error instanceof Error ? error.message : String(error) });
  }
}
