import type { AdapterFacts, Gpu } from "../../src/gpu/gpu.ts";
import { caseId, type KernelCase } from "./kernelCase.ts";
import { measured, type Sample } from "./sample.ts";
import { type Visit, visit } from "./visit.ts";

export type KernelEvent =
  | { readonly kind: "start"; readonly adapter: AdapterFacts; readonly visits: number }
  | { readonly kind: "visit"; readonly name: string }
  | { readonly kind: "end"; readonly samples: readonly Sample[] }
  | { readonly kind: "error"; readonly message: string };

/**
 * Times all cases in rounds, one block of each a round, so that a machine that slows down slows all of them. A case that
 * cannot run is a sample with its reason.
 */
export async function sweep(
  gpu: Gpu,
  cases: readonly KernelCase[],
  rounds: number,
  onVisit: (name: string) => Promise<void> | void,
): Promise<Sample[]> {
  const visits = new Map<KernelCase, Visit[]>(cases.map((kernelCase) => [kernelCase, []]));
  const failures = new Map<KernelCase, string>();
  for (let round = 0; round < rounds; round++) {
    for (const [kernelCase, done] of visits) {
      await onVisit(caseId(kernelCase));
      if (failures.has(kernelCase)) continue;
      try {
        done.push(await visit(gpu, kernelCase));
      } catch (error) {
        failures.set(kernelCase, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return [...visits].map(([kernelCase, done]) => measured(kernelCase, done, failures.get(kernelCase)));
}
