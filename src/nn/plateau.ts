import { checkNames, checkNumber, checkWhole } from "../core/options.ts";

export interface PlateauOptions {
  /** Epochs without a better loss that are borne. Default: 10. */
  readonly patience?: number;
  /** A loss is better if it is lower than the best by more than this. Default: 0. */
  readonly minDelta?: number;
}

/** What a plateau remembers. */
export interface PlateauState {
  /** The lowest loss; infinite before the first. */
  readonly best: number;
  /** Epochs since then. */
  readonly waited: number;
}

/** Remembers the lowest of the losses that it is shown, and for how long there has been no lower one. */
export class Plateau implements PlateauState {
  readonly patience: number;
  readonly minDelta: number;
  best = Number.POSITIVE_INFINITY;
  waited = 0;

  constructor(where: string, { patience = 10, minDelta = 0 }: PlateauOptions) {
    checkWhole(where, "patience", patience, 0);
    checkNumber(where, "minDelta", minDelta, (value) => value >= 0, "0 or more");
    this.patience = patience;
    this.minDelta = minDelta;
  }

  /** Whether this loss is the best so far. */
  isBetter(loss: number): boolean {
    return loss < this.best - (this.best === Number.POSITIVE_INFINITY ? 0 : this.minDelta);
  }

  /** Takes note of a loss; true where it is the best so far. */
  improves(loss: number): boolean {
    const better = this.isBetter(loss);
    if (better) this.best = loss;
    this.waited = better ? 0 : this.waited + 1;
    return better;
  }

  /** Whether patience is at an end: as in Keras, a patience of 0 ends with the first epoch that is no better. */
  get isOver(): boolean {
    return this.waited > 0 && this.waited >= this.patience;
  }
}

export interface ReduceOnPlateauOptions extends PlateauOptions {
  /** What the rate is multiplied with, between 0 and 1. Default: 0.1. */
  readonly factor?: number;
  /** Default: 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a drop in which none is counted. Default: 0. */
  readonly cooldown?: number;
  /** The rate is not lowered beyond this. Default: 0. */
  readonly minLearningRate?: number;
}

/** What `reduceOnPlateau` remembers. */
export interface ReduceOnPlateauState extends PlateauState {
  /** Epochs that are not counted yet, after a drop. */
  readonly cooling: number;
  /** Of all drops: what the rate is multiplied with. */
  readonly product: number;
}

/**
 * Lowers the learning rate when the loss stays where it is: Keras' ReduceLROnPlateau. `fit` asks it for each step's
 * rate and tells it each epoch's loss, that of the validation where there is one. It remembers: given to a further
 * `fit`, it goes on from where it was.
 */
export class ReduceOnPlateau {
  readonly #plateau: Plateau;
  readonly #factor: number;
  readonly #cooldown: number;
  readonly #least: number;
  #cooling = 0;
  #product = 1;

  constructor(options: ReduceOnPlateauOptions) {
    const where = "reduceOnPlateau";
    checkNames(where, options, ["factor", "patience", "minDelta", "cooldown", "minLearningRate"]);
    const { factor = 0.1, patience = 10, minDelta = 1e-4, cooldown = 0, minLearningRate = 0 } = options;
    checkNumber(where, "factor", factor, (value) => value > 0 && value < 1, "between 0 and 1");
    checkWhole(where, "cooldown", cooldown, 0);
    checkNumber(where, "minLearningRate", minLearningRate, (value) => value >= 0, "0 or more");
    this.#plateau = new Plateau(where, { patience, minDelta });
    this.#factor = factor;
    this.#cooldown = cooldown;
    this.#least = minLearningRate;
  }

  /** All that it remembers; a checkpoint keeps it. */
  get state(): ReduceOnPlateauState {
    const { best, waited } = this.#plateau;
    return { best, waited, cooling: this.#cooling, product: this.#product };
  }

  set state({ best, waited, cooling, product }: ReduceOnPlateauState) {
    this.#plateau.best = best;
    this.#plateau.waited = waited;
    this.#cooling = cooling;
    this.#product = product;
  }

  /** What becomes of a rate, which a schedule may have made. */
  rate(scheduled: number): number {
    return Math.max(scheduled * this.#product, Math.min(scheduled, this.#least));
  }

  /** Takes note of an epoch's loss; true where it lowers the rate. */
  onEpochEnd(loss: number): boolean {
    const plateau = this.#plateau;
    plateau.improves(loss);
    if (this.#cooling > 0) {
      this.#cooling--;
      plateau.waited = 0;
    }
    if (!plateau.isOver) return false;
    this.#product *= this.#factor;
    this.#cooling = this.#cooldown;
    plateau.waited = 0;
    return true;
  }
}

/**
 * The learning rate times `factor` after `patience` epochs in which the loss, that of the validation where there is
 * one, did not improve: Keras' ReduceLROnPlateau. For `fit`.
 * @throws GraphError on an option out of range
 * @example
 * await model.fit(data, { epochs: 2, reduceOnPlateau: schedules.reduceOnPlateau({ patience: 1 }) });
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): ReduceOnPlateau {
  return new ReduceOnPlateau(options);
}

export interface EarlyStoppingOptions extends PlateauOptions {
  /** At the end, go back to the weights of the best epoch; a copy of them stays on the GPU. Default: false. */
  readonly restoreBest?: boolean;
}
