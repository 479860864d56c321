import { RunningMean } from "../../demo/digits/runningMean.ts";
import type { EpochResult, Progress } from "../../src/nn/fit.ts";

export interface Point {
  /** Epochs since the start: 1.5 is the middle of the second. */
  readonly x: number;
  readonly y: number;
}

/** No line has more points than this, however long the training. */
const pointsPerLine = 600;
/** The smooth lines forget over this part of the whole training. */
const memory = 0.025;

/** The lines of a learning curve, gathered as a training goes. */
export class Series {
  /** Mean loss over a few steps. */
  readonly loss: Point[] = [];
  readonly smoothLoss: Point[] = [];
  readonly smoothAccuracy: Point[] = [];
  readonly valLoss: Point[] = [];
  readonly valAccuracy: Point[] = [];
  #step = 0;
  #pending: number[] = [];
  readonly #lossMean = new RunningMean();
  readonly #accuracyMean = new RunningMean();
  #epochSoFar = { epoch: 0, step: 0, right: 0 };

  /** Whether no step was added yet. */
  get isEmpty(): boolean {
    return this.#step === 0;
  }

  /** Takes what one reading brought. */
  add({ epoch, epochs, step, steps, accuracy, losses, epochEnd }: Progress): void {
    const total = steps * epochs;
    const stepsPerPoint = Math.ceil(total / pointsPerLine);
    const halfLife = Math.max(2, memory * total);
    // A training that goes on from a checkpoint does not begin at its first step.
    this.#step = (epoch - 1) * steps + step - losses.length;
    for (const loss of losses) {
      this.#step++;
      this.#lossMean.add(loss, 1, halfLife);
      this.#pending.push(loss);
      if (this.#pending.length < stepsPerPoint) continue;
      const x = this.#step / steps;
      this.loss.push({ x, y: mean(this.#pending) });
      this.smoothLoss.push({ x, y: this.#lossMean.value });
      this.#pending = [];
    }
    this.#addAccuracy(epoch, step, accuracy, halfLife);
    const x = this.#step / steps;
    const last = this.smoothAccuracy.at(-1)?.x ?? 0;
    if (x - last >= stepsPerPoint / steps) this.smoothAccuracy.push({ x, y: this.#accuracyMean.value });
    if (epochEnd) this.#addEpoch(epochEnd);
  }

  /** Progress tells the accuracy of the epoch so far; the difference to the last reading is that of the steps between. */
  #addAccuracy(epoch: number, step: number, accuracy: number, halfLife: number): void {
    const before = this.#epochSoFar.epoch === epoch ? this.#epochSoFar : { step: 0, right: 0 };
    const right = accuracy * step;
    const fresh = step - before.step;
    if (fresh > 0) this.#accuracyMean.add((right - before.right) / fresh, fresh, halfLife);
    this.#epochSoFar = { epoch, step, right };
  }

  #addEpoch({ epoch, valLoss, valAccuracy }: EpochResult): void {
    if (valLoss !== null) this.valLoss.push({ x: epoch, y: valLoss });
    if (valAccuracy !== null) this.valAccuracy.push({ x: epoch, y: valAccuracy });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
