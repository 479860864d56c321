import { RunningMean } from "./runningMean.ts";

/** A point of the curves; null where there is no new value. */
export interface Row {
  /** Epochs since the start: 1.5 is the middle of the second. */
  readonly x: number;
  /** Means over the last few steps, and smooth means over more. */
  readonly loss: number | null;
  readonly smoothLoss: number | null;
  readonly accuracy: number | null;
  readonly smoothAccuracy: number | null;
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
}

/** What some steps brought. */
export interface Steps {
  readonly x: number;
  readonly losses: readonly number[];
  /** Examples that were read right, of so many. */
  readonly right: number;
  readonly examples: number;
}

/** The smooth lines forget half of a value in this part of an epoch, and at least so many steps. */
const memory = { epochs: 0.04, steps: 4 } as const;
/** More rows than this are thinned out: every other one goes, but for those of a validation. */
const mostRows = 800;

/** The curves of a training, from its first step on; they go with its checkpoint. */
export class History {
  readonly #halfLife: number;
  readonly #loss = new RunningMean();
  readonly #accuracy = new RunningMean();
  #rows: Row[];

  constructor(stepsPerEpoch: number, rows: readonly Row[] = []) {
    this.#halfLife = Math.max(memory.steps, memory.epochs * stepsPerEpoch);
    this.#rows = [...rows];
    const last = rows.findLast(({ smoothLoss }) => smoothLoss !== null);
    if (!last) return;
    this.#loss.add(last.smoothLoss ?? 0, this.#halfLife, this.#halfLife);
    this.#accuracy.add(last.smoothAccuracy ?? 0, this.#halfLife, this.#halfLife);
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  addSteps({ x, losses, right, examples }: Steps): Row {
    const steps = losses.length;
    const loss = losses.reduce((sum, each) => sum + each, 0) / steps;
    this.#loss.add(loss, steps, this.#halfLife);
    const accuracy = right / examples;
    this.#accuracy.add(accuracy, steps, this.#halfLife);
    const smooth = { smoothLoss: this.#loss.value, smoothAccuracy: this.#accuracy.value };
    return this.#add({ x, loss, accuracy, ...smooth, valLoss: null, valAccuracy: null });
  }

  addValidation(x: number, valLoss: number, valAccuracy: number): Row {
    const steps = { loss: null, smoothLoss: null, accuracy: null, smoothAccuracy: null };
    return this.#add({ x, ...steps, valLoss, valAccuracy });
  }

  #add(row: Row): Row {
    this.#rows.push(row);
    if (this.#rows.length > mostRows)
      this.#rows = this.#rows.filter(({ valLoss }, i) => valLoss !== null || i % 2 === 0);
    return row;
  }
}
