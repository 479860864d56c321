import type { Progress } from "../../src/nn/fit.ts";
import { oneCycle, type Schedule } from "../../src/nn/schedules.ts";
import type { Resume } from "../trainTask.ts";
import { stepsPerEpoch, type UnetRequest } from "../unetRequest.ts";

/** How long a training is: so many epochs, or until a time. */
export interface TrainingTime {
  /** The most epochs that `fit` may make. */
  readonly epochs: number;
  readonly learningRate: Schedule;
  /** Aborts when the time is up; never without a time. */
  readonly signal: AbortSignal;
  /** A reading with the epochs and seconds that are to be expected. */
  estimate(progress: Progress): Progress;
  /** What a checkpoint must keep so that the cycle goes on. */
  notes(): Readonly<Record<string, string>>;
}

type Plan = Pick<UnetRequest, "length" | "learningRate">;

/** One cycle of the learning rate over the whole of a training, whose clock starts with this call. */
export function trainingTime({ length, learningRate }: Plan, resume: Resume | null): TrainingTime {
  if ("epochs" in length) {
    const { epochs } = length;
    return {
      epochs,
      learningRate: oneCycle({ maxLearningRate: learningRate, totalSteps: epochs * stepsPerEpoch }),
      signal: new AbortController().signal,
      estimate: (progress) => progress,
      notes: () => ({}),
    };
  }
  return timed(60_000 * length.minutes, learningRate, resume ?? { epoch: 0, share: 0 });
}

/** Steps of the cycle that stands for the whole time. */
const grain = 10_000;

/**
 * How many steps fit into a time is not known beforehand, so the cycle runs by the clock: from the first step to the end
 * of the time. Compiling, which comes before the first step, is part of the time. A training that goes on has the rest
 * of its cycle, and the same share of the time, before it; compiling anew does not count.
 */
function timed(totalMs: number, maxLearningRate: number, { epoch, share }: Resume): TrainingTime {
  let end = performance.now() + (1 - share) * totalMs;
  const cycle = oneCycle({ maxLearningRate, totalSteps: grain + 1 });
  const timeUp = new AbortController();
  let start: number | null = null;
  const shareAt = (now: number) => {
    if (start === null) return share;
    return share + (1 - share) * Math.min(1, (now - start) / Math.max(1, end - start));
  };
  return {
    epochs: 10_000,
    signal: timeUp.signal,
    learningRate: () => {
      const now = performance.now();
      if (start === null) {
        start = now;
        if (epoch > 0) end = now + (1 - share) * totalMs;
      }
      if (now >= end) timeUp.abort();
      return cycle(Math.floor(grain * shareAt(now)));
    },
    estimate: (progress) => {
      const now = performance.now();
      const leftMs = Math.max(0, end - now);
      const done = (progress.epoch - 1) * progress.steps + progress.step;
      const here = done - epoch * progress.steps;
      const steps = done + (here * leftMs) / Math.max(1, now - (start ?? now));
      return {
        ...progress,
        epochs: Math.max(progress.epoch, Math.ceil(steps / progress.steps)),
        secondsLeft: leftMs / 1000,
      };
    },
    notes: () => ({ share: `${shareAt(performance.now())}` }),
  };
}
