import type { Dataset } from "../../src/data/imageDataset.ts";
import type { Model } from "../../src/nn/model.ts";
import { type Tuner, tune } from "../../src/nn/tuning.ts";
import type { TrainEvent } from "../trainEvents.ts";
import type { Resume } from "../trainTask.ts";
import type { Curve } from "./curve.ts";
import type { PageFiles } from "./pageFiles.ts";

/** What a training on a page needs from it. */
export interface TrainPage {
  readonly report: (event: TrainEvent) => Promise<void>;
  readonly files: PageFiles;
  /** Where the training stood that goes on; null for one that begins. */
  readonly resume: Resume | null;
  /** Ends the training after the step under way. */
  readonly signal: AbortSignal;
  /** Called before the first step: what fails from then on is a training that failed. */
  readonly onTraining: () => void;
}

/** How many steps a lost device may take back: they are made again, bit for bit, on the next. */
export const snapshotEvery = 50;

/** Writes the learning curve as a PNG, and returns its name; null where no step was made that it could show. */
export async function saveCurve({ files }: TrainPage, curve: Curve, title: string): Promise<string | null> {
  return curve.isEmpty ? null : files.save("learning-curve.png", await curve.toPng(title));
}

/** How the kernels of a training are to be measured, if at all: what is told of it ends with the compilation. */
export function tunerOf({ files, report }: TrainPage, training: () => boolean): Tuner | null {
  const store = files.tuned;
  const onProgress = (done: number, total: number) => {
    if (!training()) void report({ kind: "tune", done, total });
  };
  return store ? tune({ store, onProgress }) : null;
}

/** Compiles the training step, and returns the milliseconds that it took, without those of measuring kernels. */
export async function compileStep(model: Model, data: Dataset, batch: number): Promise<number> {
  const from = performance.now();
  await model.trainCommands(data, batch);
  return performance.now() - from - 1000 * (model.tuning?.seconds ?? 0);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
