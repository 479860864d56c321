import { Gpu } from "../../src/gpu/gpu.ts";
import type { MakeSweep, SweepOptions, SweepRun } from "../sweep/events.ts";

/** Runs a sweep in this process; the name of each visit is on standard error while it runs. */
export async function sweepInNode<Sample>(make: MakeSweep<Sample>, options: SweepOptions): Promise<SweepRun<Sample>> {
  const show = (text: string) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`));
  const gpu = await Gpu.create();
  const sweep = make(gpu, options);
  let visited = 0;
  const samples = await sweep.run((name) => show(`${++visited}/${sweep.visits} ${name}`));
  show("");
  const { adapter } = gpu;
  gpu.dispose();
  return { adapter, runtime: runtimeName(), samples };
}

export function runtimeName(): string {
  return `node ${process.version.slice(1)} with Dawn`;
}
