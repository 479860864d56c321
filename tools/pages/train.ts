/**
 * The browser's side of tools/train.ts: trains a model as the query's `request` says, and sends what happens back
 * through `window.report`. `window.stopTraining` ends the training after the step under way.
 */

import { compileModel } from "../../demo/compileModel.ts";
import { Curve, lightPalette } from "../../demo/curve.ts";
import {
  canvasSide,
  digitCounts,
  digitScaling,
  drawDigitSets,
  type ImageSets,
  readServedSets,
  takeFirst,
} from "../../demo/data.ts";
import type { TrainRequest } from "../../demo/request.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { type AdapterFacts, Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/nn/fit.ts";
import type { Evaluation } from "../../src/nn/model.ts";
import { countSubmits } from "./countSubmits.ts";

export interface TrainFacts {
  readonly train: number;
  readonly test: number;
  readonly height: number;
  readonly width: number;
  readonly summary: string;
  readonly params: number;
  readonly peakBytes: number;
  readonly flopsPerStep: number;
  readonly dispatchesPerStep: number;
}

export interface TrainResult {
  readonly stopped: boolean;
  /** Null when the training was stopped. */
  readonly test: Evaluation | null;
  readonly submitsPerStep: number;
  readonly files: readonly { readonly name: string; readonly base64: string }[];
}

export type TrainEvent =
  | { readonly kind: "adapter"; readonly adapter: AdapterFacts }
  | { readonly kind: "facts"; readonly facts: TrainFacts }
  | { readonly kind: "compile"; readonly done: number; readonly total: number }
  | { readonly kind: "compiled"; readonly compileMs: number }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "end"; readonly result: TrainResult }
  /** `training` tells a training that failed from one that could not begin. */
  | { readonly kind: "error"; readonly message: string; readonly training: boolean };

declare global {
  interface Window {
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
  const request: TrainRequest = JSON.parse(new URLSearchParams(location.search).get("request") ?? "");
  const gpu = await Gpu.create();
  await report({ kind: "adapter", adapter: gpu.adapter });
  await report({ kind: "end", result: await train(gpu, request) });
  gpu.dispose();
} catch (error) {
  await report({ kind: "error", message: error instanceof Error ? error.message : String(error), training });
}

async function train(gpu: Gpu, request: TrainRequest): Promise<TrainResult> {
  const { epochs, batch } = request;
  const sets = await readSets(request);
  const [trainData, testData] = [sets.train, sets.test].map((set) =>
    imageDataset(gpu, set, { ...digitScaling, height: canvasSide, width: canvasSide }),
  );
  if (!trainData || !testData) throw new Error("unreachable: two sets make two data sets");
  const model = await compileModel(gpu, request, (done, total) => {
    if (!training) void report({ kind: "compile", done, total });
  });
  const plan = model.trainPlan(trainData, batch);
  await report({
    kind: "facts",
    facts: {
      train: sets.train.count,
      test: sets.test.count,
      height: sets.train.height,
      width: sets.train.width,
      summary: model.summary({ batchSize: batch }),
      params: model.parameterCount,
      peakBytes: plan.peakBytes,
      flopsPerStep: plan.flops,
      dispatchesPerStep: plan.calls.length,
    },
  });
  const before = performance.now();
  await model.trainCommands(trainData, batch);
  await report({ kind: "compiled", compileMs: performance.now() - before });

  const canvas = document.querySelector("canvas");
  if (!canvas) throw new Error("the page has no canvas");
  const curve = new Curve(canvas, { palette: lightPalette, responsive: false, pixelRatio: 2 });
  curve.begin(epochs);
  training = true;
  const submits = countSubmits(() => model.stepsDone);
  const fit = model.fit(trainData, { epochs, batchSize: batch, validationData: testData, signal: stop.signal });
  for await (const progress of fit) {
    curve.add(progress);
    void report({ kind: "progress", progress });
  }
  const submitsPerStep = submits.end(Math.ceil(sets.train.count / batch));
  const stopped = stop.signal.aborted;
  const test = stopped ? null : await model.evaluate(testData, { batchSize: batch });
  const score = test
    ? `, ${(100 * test.accuracy).toFixed(2)} % of ${sets.test.count.toLocaleString("en")} test images right`
    : "";
  curve.setTitle(`LeNet-5 on ${request.data.name.split(/[\\/]/).at(-1)}${score}`);
  const weights = new Blob([await model.saveWeights()]);
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!picture) throw new Error("the browser could not make a PNG of the learning curve");
  return {
    stopped,
    test,
    submitsPerStep,
    files: [
      { name: `${request.model}.safetensors`, base64: await base64Of(weights) },
      { name: "learning-curve.png", base64: await base64Of(picture) },
    ],
  };
}

async function readSets({ data, limit }: TrainRequest): Promise<ImageSets> {
  if (data.url === null) {
    const count = limit === null ? digitCounts.train : Math.min(limit, digitCounts.train);
    return drawDigitSets({ train: count, test: digitCounts.test });
  }
  const sets = await readServedSets(data.url, data.name);
  return limit === null ? sets : { ...sets, train: takeFirst(sets.train, limit) };
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}
