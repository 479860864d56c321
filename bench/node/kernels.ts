import { Gpu } from "../../src/gpu/gpu.ts";
import { listCases } from "../kernels/cases.ts";
import { reportKernels } from "../kernels/report.ts";
import { sweep } from "../kernels/sweep.ts";

export interface MeasureOptions {
  readonly only: string;
  readonly blocks: number;
  readonly json?: string;
}

/** Times the kernels in this process; the name of each is on standard error while it runs. */
export async function measureKernels({ only, blocks, json }: MeasureOptions): Promise<number> {
  const gpu = await Gpu.create();
  const cases = listCases(new RegExp(only), gpu.target.software);
  let visited = 0;
  const samples = await sweep(gpu, cases, blocks, (name) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${++visited}/${cases.length * blocks} ${name}`);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const { adapter } = gpu;
  gpu.dispose();
  // On a CPU, Dawn in Node takes twice as long as in a browser: its event loop shares the cores.
  const runtime = `node ${process.version.slice(1)} with Dawn`;
  return reportKernels({ adapter, runtime, comparable: false, samples }, json);
}
