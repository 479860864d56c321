import type { BenchNetwork, Examples } from "../networks/network.ts";
import type { BenchWeight } from "../networks/weights.ts";

/** What the page asks of an engine: the network, the weights to start from, and the batch of every step. */
export interface Task {
  readonly network: BenchNetwork;
  readonly weights: readonly BenchWeight[];
  readonly examples: Examples;
  /** 0 where losses are to be compared: engines draw different masks. */
  readonly dropout: number;
}

/** A network in training. */
export interface Trainer {
  /** Submits one training step: forward, gradients, update, statistics of batch normalization. Waits for nothing. */
  step(): void;
  /** The loss of the last step, read from the device, so that all steps are done. */
  loss(): Promise<number>;
}

/** Readies the device; what comes back makes a network and its weights there, and whatever the engine compiles ahead. */
export type Engine = () => Promise<(task: Task) => Promise<Trainer>>;
