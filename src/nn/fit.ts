import { GraphError, TrainingError } from "../core/errors.ts";
import type { Dataset } from "../data/imageDataset.ts";
import type { CommandGraph } from "../gpu/commandGraph.ts";
import type { Loss } from "./losses.ts";
import { Meter } from "./meter.ts";
import type { Model } from "./model.ts";
import { rateAt } from "./schedules.ts";

export interface FitOptions {
  /** Default 1. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Default true: another permutation each epoch, drawn from the seed. */
  readonly shuffle?: boolean;
  /** Evaluated after each epoch. */
  readonly validationData?: Dataset;
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

/** Readings under way at one time: with the steps between them, this bounds how far the host runs ahead. */
const readingsAhead = 2;

async function* fitLoop(model: Model, data: Dataset, options: FitOptions): AsyncGenerator<Progress, History> {
  const { batchSize = 32, shuffle = true, validationData, signal } = options;
  const epochs = checkCount("epochs", options.epochs ?? 1);
  const steps = Math.ceil(data.count / checkCount("batchSize", batchSize));
  const commands = await model.trainCommands(data, batchSize);
  const ring = commands.readback(["history", "lossSum", "counts"], readingsAhead);
  const results: EpochResult[] = [];
  const losses: number[] = [];
  try {
    for (let epoch = 1; epoch <= epochs && !signal?.aborted; epoch++) {
      model.resetTotals("trainTotals");
      const meter = new Meter({ epoch, epochs, steps, batchSize, examples: data.count, before: model.stepsDone });
      const readings: { readonly step: number; readonly bytes: Promise<ArrayBuffer[]> }[] = [];
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
        writeStep(commands, model, epoch, (step - 1) * batchSize, shuffle);
        const bytes = commands.run(due ? ring : undefined);
        model.stepsDone++;
        if (bytes) readings.push({ step, bytes });
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
      options.onEpochEnd?.(result);
      yield report(options, { ...last, epochEnd: result });
    }
    return { epochs: results, losses, stopped: signal?.aborted ?? false };
  } finally {
    ring.dispose();
  }
}

function report(options: FitOptions, progress: Progress): Progress {
  options.onProgress?.(progress);
  return progress;
}

function writeStep(commands: CommandGraph, model: Model, epoch: number, first: number, shuffle: boolean): void {
  const { optimizer, seed } = model.compiled;
  const done = model.stepsDone;
  commands.write("cursor", Uint32Array.of(first, seed, epoch, shuffle ? 1 : 0));
  commands.write("hyper", optimizer.hyper(done + 1, rateAt(optimizer.learningRate, done)));
  commands.write("step", Uint32Array.of(done));
}

function diverged(loss: number, step: number, { labels }: Loss): TrainingError {
  const hint = labels === "classes" ? ", or labels outside the model's classes" : "";
  return new TrainingError({
    where: `step ${step}`,
    seen: `a loss of ${loss}`,
    wanted: "a finite loss",
    mend: `The usual causes are a learning rate that is too high, data that are not normalized${hint}. Lower the rate, or clip the gradients (clipNorm: 1).`,
  });
}

function checkCount(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new GraphError({ where: "fit", seen: `${name} ${value}`, wanted: "a whole number of at least 1" });
  }
  return value;
}
