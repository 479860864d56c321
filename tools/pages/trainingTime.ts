import type { Progress } from "../../src/nn/fit.ts";
import { oneCycle, type Schedule } from "../../src/nn/schedules.ts";
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
}

/** One cycle of the learning rate over the whole of a training, whose clock starts with this call. */
export function trainingTime({ length, learningRate }: Pick<UnetRequest, "length" | "learningRate">): TrainingTime {
  if ("epochs" in length) {
    const { epochs } = length;
    return {
      epochs,
      learningRate: oneCycle({ maxLearningRate: learningRate, totalSteps: epochs * stepsPerEpoch }),
      signal: new AbortController().signal,
      estimate: (progress) => progress,
    };
  }
  return timed(60_000 * length.minutes, learningRate);
}

/** Steps of the cycle that stands for the whole time. */
const grain = 10_000;

/**
 * How many steps fit into a time is not known beforehand, so the cycle runs by the clock: from the first step to the end
 * of the time. Compiling, which comes before the first step, is part of the time.
 */
function timed(totalMs: number, maxLearningRate: number): TrainingTime {
  const end = performance.now() + totalMs;
  const cycle = oneCycle({ maxLearningRate, totalSteps: grain + 1 });
  const timeUp = new AbortController();
  let start: number | null = null;
  return {
    epochs: 10_000,
    signal: timeUp.signal,
    learningRate: () => {
      const now = performance.now();
      start ??= now;
      if (now >= end) timeUp.abort();
      return cycle(Math.min(grain, Math.floor((grain * (now - start)) / Math.max(1, end - start))));
    },
    estimate: (progress) => {
      const now = performance.now();
      const leftMs = Math.max(0, end - now);
      const stepsDone = (progress.epoch - 1) * progress.steps + progress.step;
      const steps = stepsDone * (1 + leftMs / Math.max(1, now - (start ?? now)));
      return {
        ...progress,
        epochs: Math.max(progress.epoch, Math.ceil(steps / progress.steps)),
        secondsLeft: leftMs / 1000,
      };
    },
  };
}
