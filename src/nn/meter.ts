import type { Progress } from "./fit.ts";
import { historyLength } from "./state.ts";

/** At most this many steps from one reading to the next. */
const stepsPerReading = 32;
/** A reading about this often. */
const readingMs = 50;

export interface MeterOptions {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of one epoch, and how many of this one were done before. */
  readonly steps: number;
  readonly done: number;
  readonly batchSize: number;
  /** Examples of one epoch. */
  readonly examples: number;
  /** Steps done before this epoch. */
  readonly before: number;
  /** Whether answers are right or wrong; otherwise the accuracy is NaN. */
  readonly hasAccuracy: boolean;
}

/**
 * Turns the readings of an epoch into progress, and says when the next one is due: often enough to look at, seldom
 * enough to cost nothing, and never so seldom that the GPU falls far behind the host.
 */
export class Meter {
  readonly #options: MeterOptions;
  readonly #started = performance.now();
  #last: { readonly at: number; readonly step: number };
  #asked: number;
  #interval = 1;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#last = { at: this.#started, step: options.done };
    this.#asked = options.done;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Whether step `step` (from 1) should be read; the last of the epoch always is. */
  isDue(step: number): boolean {
    const due = step === this.#options.steps || step - this.#asked >= this.#interval;
    if (due) this.#asked = step;
    return due;
  }

  /** Progress after `step` steps, the last at this rate, from the bytes of history, [losses, weights], and [right, rows]. */
  read(step: number, learningRate: number, [history, lossSum, counts]: readonly ArrayBuffer[]): Progress {
    const { epoch, epochs, steps, done, batchSize, examples, before, hasAccuracy } = this.#options;
    const now = performance.now();
    const stepMs = (now - this.#last.at) / Math.max(1, step - this.#last.step);
    const ring = new Float32Array(history ?? new ArrayBuffer(4 * historyLength));
    const fresh = Array.from(
      { length: step - this.#last.step },
      (_, i) => ring[(before + this.#last.step + i) % historyLength] ?? Number.NaN,
    );
    this.#interval = Math.max(1, Math.min(stepsPerReading, Math.floor(readingMs / stepMs)));
    this.#last = { at: now, step };
    const [right = 0, rows = 0] = new Uint32Array(counts ?? new ArrayBuffer(8));
    const [sum = 0, weight = 0] = new Float32Array(lossSum ?? new ArrayBuffer(8));
    const seconds = this.seconds;
    return {
      epoch,
      epochs,
      step,
      steps,
      stepsDone: before + step,
      learningRate,
      loss: sum / weight,
      accuracy: hasAccuracy ? right / rows : Number.NaN,
      losses: fresh,
      examplesPerSecond: (Math.min(step * batchSize, examples) - done * batchSize) / seconds,
      stepMs,
      secondsLeft: (seconds / (step - done)) * ((epochs - epoch + 1) * steps - step),
    };
  }
}
