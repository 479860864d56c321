import type { Curve } from "../../demo/curve.ts";
import type { TrainEvent } from "../trainEvents.ts";
import type { Resume } from "../trainTask.ts";
import type { PageFiles } from "./pageFiles.ts";

/** What a training on a page needs from it. */
export interface TrainPage {
  readonly canvas: HTMLCanvasElement;
  readonly report: (event: TrainEvent) => Promise<void>;
  readonly files: PageFiles;
  /** Where the training stood that goes on; null for one that begins. */
  readonly resume: Resume | null;
  /** Ends the training after the step under way. */
  readonly signal: AbortSignal;
  /** Called before the first step: what fails from then on is a training that failed. */
  readonly onTraining: () => void;
}

/** A PNG of the learning curve, from the canvas that shows it; null where no step was made that it could show. */
export async function saveCurve({ files, canvas }: TrainPage, curve: Curve, title: string): Promise<string | null> {
  if (curve.isEmpty) return null;
  curve.setTitle(title);
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!picture) throw new Error("the browser could not make a PNG of the learning curve");
  return files.save("learning-curve.png", picture);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
