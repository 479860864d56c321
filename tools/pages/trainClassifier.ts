import { compileModel } from "../../demo/digits/compileModel.ts";
import { networks } from "../../demo/digits/networks.ts";
import type { TrainRequest } from "../../demo/digits/request.ts";
import {
  digitCounts,
  digitScaling,
  drawDigitSets,
  type ImageSets,
  readServedSets,
  takeFirst,
} from "../../demo/digits/sets.ts";
import { LossWatch } from "../../demo/shell/lostGpu.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { summary } from "../../src/nn/summary.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import type { TrainResult } from "../trainEvents.ts";
import { countSubmits } from "./countSubmits.ts";
import { Curve } from "./curve.ts";
import { baseName, compileStep, saveCurve, snapshotEvery, type TrainPage, tunerOf } from "./pageParts.ts";

/** Trains LeNet-5, tests it, and draws its learning curve. */
export async function trainClassifier(gpu: Gpu, request: TrainRequest, page: TrainPage): Promise<TrainResult> {
  const { report, files, signal } = page;
  const { epochs, batch } = request;
  const { side, make } = networks.lenet5;
  const sets = await readSets(request);
  const [trainData, testData] = [sets.train, sets.test].map((set) =>
    imageDataset(gpu, set, { ...digitScaling, height: side, width: side }),
  );
  if (!trainData || !testData) throw new Error("unreachable: two sets make two data sets");
  let training = false;
  const onCompile = (done: number, total: number) => {
    if (!training) void report({ kind: "compile", done, total });
  };
  const tune = tunerOf(page, () => training);
  const model = await compileModel(make(), gpu, request, onCompile, tune);
  await files.resume(model);
  // What is told of the step is that of the kernels that are found fastest.
  const tunedMs = model.tuning && (await compileStep(model, trainData, batch));
  const plan = model.trainPlan(trainData, batch);
  await report({
    kind: "facts",
    facts: {
      train: sets.train.count,
      test: sets.test.count,
      height: sets.train.height,
      width: sets.train.width,
      examplesPerEpoch: sets.train.count,
      summary: summary(model, { batchSize: batch }),
      params: model.parameterCount,
      peakBytes: plan.peakBytes,
      flopsPerStep: plan.flops,
      dispatchesPerStep: plan.calls.length,
    },
  });
  await report({ kind: "compiled", compileMs: tunedMs ?? (await compileStep(model, trainData, batch)) });
  const table = await files.profile(() => model.trainer(trainData, { batchSize: batch }));
  if (table) await report({ kind: "profile", table });

  const curve = new Curve(epochs);
  training = true;
  page.onTraining();
  const submits = countSubmits(() => model.stepsDone);
  const initialEpoch = model.epochsDone;
  const options = {
    epochs,
    initialEpoch,
    batchSize: batch,
    validationData: testData,
    recovery: recovery({ snapshotEvery }),
    signal,
  };
  const losses = new LossWatch(model, () => void report({ kind: "lost" }));
  for await (const progress of model.fit(trainData, options)) {
    losses.look();
    curve.add(progress);
    void report({ kind: "progress", progress });
    if (progress.epochEnd && (await files.keep(model))) void report({ kind: "checkpoint", epoch: progress.epoch });
  }
  const submitsPerStep = submits.end(Math.ceil(sets.train.count / batch));
  const stopped = signal.aborted;
  const test = stopped ? null : await model.evaluate(testData, { batchSize: batch });
  const score = test
    ? `, ${(100 * test.accuracy).toFixed(2)} % of ${sets.test.count.toLocaleString("en")} test images right`
    : "";
  const title = `LeNet-5 on ${baseName(request.data.name)}${score}`;
  return {
    stopped,
    test: test && { loss: test.loss, accuracy: test.accuracy, confusion: test.confusion },
    submitsPerStep,
    files: {
      weights: await files.save("lenet5.safetensors", await saveWeights(model)),
      curve: await saveCurve(page, curve, title),
      predictions: [],
    },
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
