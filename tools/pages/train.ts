/**
 * The browser's side of tools/train.ts: does what `window.trainTask` says, and sends what happens back through
 * `window.report`. `window.stopTraining` ends the training after the step under way.
 */
import { Gpu } from "../../src/gpu/gpu.ts";
import type { TrainEvent } from "../trainEvents.ts";
import type { TrainTask } from "../trainTask.ts";
import { PageFiles } from "./pageFiles.ts";
import { trainClassifier } from "./trainClassifier.ts";
import { trainSegmentation } from "./trainSegmentation.ts";

declare global {
  interface Window {
    /** Put there by the command line. */
    trainTask?: TrainTask;
    /** Ends the training after the step under way. */
    stopTraining?: () => void;
  }
}

/** Put there by the command line. */
declare const report: (event: TrainEvent) => Promise<void>;

const stop = new AbortController();
window.stopTraining = () => stop.abort();
let training = false;

try {
  const task = window.trainTask;
  if (!task) throw new Error("the page has no task");
  const { request, resume } = task;
  const gpu = await Gpu.create();
  await report({ kind: "adapter", adapter: gpu.adapter });
  const onTraining = () => {
    training = true;
  };
  const page = { report, files: new PageFiles(task), resume, signal: stop.signal, onTraining };
  const result =
    request.model === "unet" ? await trainSegmentation(gpu, request, page) : await trainClassifier(gpu, request, page);
  await report({ kind: "end", result });
  gpu.dispose();
} catch (error) {
  await report({ kind: "error", message: error instanceof Error ? error.message : String(error), training });
}
