import { liveBytes, type Plan, type PlannedCall, slotBytes } from "../core/plan.ts";
import type { AdapterFacts } from "../gpu/gpu.ts";
import type { PassTime } from "../gpu/timestamps.ts";

/** What an adapter does at most, measured: multiply-adds in registers, and bytes through the best elementwise kernel. */
export interface Ceilings {
  /** 10^9 floating-point operations a second; a multiply-add is two. */
  readonly gflops: number;
  /** 10^9 bytes a second, read and written together. */
  readonly gbs: number;
}

/** What some dispatches of a step are, and what they take. */
export interface Work {
  readonly dispatches: number;
  /** Milliseconds in one step. */
  readonly ms: number;
  /** Floating-point operations. */
  readonly flops: number;
  /** Read and written, each operand of a dispatch once. */
  readonly bytes: number;
  /** 10^9 floating-point operations, and bytes, a second; null where the clock saw no time go by. */
  readonly gflops: number | null;
  readonly gbs: number | null;
  /** What it would take at the ceilings: of each dispatch max(flops / peak flops, bytes / peak bandwidth). */
  readonly ceilingMs: number;
  /** ceilingMs / ms. Above 1 where data stay in a cache, which the stream of the ceilings is too long for. */
  readonly roofline: number | null;
}

export interface NamedWork extends Work {
  readonly name: string;
}

export interface DispatchWork extends Work {
  /** `modulePath/op/kernel`. */
  readonly label: string;
  /**
   * Module path of the layer, gradients with it: `"lenet5/conv1"`; or `data`, `loss`, `optimizer`, `metrics`; or `step`
   * for what serves several layers.
   */
  readonly layer: string;
  /** `"conv2d"`, `"conv2dKernelGradient/sum"`. */
  readonly kernel: string;
  /** Where it begins if the dispatches of a step follow one another without a gap. */
  readonly startMs: number;
  /** Of the tensors in slots that are alive while it runs. */
  readonly liveBytes: number;
}

/** One training step, taken apart. */
export interface Profile {
  readonly model: string;
  readonly adapter: AdapterFacts;
  /** Examples of the step. */
  readonly batchSize: number;
  /** How many steps were timed. */
  readonly steps: number;
  /** Every time that the clock told is a multiple of this: 0.1 in a browser that rounds. */
  readonly clockMs: number;
  readonly ceilings: Ceilings;
  /** In the order in which they run. */
  readonly dispatches: readonly DispatchWork[];
  /** By layer, in the order in which they come first. */
  readonly layers: readonly NamedWork[];
  /** By kernel, the longest first. */
  readonly kernels: readonly NamedWork[];
  readonly total: Work;
  readonly memory: {
    /** Weights, gradients, optimizer state, inputs and data: there all the time. */
    readonly fixedBytes: number;
    /** Of the slots that activations and their gradients share. */
    readonly slotBytes: number;
    /** The most of them that are needed at a time: the highest `liveBytes`. */
    readonly peakLiveBytes: number;
  };
}

export interface ProfileParts {
  readonly model: string;
  readonly adapter: AdapterFacts;
  readonly batchSize: number;
  readonly plan: Plan;
  readonly ceilings: Ceilings;
  /** Of each step that was timed, when each dispatch began and ended. */
  readonly rounds: readonly (readonly PassTime[])[];
}

/** The figures of a profile, from what the clock said. */
export function profileOf({ plan, rounds, ceilings, ...parts }: ProfileParts): Profile {
  const live = liveBytes(plan);
  const clockNs = clockOf(rounds.flat());
  let startMs = 0;
  const dispatches = plan.calls.map((planned, i): DispatchWork => {
    const { call, label, bytes } = planned;
    const ms = typicalMs(rounds.flatMap((round) => round[i] ?? []).map(durationNs), clockNs);
    const begin = startMs;
    startMs += ms;
    const ceilingMs = Math.max(call.flops / ceilings.gflops, bytes / ceilings.gbs) / 1e6;
    return {
      label,
      layer: layerOf(planned),
      kernel: call.name,
      startMs: begin,
      liveBytes: live[i] ?? 0,
      ...rates({ dispatches: 1, ms, flops: call.flops, bytes, ceilingMs }),
    };
  });
  return {
    ...parts,
    steps: rounds.length,
    clockMs: clockNs / 1e6,
    ceilings,
    dispatches,
    layers: groupBy(dispatches, ({ layer }) => layer),
    kernels: groupBy(dispatches, ({ kernel }) => kernel).toSorted((a, b) => b.ms - a.ms),
    total: sumOf(dispatches),
    memory: {
      fixedBytes: plan.peakBytes - slotBytes(plan),
      slotBytes: slotBytes(plan),
      peakLiveBytes: Math.max(0, ...live),
    },
  };
}

/**
 * The step of the clock in nanoseconds: the greatest common divisor of all times. Rounding that is not to a multiple is
 * not seen, nor is it known.
 */
export function clockOf(times: readonly PassTime[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return times.reduce((found, { beginNs, endNs }) => divisor(divisor(found, Math.abs(beginNs)), Math.abs(endNs)), 0);
}

/**
 * The median in milliseconds, where the clock can tell it. Where that is less than ten steps of the clock it is one of a
 * few multiples of them; the mean then comes right, since both ends are rounded alike and lie anywhere between steps.
 */
export function typicalMs(durations: readonly number[], clockNs: number): number {
  const sorted = durations.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const middle = sorted[half] ?? 0;
  const median = sorted.length % 2 === 0 ? (middle + (sorted[half - 1] ?? 0)) / 2 : middle;
  if (median >= 10 * clockNs) return median / 1e6;
  return durations.reduce((sum, each) => sum + each, 0) / Math.max(1, durations.length) / 1e6;
}

export function durationNs({ beginNs, endNs }: PassTime): number {
  return endNs - beginNs;
}

/** The label without the kernel's name. */
export function layerOf({ label, call }: PlannedCall): string {
  return label.slice(0, -call.name.length).replace(/\/$/, "") || "step";
}

type Amounts = Pick<Work, "dispatches" | "ms" | "flops" | "bytes" | "ceilingMs">;

function rates(amounts: Amounts): Work {
  const { ms, flops, bytes, ceilingMs } = amounts;
  const seen = ms > 0;
  return {
    ...amounts,
    gflops: seen ? flops / ms / 1e6 : null,
    gbs: seen ? bytes / ms / 1e6 : null,
    roofline: seen ? ceilingMs / ms : null,
  };
}

function sumOf(all: readonly Work[]): Work {
  const sum = (amount: keyof Amounts) => all.reduce((total, work) => total + work[amount], 0);
  return rates({
    dispatches: sum("dispatches"),
    ms: sum("ms"),
    flops: sum("flops"),
    bytes: sum("bytes"),
    ceilingMs: sum("ceilingMs"),
  });
}

function groupBy(all: readonly DispatchWork[], nameOf: (work: DispatchWork) => string): NamedWork[] {
  const groups = new Map<string, DispatchWork[]>();
  for (const work of all) groups.set(nameOf(work), [...(groups.get(nameOf(work)) ?? []), work]);
  return [...groups].map(([name, works]) => ({ name, ...sumOf(works) }));
}
