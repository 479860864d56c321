import type { MakeSweep } from "../sweep/events.ts";
import { inRounds } from "../sweep/rounds.ts";
import { listCases } from "./cases.ts";
import { caseId } from "./kernelCase.ts";
import { measured, type Sample } from "./sample.ts";
import { visit } from "./visit.ts";

/** The ceilings and the kernels whose id `only` finds. */
export const kernelSweep: MakeSweep<Sample> = (gpu, { only, blocks }) => {
  const cases = listCases(new RegExp(only), gpu.target.software);
  return {
    visits: cases.length * blocks,
    async run(onVisit) {
      const found = await inRounds(cases, blocks, async (kernelCase) => {
        await onVisit(caseId(kernelCase));
        return visit(gpu, kernelCase);
      });
      return cases.map((kernelCase, i) => measured(kernelCase, found[i]?.visits ?? [], found[i]?.failure ?? undefined));
    },
  };
};
