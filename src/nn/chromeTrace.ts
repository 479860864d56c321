import type { DispatchWork, Profile, Work } from "./profile.ts";

/** An event of the Trace Event Format; times are in microseconds. */
type TraceEvent =
  | { readonly ph: "M"; readonly name: string; readonly pid: number; readonly tid: number; readonly args: object }
  | {
      readonly ph: "X";
      readonly name: string;
      readonly cat: string;
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly dur: number;
      readonly args: object;
    }
  | { readonly ph: "C"; readonly name: string; readonly pid: number; readonly ts: number; readonly args: object };

const pid = 1;
/** Tracks, from top to bottom. */
const tracks = { layers: 1, dispatches: 2 } as const;

/**
 * A profile as JSON in Chrome's Trace Event Format, for https://ui.perfetto.dev or chrome://tracing: a slice for each
 * dispatch with its figures, above it the layers, and a counter of the bytes of live activations. Dispatches follow one
 * another without gaps, each as long as it typically is.
 *
 * Source: "Trace Event Format", Google, 2016.
 * @example
 * const file = new File([chromeTrace(profile)], "trace.json"); // of await profileStep(trainer)
 */
export function chromeTrace(profile: Profile): string {
  const { model, batchSize, steps, clockMs, adapter, ceilings, dispatches, total, memory } = profile;
  const name = `${model}: a training step on ${batchSize} examples`;
  const events: TraceEvent[] = [
    { ph: "M", name: "process_name", pid, tid: 0, args: { name } },
    ...Object.entries(tracks).flatMap(([track, tid]): TraceEvent[] => [
      { ph: "M", name: "thread_name", pid, tid, args: { name: track } },
      { ph: "M", name: "thread_sort_index", pid, tid, args: { sort_index: tid } },
    ]),
    ...layerSlices(profile),
    ...dispatches.map(
      (work): TraceEvent => ({
        ph: "X",
        name: work.kernel,
        cat: "dispatch",
        pid,
        tid: tracks.dispatches,
        ...span(work),
        args: { label: work.label, ...figures(work), liveBytes: work.liveBytes },
      }),
    ),
    ...dispatches.map(
      ({ startMs, liveBytes }): TraceEvent => ({
        ph: "C",
        name: "activations (bytes)",
        pid,
        ts: microseconds(startMs),
        args: { live: liveBytes },
      }),
    ),
    // The curve ends where the step does.
    {
      ph: "C",
      name: "activations (bytes)",
      pid,
      ts: microseconds(total.ms),
      args: { live: dispatches.at(-1)?.liveBytes ?? 0 },
    },
  ];
  const otherData = { adapter, ceilings, steps, clockMs, ...memory };
  return `${JSON.stringify({ traceEvents: events, displayTimeUnit: "ms", otherData })}\n`;
}

/** A slice for each run of dispatches of one layer: forward, and later backward. */
function layerSlices({ dispatches }: Profile): TraceEvent[] {
  const runs: { layer: string; startMs: number; ms: number }[] = [];
  for (const { layer, startMs, ms } of dispatches) {
    const last = runs.at(-1);
    if (last?.layer === layer) last.ms += ms;
    else runs.push({ layer, startMs, ms });
  }
  return runs.map(({ layer, startMs, ms }) => ({
    ph: "X",
    name: layer,
    cat: "layer",
    pid,
    tid: tracks.layers,
    ...span({ startMs, ms }),
    args: {},
  }));
}

/** To the nanosecond. */
function microseconds(ms: number): number {
  return Math.round(1e6 * ms) / 1000;
}

/** A nanosecond short: readers truncate both numbers, and drop a slice that reaches into the next one of its track. */
function span({ startMs, ms }: Pick<DispatchWork, "startMs" | "ms">): { readonly ts: number; readonly dur: number } {
  const ts = microseconds(startMs);
  return { ts, dur: Math.max(0, Math.round(1000 * (microseconds(startMs + ms) - ts)) - 1) / 1000 };
}

function figures(work: Work): Pick<Work, "flops" | "bytes" | "gflops" | "gbs" | "roofline"> {
  const { flops, bytes, gflops, gbs, roofline } = work;
  return { flops, bytes, gflops, gbs, roofline };
}
