import { Turns } from "../../src/core/turns.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress as CompileProgress } from "../../src/gpu/pipelines.ts";
import { loadCheckpoint } from "../../src/nn/checkpoint.ts";
import type { Model } from "../../src/nn/model.ts";
import { recovery } from "../../src/nn/recovery.ts";
import type { Trainer } from "../../src/nn/trainer.ts";
import { loadWeights } from "../../src/nn/weightFiles.ts";
import { type Inspection, inspectModel } from "../shell/inspection.ts";
import { LossWatch, saveTraining } from "../shell/lostGpu.ts";
import type { InspectOptions } from "../shell/tab.ts";
import { Chunks } from "./chunks.ts";
import { compileModel } from "./compileModel.ts";
import { History, type Row, type Steps } from "./history.ts";
import { type Judgement, judge } from "./judge.ts";
import { type Look, lookThrough } from "./look.ts";
import { networks } from "./networks.ts";
import { digitScaling, type ImageSets, type Pictures, takeFirst, toCanvas } from "./sets.ts";
import type { Settings } from "./settings.ts";

/** How far a training is. */
export interface Progress {
  /** Under way, from 1; `step` of its `steps` are done. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Of training; null before the first step. */
  readonly last: Row | null;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** All epochs are done. */
  readonly isDone: boolean;
}

/** Hears of a training as it goes. */
export interface Listener {
  /** `rows` are those that were not told of yet. */
  progress(progress: Progress, rows: readonly Row[]): void;
  judged(judgement: Judgement): void;
  /** The device was lost: steps wait until there is another. */
  lost(): void;
}

/** How often progress is told. */
const tellMs = 60;
const validationsPerEpoch = 8;
/** Test images of a validation during an epoch; more would take the training's time. */
const validationImages = 1000;
const predictedTogether = 125;
/** How many steps a lost device may take back. */
const snapshotEvery = 50;

interface Parts {
  readonly model: Model;
  readonly data: Dataset;
  readonly trainer: Trainer;
  readonly sets: ImageSets;
  readonly settings: Settings;
  readonly rate: { now: number };
  readonly history: History;
}

/** A network in training, with its data: what a worker drives. */
export class Session {
  /** Number of the last epoch; may change while it runs. */
  epochs: number;
  readonly #parts: Parts;
  /** Nothing that needs the training to stand still comes between two steps that belong together. */
  readonly #turns = new Turns();
  readonly #chunks: Chunks;
  #told = { at: 0, rows: [] as Row[] };
  #last: Row | null;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#chunks = new Chunks(parts.model, parts.trainer);
    this.epochs = parts.settings.epochs;
    this.#last = parts.history.rows.findLast(({ loss }) => loss !== null) ?? null;
  }

  /** Compiles the network with fresh weights, or those of a checkpoint, at whose step it goes on. */
  static async create(
    gpu: Gpu,
    settings: Settings,
    sets: ImageSets,
    onCompile: CompileProgress,
    checkpoint: Uint8Array | null = null,
  ): Promise<Session> {
    const { make, side } = networks[settings.network];
    const { batch } = settings;
    const rate = { now: settings.learningRate };
    const model = make(settings);
    const data = imageDataset(gpu, sets.train, { ...digitScaling, height: side, width: side });
    try {
      await compileModel(model, gpu, { ...settings, learningRate: () => rate.now }, onCompile);
      const notes = checkpoint ? await loadCheckpoint(model, checkpoint) : {};
      const steps = Math.ceil(sets.train.count / batch);
      // Among other images the epoch begins anew.
      if (notes.steps !== `${steps}`) model.epochStep = 0;
      const { epochsDone: initialEpoch, epochStep: initialStep } = model;
      const trainer = await model.trainer(data, {
        batchSize: batch,
        initialEpoch,
        initialStep,
        recovery: recovery({ snapshotEvery }),
      });
      // Curves may be ahead of a snapshot.
      const at = initialEpoch + initialStep / steps;
      const rows: Row[] = (notes.rows ? JSON.parse(notes.rows) : []).filter(({ x }: Row) => x <= at + 1e-9);
      return new Session({ model, data, trainer, sets, settings, rate, history: new History(steps, rows) });
    } catch (error) {
      model.dispose();
      data.dispose();
      throw error;
    }
  }

  /** The device of now: another one where the first was lost. */
  get gpu(): Gpu {
    return this.#parts.model.compiled.gpu;
  }

  get sets(): ImageSets {
    return this.#parts.sets;
  }

  get rows(): readonly Row[] {
    return this.#parts.history.rows;
  }

  get stepsPerEpoch(): number {
    return this.#parts.trainer.stepsPerEpoch;
  }

  /** What it was begun with, and what has changed since. */
  get settings(): Settings {
    const { settings, rate } = this.#parts;
    return { ...settings, learningRate: rate.now, epochs: this.epochs };
  }

  /** Learning rate of the steps to come. */
  set learningRate(rate: number) {
    this.#parts.rate.now = rate;
  }

  get progress(): Progress {
    const { model, trainer, settings } = this.#parts;
    const steps = trainer.stepsPerEpoch;
    const { stepMs, stepsDone } = this.#chunks;
    const isDone = model.epochsDone >= this.epochs;
    return {
      epoch: isDone ? model.epochsDone : model.epochsDone + 1,
      epochs: this.epochs,
      step: isDone ? steps : model.epochStep,
      steps,
      last: this.#last,
      imagesPerSecond: (1000 * settings.batch) / stepMs,
      secondsLeft: (stepMs / 1000) * (this.epochs * steps - stepsDone),
      isDone,
    };
  }

  /** Trains until the signal, or until the last epoch is done. */
  async run(signal: AbortSignal, listener: Listener, onValidated: () => Promise<void>): Promise<void> {
    const losses = new LossWatch(this.#parts.model, () => listener.lost());
    this.#chunks.restartClock();
    while (!signal.aborted && !this.progress.isDone) {
      losses.look();
      await this.#turns.take(() => this.#advance(Math.min(this.#chunks.size, this.#stepsToValidation)));
      const isDue = this.#isValidationDue;
      this.#tell(listener, isDue);
      if (!isDue) continue;
      listener.judged(await this.validate(this.progress.isDone ? Number.POSITIVE_INFINITY : validationImages));
      await onValidated();
      this.#chunks.restartClock();
    }
    await this.#turns.take(() => this.#takeAll());
    this.#tell(listener, true);
  }

  /** Makes one step, where there is one left. */
  async step(listener: Listener): Promise<void> {
    await this.#turns.take(async () => {
      if (this.progress.isDone) return;
      this.#chunks.restartClock();
      await this.#advance(1);
      await this.#takeAll();
    });
    this.#tell(listener, true);
  }

  /** Reads up to so many test images, and adds a point to the curves. */
  async validate(limit = validationImages): Promise<Judgement> {
    const { model, sets, trainer, history } = this.#parts;
    const test = takeFirst(sets.test, limit);
    const { side } = networks[this.#parts.settings.network];
    const size = test.height * test.width;
    const logits = new Float32Array(test.count * test.classes);
    for (let first = 0; first < test.count; first += predictedTogether) {
      const images = test.images.subarray(first * size, (first + predictedTogether) * size);
      const x = toCanvas({ ...test, images }, side);
      const y = await trainer.survive(() => model.predict(x, { batchSize: predictedTogether }));
      logits.set(y, first * test.classes);
    }
    const judgement = judge(logits, test.labels, test.classes);
    const x = this.#chunks.stepsDone / trainer.stepsPerEpoch;
    this.#told.rows.push(history.addValidation(x, judgement.loss, judgement.accuracy));
    return judgement;
  }

  /** What the network makes of an image; of the first test image where that is null. */
  look(image: Pictures | null): Promise<Look> {
    const { model, trainer, settings, sets } = this.#parts;
    const facts = networks[settings.network];
    const x = toCanvas(image ?? takeFirst(sets.test, 1), facts.side);
    return trainer.survive(() => lookThrough(model, facts, x));
  }

  /** A checkpoint, with the settings and the curves in its notes. */
  save(): Promise<Uint8Array<ArrayBuffer>> {
    const { trainer, history } = this.#parts;
    const notes = {
      settings: JSON.stringify(this.settings),
      steps: `${trainer.stepsPerEpoch}`,
      rows: JSON.stringify(history.rows),
    };
    return this.#turns.take(() => saveTraining(this.#parts, notes));
  }

  /** Takes the weights of a file of the same network. */
  loadWeights(file: Uint8Array): Promise<void> {
    return this.#turns.take(() => loadWeights(this.#parts.model, file));
  }

  inspect(options: InspectOptions): Promise<Inspection> {
    return this.#turns.take(() => inspectModel(this.#parts, options));
  }

  /** Ends it, when what was asked of it is done. */
  dispose(): Promise<void> {
    const { model, data, trainer } = this.#parts;
    return this.#turns.take(async () => {
      trainer.dispose();
      model.dispose();
      data.dispose();
    });
  }

  get #validationInterval(): number {
    return Math.ceil(this.#parts.trainer.stepsPerEpoch / validationsPerEpoch);
  }

  /** Every so many steps, and at the end of each epoch, where the steps of the next are 0. */
  get #isValidationDue(): boolean {
    return this.#parts.model.epochStep % this.#validationInterval === 0;
  }

  get #stepsToValidation(): number {
    const { model, trainer } = this.#parts;
    const interval = this.#validationInterval;
    return Math.min(interval - (model.epochStep % interval), trainer.stepsPerEpoch - model.epochStep);
  }

  /** Submits some steps, and takes the readings that are due by then. */
  async #advance(steps: number): Promise<void> {
    // Steps wait while a lost device is being replaced.
    await this.#parts.trainer.survive(async () => {});
    this.#chunks.submit(steps);
    this.#record(await this.#chunks.take(this.#isValidationDue ? 0 : 1));
  }

  async #takeAll(): Promise<void> {
    this.#record(await this.#chunks.take(0));
  }

  #record(taken: readonly Steps[]): void {
    for (const steps of taken) {
      this.#last = this.#parts.history.addSteps(steps);
      this.#told.rows.push(this.#last);
    }
  }

  #tell(listener: Listener, now: boolean): void {
    if (!now && performance.now() - this.#told.at < tellMs) return;
    listener.progress(this.progress, this.#told.rows);
    this.#told = { at: performance.now(), rows: [] };
  }
}
