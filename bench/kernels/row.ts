import type { Spread } from "../spread.ts";
import { marks, type Reference, references } from "./references.ts";
import type { Sample } from "./sample.ts";

/** The adapter's ceilings in this run. */
export interface Ceilings {
  readonly gflops: number;
  /** By how many bytes the kernel moves, ascending. */
  readonly streams: readonly { readonly bytes: number; readonly gbs: number }[];
}

/** A line of the table and of the JSON. */
export interface KernelRow {
  readonly kernel: string;
  readonly ms: Spread | null;
  /** Of the flops that the mathematics needs; null where bytes alone count. */
  readonly gflops: number | null;
  /** Of the bytes that must move: operands read once, results written once. */
  readonly gbs: number | null;
  /** Of the ceiling of multiply-adds, and of the stream of the nearest size: 0 to 1. */
  readonly fmaShare: number | null;
  readonly streamShare: number | null;
  readonly reference: Reference | null;
  /** Rate / reference.rate, of the medians. */
  readonly referenceShare: number | null;
  /** Whether the share reaches the mark of the family; null without a reference. */
  readonly reached: boolean | null;
  readonly dispatches: number;
  /** Runs timed in all rounds. */
  readonly runs: number;
  readonly pipelines: number;
  readonly compileMs: number;
  readonly variant: readonly string[];
  readonly failure?: string;
}

/** @throws RangeError where the samples have no ceiling among them */
export function ceilingsOf(samples: readonly Sample[]): Ceilings {
  const found = samples.filter(({ family, ms }) => family === "ceiling" && ms !== null);
  const gflops = found.flatMap(({ flops, ms }) => (flops && ms ? [flops / ms.median / 1e6] : []));
  const streams = found.flatMap(({ flops, bytes, ms }) =>
    flops === null && ms ? [{ bytes, gbs: bytes / ms.median / 1e6 }] : [],
  );
  if (gflops.length === 0 || streams.length === 0) throw new RangeError("no ceilings were measured");
  return { gflops: Math.max(...gflops), streams: streams.toSorted((a, b) => a.bytes - b.bytes) };
}

/** `comparable` says whether the references, which are of a software adapter in a browser, mean anything. */
export function rowOf(sample: Sample, ceilings: Ceilings, comparable: boolean): KernelRow {
  const { id, family, flops, bytes, ms, dispatches, runs, pipelines, compileMs, kernels, failure } = sample;
  const gflops = flops !== null && ms ? flops / ms.median / 1e6 : null;
  const gbs = ms ? bytes / ms.median / 1e6 : null;
  const reference = (comparable && references[id]) || null;
  const rate = family === "memory" ? gbs : gflops;
  const referenceShare = reference && rate !== null ? rate / reference.rate : null;
  return {
    kernel: id,
    ms,
    gflops,
    gbs,
    fmaShare: gflops === null ? null : gflops / ceilings.gflops,
    streamShare: gbs === null ? null : gbs / nearestStream(ceilings, bytes),
    reference,
    referenceShare,
    reached: referenceShare === null || family === "ceiling" ? null : referenceShare >= marks[family],
    dispatches,
    runs,
    pipelines,
    compileMs,
    variant: kernels,
    ...(failure === undefined ? {} : { failure }),
  };
}

function nearestStream({ streams }: Ceilings, bytes: number): number {
  const distance = (size: number) => Math.abs(Math.log(size / bytes));
  return streams.toSorted((a, b) => distance(a.bytes) - distance(b.bytes))[0]?.gbs ?? Number.NaN;
}
