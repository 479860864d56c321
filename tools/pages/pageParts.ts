import type { Curve } from "../../demo/curve.ts";
import type { Model } from "../../src/nn/model.ts";
import type { TrainEvent, TrainResult } from "../trainEvents.ts";

/** What a training on a page needs from it. */
export interface TrainPage {
  readonly canvas: HTMLCanvasElement;
  readonly report: (event: TrainEvent) => Promise<void>;
  /** Ends the training after the step under way. */
  readonly signal: AbortSignal;
  /** Called before the first step: what fails from then on is a training that failed. */
  readonly onTraining: () => void;
}

/** Weights and learning curve, in the order of `TrainResult.files`. */
export async function resultFiles(
  name: string,
  model: Model,
  curve: Curve,
  canvas: HTMLCanvasElement,
  title: string,
): Promise<TrainResult["files"]> {
  curve.setTitle(title);
  const weights = new Blob([await model.saveWeights()]);
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!picture) throw new Error("the browser could not make a PNG of the learning curve");
  return [
    { name: `${name}.safetensors`, base64: await base64Of(weights) },
    { name: "learning-curve.png", base64: await base64Of(picture) },
  ];
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

export function base64Of(blob: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}
