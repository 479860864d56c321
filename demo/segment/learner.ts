import { TrainingError } from "../../src/core/errors.ts";
import { Turns } from "../../src/core/turns.ts";
import type { Model } from "../../src/nn/model.ts";
import { historyLength } from "../../src/nn/state.ts";
import type { Trainer } from "../../src/nn/trainer.ts";
import { LossWatch } from "../shell/lostGpu.ts";

/** How a training does after a round of steps. */
export interface Row {
  /** Steps done in all. */
  readonly step: number;
  /** Mean over the steps of the round. */
  readonly loss: number;
  /** Part of the labelled pixels that were right, over the epoch so far. */
  readonly accuracy: number;
  readonly stepMs: number;
}

export interface LearnerParts {
  readonly model: Model;
  readonly trainer: Trainer;
  /** Steps that were done before. */
  readonly step: number;
  /** The learning rate of the next step. */
  readonly rate: () => number;
  readonly told: (row: Row) => void;
  /** The device was lost: steps wait until there is another. */
  readonly lost: () => void;
  /** Predicts and shows what was learned. */
  readonly look: () => Promise<void>;
}

/** About as long is one round of steps: the page hears that often, and waits no longer for a pause. */
const roundMs = 100;
const mostSteps = 64;
/** Looks follow one another no faster, and take at most a third of the time. */
const lookEveryMs = 200;

/**
 * Trains in rounds of steps, and looks now and then at what was learned. Trainings and single steps that are asked for
 * meanwhile wait for each other: rounds side by side would take each other's readings.
 */
export class Learner {
  readonly #parts: LearnerParts;
  readonly #losses: LossWatch;
  #step: number;
  #stepMs = roundMs;
  #lookAt = 0;
  readonly #turns = new Turns();
  /** Ends what is under way, and what waits for its turn. */
  #stop = new AbortController();

  constructor(parts: LearnerParts) {
    this.#parts = parts;
    this.#losses = new LossWatch(parts.model, parts.lost);
    this.#step = parts.step;
  }

  /** Steps in all, those under way with them; none is taken back where the device is lost. */
  get step(): number {
    return this.#step;
  }

  /** Trains until it is paused, or until `enough`. */
  run(enough: () => boolean): Promise<void> {
    const { signal } = this.#stop;
    return this.#turns.take(async () => {
      while (!signal.aborted && !enough()) {
        await this.#round(Math.min(mostSteps, Math.max(1, Math.floor(roundMs / this.#stepMs))));
        if (performance.now() >= this.#lookAt) await this.#look();
      }
      if (this.#lookAt > 0) await this.#look();
    });
  }

  /** One step, and a look at it. */
  single(): Promise<void> {
    const { signal } = this.#stop;
    return this.#turns.take(async () => {
      if (signal.aborted) return;
      await this.#round(1);
      await this.#look();
    });
  }

  /** Ends training and steps; resolves when the last of them is over. */
  async pause(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    await this.#turns.take(async () => {});
  }

  async #look(): Promise<void> {
    const from = performance.now();
    await this.#parts.look();
    const now = performance.now();
    this.#lookAt = now + Math.max(lookEveryMs, 2 * (now - from));
  }

  async #round(steps: number): Promise<void> {
    const { trainer, rate, told } = this.#parts;
    // Steps wait while a lost device is being replaced.
    await trainer.survive(async () => {});
    this.#losses.look();
    const from = performance.now();
    const before = this.#step;
    let reading: Promise<ArrayBuffer[]> | null = null;
    for (; this.#step < before + steps; this.#step++) {
      reading = trainer.submit({ read: this.#step === before + steps - 1, learningRate: rate() });
    }
    const [ring, , counts] = (await reading) ?? [];
    const history = new Float32Array(ring ?? new ArrayBuffer(0));
    const losses = Array.from({ length: steps }, (_, i) => history[(before + i) % historyLength] ?? Number.NaN);
    const [right = 0, pixels = 0] = new Uint32Array(counts ?? new ArrayBuffer(0));
    this.#stepMs = (performance.now() - from) / steps;
    const loss = losses.reduce((sum, each) => sum + each, 0) / steps;
    if (!Number.isFinite(loss)) {
      throw new TrainingError({ where: `step ${this.#step}`, seen: `a loss of ${loss}`, wanted: "a finite loss" });
    }
    told({ step: this.#step, loss, accuracy: right / Math.max(1, pixels), stepMs: this.#stepMs });
  }
}
