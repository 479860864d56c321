import { GraphError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import { checkNames } from "../core/options.ts";
import { copyArenas, valueIn } from "../gpu/hostCopy.ts";
import type { TensorData } from "../io/safetensors.ts";
import type { Model } from "./model.ts";
import {
  type EarlyStoppingOptions,
  Plateau,
  type PlateauState,
  type ReduceOnPlateau,
  type ReduceOnPlateauState,
} from "./plateau.ts";
import { rateAt } from "./schedules.ts";
import type { State } from "./state.ts";

export interface WatchOptions {
  /** Ends the training when the loss stays where it is: the validation's, or without one that of the epoch. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Lowers the learning rate when that loss stays where it is. */
  readonly reduceOnPlateau?: ReduceOnPlateau;
}

/** What a training has learned from the losses of its epochs: part of its checkpoints. */
export interface Watched {
  readonly earlyStopping: (PlateauState & { readonly bestEpoch: number | null }) | null;
  readonly reduceOnPlateau: ReduceOnPlateauState | null;
  /** Those of the best epoch, where the training goes back to them at its end. */
  readonly bestWeights: ReadonlyMap<Variable, TensorData> | null;
}

/** What a training does with the loss of each epoch: it stops early, lowers the rate, keeps the best weights. */
export class Watch {
  readonly #model: Model;
  readonly #plateau: Plateau | null;
  readonly #reduce: ReduceOnPlateau | null;
  readonly #restoreBest: boolean;
  #bestWeights: ReadonlyMap<Variable, TensorData> | null = null;
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

  /** Goes on from what a checkpoint has kept. */
  resume({ earlyStopping, reduceOnPlateau, bestWeights }: Watched): void {
    if (this.#plateau && earlyStopping) {
      this.#plateau.best = earlyStopping.best;
      this.#plateau.waited = earlyStopping.waited;
      this.bestEpoch = earlyStopping.bestEpoch;
    }
    if (this.#reduce && reduceOnPlateau) this.#reduce.state = reduceOnPlateau;
    if (this.#restoreBest) this.#bestWeights = bestWeights;
  }

  /** All that it remembers. */
  get state(): Watched {
    const plateau = this.#plateau;
    return {
      earlyStopping: plateau && { best: plateau.best, waited: plateau.waited, bestEpoch: this.bestEpoch },
      reduceOnPlateau: this.#reduce?.state ?? null,
      bestWeights: this.#bestWeights,
    };
  }

  /** Rate of the next update. */
  rate(): number {
    const scheduled = rateAt(this.#model.compiled.optimizer.learningRate, this.#model.stepsDone);
    return this.#reduce ? this.#reduce.rate(scheduled) : scheduled;
  }

  /** Whether the training should end. */
  get isOver(): boolean {
    return this.#plateau?.isOver ?? false;
  }

  /** Takes note of an epoch's loss: of all or, where the weights cannot be read, of nothing, to be told again. */
  async onEpochEnd(epoch: number, loss: number): Promise<void> {
    if (this.#plateau?.isBetter(loss)) {
      if (this.#restoreBest) this.#bestWeights = await readWeights(this.#model);
      this.bestEpoch = epoch;
    }
    this.#plateau?.improves(loss);
    this.#reduce?.onEpochEnd(loss);
  }

  /** Goes back to the best weights where that was wanted. */
  end(): void {
    for (const [variable, values] of this.#bestWeights ?? []) this.#model.compiled.store.write(variable, values);
  }
}

/** The weights that steps may change. */
export function changingWeights({ variables }: State): Variable[] {
  return [...variables.values()].filter(({ role }) => role !== "frozen");
}

async function readWeights(model: Model): Promise<ReadonlyMap<Variable, TensorData>> {
  const { state, store } = model.compiled;
  const weights = changingWeights(state);
  const copy = await copyArenas(
    store,
    weights.map(({ arena }) => arena),
  );
  return new Map(weights.map((variable) => [variable, valueIn(copy, store, variable)]));
}
