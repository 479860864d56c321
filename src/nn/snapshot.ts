import type { HostCopy } from "../gpu/hostCopy.ts";
import type { Watched } from "./watch.ts";

/** How far a training is: with weights and optimizer, all that it depends on. */
export interface Position {
  /** Updates made. */
  readonly step: number;
  /** Epochs finished. */
  readonly epoch: number;
  /** Steps done of the epoch under way. */
  readonly epochStep: number;
}

/** A training as it was after a step, in host memory. */
export interface TrainingSnapshot {
  readonly position: Position;
  readonly watched: Watched | null;
  /** Every arena of the model: weights, running statistics, optimizer state, totals of the epoch. */
  readonly values: HostCopy;
}

/** What trainings leave with a compiled model, beside its tensors. */
export interface TrainingMemory {
  /** How often weights were loaded: a training that is made again from a snapshot must not lose them. */
  loads: number;
  /** The last of a training with `recovery()`. */
  snapshot: TrainingSnapshot | null;
  /** What was learned from the losses of its epochs. */
  watched: Watched | null;
  /** Stands for the `fit` that was begun last. */
  fit: object | null;
  /** What the next `fit` is to go on from, where a checkpoint was loaded. */
  resumed: Watched | null;
}
