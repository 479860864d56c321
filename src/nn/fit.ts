import { GraphError, TrainingError } from "../core/errors.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import type { Dataset } from "../data/imageDataset.ts";
import { splitDataset } from "../data/subset.ts";
import type { Logger } from "../io/scalars.ts";
import { logProgress } from "./logProgress.ts";
import type { Loss } from "./losses.ts";
import { Meter } from "./meter.ts";
import type { Model } from "./model.ts";
import { readingsAhead } from "./stepper.ts";
import { Trainer, type TrainerOptions } from "./trainer.ts";
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
  /** Stops the training after the step under way, and a validation after its batch. */
  readonly signal?: AbortSignal;
  /** Are told of every progress; see `logProgress`. `new TensorBoardLog()`, `new CsvLog()`, or any other. */
  readonly loggers?: readonly Logger[];
  /** Called with every progress, as the loggers are. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called at the end of each epoch, after its validation. */
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
  /** Updates made since compile. */
  readonly stepsDone: number;
  /** Of the last of them. */
  readonly learningRate: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  /** Mean over the epoch so far; NaN where the loss knows of none. */
  readonly accuracy: number;
  /** Losses of the steps since the last progress, in order. */
  readonly losses: readonly number[];
  /** Over the epoch so far. */
  readonly examplesPerSecond: number;
  /** Milliseconds a step since the last progress. */
  readonly stepMs: number;
  /** Of the training, at this pace. */
  readonly secondsLeft: number;
  /** Present on the last progress of an epoch. */
  readonly epochEnd?: EpochResult;
}

export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch, as it was before each update. */
  readonly loss: number;
  /** Likewise; NaN where the loss knows of none. */
  readonly accuracy: number;
  /** Null without validation data. */
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  /** Of the training, without the validation. */
  readonly seconds: number;
}

export interface History {
  /** Epochs that were done before: above 0 where a training went on. */
  readonly initialEpoch: number;
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
 * A training: an async iterator of its progress, and a promise of its history. It begins when it is awaited, which runs it
 * to the end, or iterated: `for await (const progress of model.fit(..))` shows each reading, and `break` stops it.
 */
export class Fit implements AsyncIterable<Progress>, Promise<History> {
  readonly [Symbol.toStringTag] = "Fit";
  readonly #loop: AsyncGenerator<Progress, History>;
  #history: Promise<History> | null = null;
  /** What whoever awaits it is told when the loop has ended. */
  #outcome = (): History => {
    throw new TrainingError({ where: "fit", seen: "a training that was left", wanted: "one that came to its end" });
  };

  constructor(model: Model, data: Dataset, options: FitOptions) {
    this.#loop = this.#remember(fitLoop(model, data, options));
  }

  /** The progress of the training, reading by reading. Ending the iteration ends the training. */
  [Symbol.asyncIterator](): AsyncGenerator<Progress, History> {
    return this.#loop;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a training is what most callers want.
  then<A = History, B = never>(
    onDone?: ((history: History) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#history ??= this.#toEnd();
    return this.#history.then(onDone, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History | B> {
    return this.then(null, onError);
  }

  finally(onEnd?: (() => void) | null): Promise<History> {
    return this.then().finally(onEnd);
  }

  async #toEnd(): Promise<History> {
    while (!(await this.#loop.next()).done);
    return this.#outcome();
  }

  async *#remember(loop: AsyncGenerator<Progress, History>): AsyncGenerator<Progress, History> {
    try {
      const history = yield* loop;
      this.#outcome = () => history;
      return history;
    } catch (error) {
      this.#outcome = () => {
        throw error;
      };
      throw error;
    }
  }
}

const trainerOptions = [
  "batchSize",
  "shuffle",
  "initialEpoch",
  "initialStep",
  "recovery",
] as const satisfies readonly (keyof TrainerOptions)[];

const fitOptions = [
  ...trainerOptions,
  "epochs",
  "validationData",
  "validationSplit",
  "earlyStopping",
  "reduceOnPlateau",
  "signal",
  "loggers",
  "onProgress",
  "onEpochEnd",
];

/** A reading that is under way. */
interface Reading {
  readonly step: number;
  readonly learningRate: number;
  readonly bytes: Promise<ArrayBuffer[]>;
}

async function* fitLoop(model: Model, all: Dataset, options: FitOptions): AsyncGenerator<Progress, History> {
  checkNames("fit", options, fitOptions);
  const { initialEpoch = 0, initialStep = 0, signal } = options;
  const [data, validationData] = divide(all, options);
  const epochs = checkWhole("fit", "epochs", options.epochs ?? 1);
  const batchSize = checkWhole("fit", "batchSize", options.batchSize ?? 32);
  const watch = new Watch(model, options);
  const { memory } = model.compiled;
  const mine = {};
  memory.fit = mine;
  if (memory.resumed && initialEpoch === model.epochsDone) watch.resume(memory.resumed);
  memory.watched = watch.state;
  const trainer = await Trainer.create(model, data, pick(options, trainerOptions));
  memory.resumed = null;
  const steps = trainer.stepsPerEpoch;
  const results: EpochResult[] = [];
  const before = model.stepsDone;
  const losses: number[] = [];
  const readings: Reading[] = [];
  const hasAccuracy = model.compiled.loss.labels !== "values";
  const validate = async (set: Dataset) => {
    try {
      return await trainer.survive(() => model.evaluate(set, signal ? { batchSize, signal } : { batchSize }));
    } catch (error) {
      if (signal?.aborted) return null;
      throw error;
    }
  };
  try {
    for (let epoch = initialEpoch + 1; epoch <= epochs && !watch.isOver && !signal?.aborted; epoch++) {
      const done = epoch === initialEpoch + 1 ? initialStep : 0;
      const size = { epoch, epochs, steps, done, batchSize, examples: data.count };
      const meter = new Meter({ ...size, before: model.stepsDone - done, hasAccuracy });
      const nextProgress = async (): Promise<Progress> => {
        const { step = 0, learningRate = Number.NaN, bytes } = readings.shift() ?? {};
        const progress = meter.read(step, learningRate, (await bytes) ?? []);
        for (const loss of progress.losses) {
          if (!Number.isFinite(loss)) throw diverged(loss, before + losses.length + 1, model.compiled.loss);
          losses.push(loss);
        }
        return progress;
      };
      for (let step = done + 1; step <= steps && !signal?.aborted; step++) {
        const due = meter.isDue(step);
        if (due && readings.length === readingsAhead) yield report(options, await nextProgress());
        if (trainer.isRestoring) await trainer.idle();
        if (memory.fit !== mine) throw overtaken();
        const learningRate = watch.rate();
        const bytes = trainer.submit({ read: due, learningRate });
        if (bytes) {
          readings.push({ step, learningRate, bytes });
          // Whoever takes the reading hears of its failure; until then it is nobody's.
          bytes.catch(() => {});
        }
      }
      while (readings.length > 1) yield report(options, await nextProgress());
      const last = await nextProgress();
      if (last.step < steps) break;
      const seconds = meter.seconds;
      const validation = validationData && (await validate(validationData));
      // Given up on the way: the epoch has no result.
      if (validation === null) break;
      const result: EpochResult = {
        epoch,
        loss: last.loss,
        accuracy: last.accuracy,
        valLoss: validation?.loss ?? null,
        valAccuracy: validation?.accuracy ?? null,
        seconds,
      };
      results.push(result);
      await trainer.survive(() => watch.onEpochEnd(epoch, result.valLoss ?? result.loss));
      memory.watched = watch.state;
      options.onEpochEnd?.(result);
      yield report(options, { ...last, epochEnd: result });
    }
    if (!signal?.aborted) watch.end();
    return {
      initialEpoch,
      epochs: results,
      losses,
      stopped: signal?.aborted ?? false,
      stoppedEarly: watch.isOver,
      bestEpoch: watch.bestEpoch,
    };
  } catch (error) {
    watch.end();
    throw error;
  } finally {
    // A training that is left early has readings under way, whose buffers must not go before they have come in.
    await Promise.allSettled(readings.map(({ bytes }) => bytes));
    trainer.dispose();
  }
}

/** The options of these names that are given. */
function pick<T extends object, K extends keyof T>(options: T, names: readonly K[]): Pick<T, K> {
  const given = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(given);
}

/** What trains, and what validates. */
function divide(data: Dataset, { validationData, validationSplit }: FitOptions): readonly [Dataset, Dataset?] {
  if (validationSplit === undefined) return validationData ? [data, validationData] : [data];
  if (validationData) {
    throw new GraphError({ where: "fit", seen: "validationData and validationSplit", wanted: "one of them" });
  }
  return splitDataset(data, validationSplit);
}

function report({ loggers = [], onProgress }: FitOptions, progress: Progress): Progress {
  for (const logger of loggers) logProgress(logger, progress);
  onProgress?.(progress);
  return progress;
}

function overtaken(): TrainingError {
  return new TrainingError({
    where: "fit",
    seen: "another training of the model, begun meanwhile",
    wanted: "one at a time",
    mend: "Await the first, or end its iteration, before the second.",
  });
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
