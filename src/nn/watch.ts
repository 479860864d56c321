import { GraphError } from "../core/errors.ts";
import { Snapshot } from "../gpu/snapshot.ts";
import { checkNames } from "../ops/options.ts";
import type { Model } from "./model.ts";
import { type EarlyStoppingOptions, Plateau, type ReduceOnPlateau } from "./plateau.ts";
import { rateAt } from "./schedules.ts";

export interface WatchOptions {
  /** Ends the training when the loss stays where it is: the validation's, or without one that of the epoch. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Lowers the learning rate when that loss stays where it is. */
  readonly reduceOnPlateau?: ReduceOnPlateau;
}

/** What a training does with the loss of each epoch: it stops early, lowers the rate, keeps the best weights. */
export class Watch {
  readonly #model: Model;
  readonly #plateau: Plateau | null;
  readonly #reduce: ReduceOnPlateau | null;
  readonly #restoreBest: boolean;
  #best: Snapshot | null = null;
  /** Epoch of the lowest loss, once there is one; null where nothing looks for it. */
  bestEpoch: number | null = null;

  constructor(model: Model, { earlyStopping, reduceOnPlateau }: WatchOptions) {
    const where = "earlyStopping";
    if (earlyStopping) checkNames(where, earlyStopping, ["patience", "minDelta", "restoreBest"]);
    if (reduceOnPlateau && typeof reduceOnPlateau.onEpochEnd !== "function") {
      throw new GraphError({
        where: "reduceOnPlateau",
        seen: "plain options",
        wanted: "what schedules.reduceOnPlateau({ .. }) makes",
      });
    }
    this.#model = model;
    this.#plateau = earlyStopping ? new Plateau(where, earlyStopping) : null;
    this.#reduce = reduceOnPlateau ?? null;
    this.#restoreBest = earlyStopping?.restoreBest ?? false;
  }

  /** Rate of the next update. */
  rate(): number {
    const scheduled = rateAt(this.#model.compiled.optimizer.learningRate, this.#model.stepsDone);
    return this.#reduce ? this.#reduce.rate(scheduled) : scheduled;
  }

  /** True where the training should end. */
  onEpochEnd(epoch: number, loss: number): boolean {
    this.#reduce?.onEpochEnd(loss);
    if (!this.#plateau) return false;
    if (this.#plateau.improves(loss)) {
      this.bestEpoch = epoch;
      if (this.#restoreBest) {
        this.#best ??= new Snapshot(this.#model.compiled.store, ["parameter", "frozen", "statistic"]);
        this.#best.take();
      }
    }
    return this.#plateau.isOver;
  }

  /** Goes back to the best weights where that was wanted, and frees their copy. */
  end(): void {
    this.#best?.restore();
    this.#best?.dispose();
  }
}
