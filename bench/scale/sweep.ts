import { type Spread, spreadOf } from "../spread.ts";
import type { MakeSweep } from "../sweep/events.ts";
import { matching } from "../sweep/matching.ts";
import { inRounds } from "../sweep/rounds.ts";
import { type Growth, growths, pointFlops, pointName } from "./points.ts";
import { type ScaleVisit, visitPoint } from "./visit.ts";

/** What the rounds of one point gave: plain data, as it leaves the page. */
export interface ScaleSample {
  readonly model: Growth["model"];
  readonly varied: Growth["varied"];
  readonly name: string;
  readonly batch: number;
  /** Of one step. */
  readonly flops: number;
  /** Null where the point could not run. */
  readonly msStep: Spread | null;
  readonly jsMs: Spread | null;
  readonly dispatches: number;
  readonly peakBytes: number;
  /** Of the first round, in which pipelines may have been compiled. */
  readonly firstStepMs: number;
  readonly failure?: string;
}

/** Every point whose name `only` finds, an Error where it finds none. A point that several growths share is timed once. */
export const scaleSweep: MakeSweep<ScaleSample> = (gpu, { only, blocks }) => {
  const all = growths(gpu.target.software).flatMap(({ model, varied, points }) =>
    points.map((point) => ({ model, varied, point })),
  );
  const chosen = matching(all, new RegExp(only), ({ point }) => pointName(point));
  const distinct = [...new Map(chosen.map(({ point }) => [pointName(point), point])).values()];
  return {
    visits: distinct.length * blocks,
    async run(onVisit) {
      const found = await inRounds(distinct, blocks, async (point) => {
        await onVisit(pointName(point));
        return visitPoint(gpu, point);
      });
      const byName = new Map(distinct.map((point, i) => [pointName(point), found[i]]));
      return chosen.map(({ model, varied, point }) => {
        const name = pointName(point);
        const { visits = [], failure } = byName.get(name) ?? {};
        return {
          model,
          varied,
          name,
          batch: point.batch,
          flops: pointFlops(point),
          ...summarize(visits),
          ...(failure ? { failure } : {}),
        };
      });
    },
  };
};

function summarize(visits: readonly ScaleVisit[]) {
  const [first] = visits;
  return {
    msStep: first ? spreadOf(visits.map(({ msStep }) => msStep)) : null,
    jsMs: first ? spreadOf(visits.map(({ jsMs }) => jsMs)) : null,
    dispatches: first?.dispatches ?? 0,
    peakBytes: first?.peakBytes ?? 0,
    firstStepMs: first?.firstStepMs ?? 0,
  };
}
