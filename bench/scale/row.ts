import type { ScaleSample } from "./sweep.ts";

/** A line of the table and of the JSON. */
export interface ScaleRow extends ScaleSample {
  readonly msImage: number | null;
  readonly gflops: number | null;
  /** (ms / ms before) / (flops / flops before), against the next smaller point of the same growth; null for the first. */
  readonly growth: number | null;
  /** The same of the bytes that a step needs. */
  readonly byteGrowth: number | null;
  /** The median and the quickest block both grew faster than flops, by more than a machine's noise. */
  readonly flagged: boolean;
}

/** A busy machine moves the same kernel by up to a quarter. */
const noise = 1.25;

/** `samples` stand in the order of their growths. */
export function scaleRows(samples: readonly ScaleSample[]): ScaleRow[] {
  return samples.map((sample, i) => {
    const { msStep, flops, batch, peakBytes } = sample;
    const before = samples[i - 1];
    const same = before && before.model === sample.model && before.varied === sample.varied ? before : null;
    const beside = (now: number, then: number) => now / then / (flops / (same?.flops ?? flops));
    const growth = same?.msStep && msStep ? beside(msStep.median, same.msStep.median) : null;
    const quickest = same?.msStep && msStep ? beside(msStep.min, same.msStep.min) : null;
    return {
      ...sample,
      msImage: msStep && msStep.median / batch,
      gflops: msStep && flops / msStep.median / 1e6,
      growth,
      byteGrowth: same?.msStep && msStep ? beside(peakBytes, same.peakBytes) : null,
      flagged: Math.min(growth ?? 0, quickest ?? 0) > noise,
    };
  });
}
