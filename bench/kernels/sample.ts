import type { PlannedCall } from "../../src/core/plan.ts";
import { type Spread, spreadOf } from "../spread.ts";
import { caseId, type Family, type KernelCase } from "./kernelCase.ts";
import type { Visit } from "./visit.ts";

/** What the rounds of one case gave: plain data, as it leaves the page. */
export interface Sample {
  readonly id: string;
  readonly family: Family;
  readonly flops: number | null;
  readonly bytes: number;
  /** Of one run; null where the case failed. */
  readonly ms: Spread | null;
  readonly runs: number;
  readonly dispatches: number;
  readonly pipelines: number;
  readonly compileMs: number;
  /** The kernels in order, with their link-time constants. */
  readonly kernels: readonly string[];
  readonly failure?: string;
}

export function measured(kernelCase: KernelCase, visits: readonly Visit[], failure?: string): Sample {
  const [first] = visits;
  const failed = failure !== undefined || !first;
  return {
    id: caseId(kernelCase),
    family: kernelCase.family,
    flops: kernelCase.flops,
    bytes: kernelCase.bytes,
    ms: failed ? null : spreadOf(visits.map(({ ms }) => ms)),
    runs: visits.reduce((sum, { runs }) => sum + runs, 0),
    dispatches: first?.calls.length ?? 0,
    pipelines: first?.pipelines ?? 0,
    compileMs: first?.compileMs ?? 0,
    kernels: first?.calls.map(showKernel) ?? [],
    ...(failure === undefined ? {} : { failure }),
  };
}

/** `"conv2d conv/rows{COLUMNS:2,ROWS:8} x256"`: the call, its entry point's shader, its constants, its workgroups. */
export function showKernel({ call }: PlannedCall): string {
  const constants = Object.entries(call.constants ?? {}).map(([name, value]) => `${name}:${value}`);
  const main = call.shaders.find(({ source }) => source.includes("@compute"))?.path ?? "";
  return `${call.name} ${main}${constants.length > 0 ? `{${constants.join(",")}}` : ""} x${call.workgroups}`;
}
