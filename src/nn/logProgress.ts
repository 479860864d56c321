import type { Logger } from "../io/scalars.ts";
import type { Progress } from "./fit.ts";

/**
 * Tells a logger what a progress of `fit` says: `loss/step` of each step, `learningRate`,
 * `imagesPerSecond`; at the end of an epoch `loss/epoch`, `accuracy/epoch`, and with validation `loss/validation` and
 * `accuracy/validation`. Steps are counted from compile on.
 * @example
 * const log = new CsvLog();
 * for await (const progress of model.fit(data)) logProgress(log, progress);
 * console.log(log.take());
 */
export function logProgress(logger: Logger, progress: Progress, time = Date.now() / 1000): void {
  const { losses, stepsDone, learningRate, examplesPerSecond, epochEnd } = progress;
  // What a training has not is NaN or null, and no point of a curve.
  const log = (name: string, value: number | null | undefined, step = stepsDone) => {
    if (typeof value === "number" && !Number.isNaN(value)) logger.scalar({ name, value, step, time });
  };
  losses.forEach((loss, i) => {
    log("loss/step", loss, stepsDone - losses.length + 1 + i);
  });
  log("learningRate", learningRate);
  log("imagesPerSecond", examplesPerSecond);
  log("loss/epoch", epochEnd?.loss);
  log("accuracy/epoch", epochEnd?.accuracy);
  log("loss/validation", epochEnd?.valLoss);
  log("accuracy/validation", epochEnd?.valAccuracy);
}
