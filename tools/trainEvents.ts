import type { AdapterFacts } from "../src/gpu/gpu.ts";
import type { Progress } from "../src/nn/fit.ts";
import type { Confusion } from "../src/nn/metrics.ts";

/** What is known of a training before its first step. */
export interface TrainFacts {
  /** Images to train on, and images held out. */
  readonly train: number;
  readonly test: number;
  readonly height: number;
  readonly width: number;
  /** Examples of one epoch: the images themselves, or crops of them. */
  readonly examplesPerEpoch: number;
  readonly summary: string;
  readonly params: number;
  readonly peakBytes: number;
  readonly flopsPerStep: number;
  readonly dispatchesPerStep: number;
}

/** Scores on the images held out. */
export interface TestResult {
  /** Null where only the answers are scored. */
  readonly loss: number | null;
  readonly accuracy: number;
  /** Of a segmentation: `iou` and `dice` are those of the class that is looked for, the last. */
  readonly pixelAccuracy?: number;
  readonly iou?: number;
  readonly dice?: number;
  /** Row = truth, column = answer: images, or pixels of a segmentation. */
  readonly confusion: Confusion;
}

export interface TrainResult {
  readonly stopped: boolean;
  /** Null when the training was stopped. */
  readonly test: TestResult | null;
  readonly submitsPerStep: number;
  /** Names of files in the folder of the results. */
  readonly files: {
    readonly weights: string;
    /** Null where there was no step to make. */
    readonly curve: string | null;
    readonly predictions: readonly string[];
  };
}

/** What the page tells the command line as it goes. */
export type TrainEvent =
  | { readonly kind: "adapter"; readonly adapter: AdapterFacts }
  | { readonly kind: "facts"; readonly facts: TrainFacts }
  /** Choices of kernels that are measured, of so many. */
  | { readonly kind: "tune"; readonly done: number; readonly total: number }
  | { readonly kind: "compile"; readonly done: number; readonly total: number }
  | { readonly kind: "compiled"; readonly compileMs: number }
  /** A table of what the kernels of a step take. */
  | { readonly kind: "profile"; readonly table: string }
  | { readonly kind: "progress"; readonly progress: Progress }
  /** The GPU was lost; the training goes on on another. */
  | { readonly kind: "lost" }
  /** The training as it was after this epoch is kept. */
  | { readonly kind: "checkpoint"; readonly epoch: number }
  /** Images held out that are predicted, of so many. */
  | { readonly kind: "predict"; readonly done: number; readonly total: number }
  | { readonly kind: "end"; readonly result: TrainResult }
  /** `training` tells a training that failed from one that could not begin. */
  | { readonly kind: "error"; readonly message: string; readonly training: boolean };
