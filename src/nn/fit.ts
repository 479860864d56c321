import { GraphError, TrainingError } from "../core/errors.ts";
import type { Dataset } from "../data/imageDataset.ts";
import { splitDataset } from "../data/subset.ts";
import { checkNames } from "../ops/options.ts";
import type { Loss } from "./losses.ts";
import { Meter } from "./meter.ts";
import type { Model } from "./model.ts";
import { checkCount, Trainer, type TrainerOptions } from "./trainer.ts";
import { Watch, type WatchOptions } from "./watch.ts";

export interface FitOptions extends WatchOptions, TrainerOptions {
  /** Number of the last epoch. Default 1. */
  readonly epochs?: number;
  /** Evaluated after each epoch. */
  readonly validationData?: Dataset;
  /**
   * Share of the examples, the last ones, that are kept for validation, or of the images where the examples are crops of
   * them. From 0 to 1; not with `validationData`.
   */
  readonly validationSplit?: number;
  /** Stops the training after the step under way. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpochEnd?: (epoch: EpochResult) => void;
}

/** How far a training is. Loss and accuracy are means over the epoch so far. */
export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done in this epoch, of so many. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Losses of the steps since the last progress, in order. */
  readonly losses: readonly number[];
  readonly examplesPerSecond: number;
  /** Milliseconds a step since the last progress. */
  readonly stepMs: number;
  readonly secondsLeft: number;
  /** Present on the last progress of an epoch. */
  readonly epochEnd?: EpochResult;
}

export interface EpochResult {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Null without validation data. */
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  readonly seconds: number;
}

export interface History {
  readonly epochs: readonly EpochResult[];
  /** Loss of each step. */
  readonly losses: readonly number[];
  /** True where the signal stopped the training. */
  readonly stopped: boolean;
  /** True where early stopping ended it. */
  readonly stoppedEarly: boolean;
  /** The epoch of the lowest loss; null without early stopping. */
  readonly bestEpoch: number | null;
}

/**
 * A training: an async iterator of its progress, and a promise of its history. `await model.fit(..)` runs it to the
 * end; `for await (const progress of model.fit(..))` shows each reading, and `break` stops it.
 */
export class Fit implements AsyncIterable<Progress>, PromiseLike<History> {
  readonly #loop: AsyncGenerator<Progress, History>;

  constructor(model: Model, data: Dataset, options: FitOptions) {
    this.#loop = fitLoop(model, data, options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Progress, History> {
    return this.#loop;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a training is what most callers want.
  then<A = History, B = never>(
    onDone?: ((history: History) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#toEnd().then(onDone, onError);
  }

  async #toEnd(): Promise<History> {
    for (;;) {
      const { done, value } = await this.#loop.next();
      if (done) return value;
    }
  }
}

const fitOptions = [
  "epochs",
  "initialEpoch",
  "batchSize",
  "shuffle",
  "validationData",
  "validationSplit",
  "earlyStopping",
  "reduceOnPlateau",
  "signal",
  "onProgress",
  "onEpochEnd",
];

/** Readings under way at one time: with the steps between them, this bounds how far the host runs ahead. */
const readingsAhead = 2;

async function* fitLoop(model: Model, all: Dataset, options: FitOptions): AsyncGenerator<Progress, History> {
  checkNames("fit", options, fitOptions);
  const { batchSize = 32, shuffle = true, initialEpoch = 0, signal } = options;
  const [data, validationData] = divide(all, options);
  const epochs = checkCount("fit", "epochs", options.epochs ?? 1);
  if (initialEpoch !== 0) checkCount("fit", "initialEpoch", initialEpoch);
  checkCount("fit", "batchSize", batchSize);
  const trainer = await Trainer.create(model, data, { batchSize, shuffle, initialEpoch });
  const steps = trainer.stepsPerEpoch;
  const ring = trainer.readback(readingsAhead);
  const results: EpochResult[] = [];
  const losses: number[] = [];
  const readings: { readonly step: number; readonly bytes: Promise<ArrayBuffer[]> }[] = [];
  const watch = new Watch(model, options);
  const hasAccuracy = model.compiled.loss.labels !== "values";
  let stoppedEarly = false;
  try {
    for (let epoch = initialEpoch + 1; epoch <= epochs && !stoppedEarly && !signal?.aborted; epoch++) {
      const size = { epoch, epochs, steps, batchSize, examples: data.count };
      const meter = new Meter({ ...size, before: model.stepsDone, hasAccuracy });
      const nextProgress = async (): Promise<Progress> => {
        const reading = readings.shift();
        const progress = meter.read(reading?.step ?? 0, (await reading?.bytes) ?? []);
        for (const loss of progress.losses) {
          if (!Number.isFinite(loss)) throw diverged(loss, losses.length + 1, model.compiled.loss);
          losses.push(loss);
        }
        return progress;
      };
      for (let step = 1; step <= steps && !signal?.aborted; step++) {
        const due = meter.isDue(step);
        if (due && readings.length === readingsAhead) yield report(options, await nextProgress());
        const bytes = trainer.submit(due ? ring : undefined, watch.rate());
        if (bytes) {
          readings.push({ step, bytes });
          // Whoever takes the reading hears of its failure; until then it is nobody's.
          bytes.catch(() => {});
        }
      }
      while (readings.length > 1) yield report(options, await nextProgress());
      const last = await nextProgress();
      if (last.step < steps) break;
      const seconds = meter.seconds;
      const validation = validationData ? await model.evaluate(validationData, { batchSize }) : null;
      const result: EpochResult = {
        epoch,
        loss: last.loss,
        accuracy: last.accuracy,
        valLoss: validation?.loss ?? null,
        valAccuracy: validation?.accuracy ?? null,
        seconds,
      };
      results.push(result);
      stoppedEarly = watch.onEpochEnd(epoch, result.valLoss ?? result.loss);
      options.onEpochEnd?.(result);
      yield report(options, { ...last, epochEnd: result });
    }
    return { epochs: results, losses, stopped: signal?.aborted ?? false, stoppedEarly, bestEpoch: watch.bestEpoch };
  } finally {
    // A training that is left early has readings under way, whose buffers must not go before they have come in.
    await Promise.allSettled(readings.map(({ bytes }) => bytes));
    ring.dispose();
    watch.end();
  }
}

/** What trains, and what validates. */
function divide(data: Dataset, { validationData, validationSplit }: FitOptions): readonly [Dataset, Dataset?] {
  if (validationSplit === undefined) return validationData ? [data, validationData] : [data];
  if (validationData) {
    throw new GraphError({ where: "fit", seen: "validationData and validationSplit", wanted: "one of them" });
  }
  return splitDataset(data, validationSplit);
}

function report(options: FitOptions, progress: Progress): Progress {
  options.onProgress?.(progress);
  return progress;
}

function diverged(loss: number, step: number, { labels }: Loss): TrainingError {
  const hint = labels !== "values" ? ", or labels outside the model's classes" : "";
  return new TrainingError({
    where: `step ${step}`,
    seen: `a loss of ${loss}`,
    wanted: "a finite loss",
    mend: `The usual causes are a learning rate that is too high, data that are not normalized${hint}. Lower the rate, or clip the gradients (clipNorm: 1).`,
  });
}
