import { LossWatch } from "../../demo/shell/lostGpu.ts";
import type { Shape } from "../../src/core/types.ts";
import { encodePng, sideBySide } from "../../src/data/maskImage.ts";
import type { LabelledMasks } from "../../src/data/segmentation.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { type Scaling, standardScaling } from "../../src/data/statistics.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { unet } from "../../src/models/unet.ts";
import { evaluateSegmentation } from "../../src/nn/evaluateSegmentation.ts";
import type { Progress } from "../../src/nn/fit.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { summary } from "../../src/nn/summary.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import { type AugmentOptions, coverOf } from "../../src/ops/augment.ts";
import type { TestResult, TrainResult } from "../trainEvents.ts";
import { stepsPerEpoch, type UnetRequest } from "../unetRequest.ts";
import { countSubmits } from "./countSubmits.ts";
import { Curve } from "./curve.ts";
import { baseName, compileStep, saveCurve, snapshotEvery, type TrainPage, tunerOf } from "./pageParts.ts";
import { readMaskSets } from "./segmentationSets.ts";
import { trainingTime } from "./trainingTime.ts";

/** A section looks the same from all sides, and light and stain differ a little from one to the next. */
function augmentation({ elastic }: UnetRequest): AugmentOptions {
  return {
    horizontalFlip: true,
    verticalFlip: true,
    quarterTurns: true,
    brightness: 0.05,
    contrast: 0.1,
    ...(elastic > 0 ? { elastic: { deviation: elastic } } : {}),
  };
}

/** Batches of the first crops held out: enough for a learning curve, and little beside the steps of an epoch. */
const validationSteps = 8;

/** Trains U-Net on crops, predicts the whole images held out, and draws its learning curve. */
export async function trainSegmentation(gpu: Gpu, request: UnetRequest, page: TrainPage): Promise<TrainResult> {
  const { report, files } = page;
  const { size, base, depth, batch, seed } = request;
  const sets = await readMaskSets(request);
  const { channels, classes } = sets.train;
  const scaling = standardScaling(sets.train);
  const trainCrops = { size, augment: augmentation(request), cropsPerEpoch: stepsPerEpoch * batch, ...scaling };
  const data = segmentationDataset(gpu, sets.train, trainCrops);
  const validationData = segmentationDataset(gpu, sets.test, {
    size,
    cropsPerEpoch: Math.min(validationSteps * batch, coverOf(shapeOf(sets.test), size).crops),
    ...scaling,
  });
  const time = trainingTime(request, page.resume);
  const { learningRate } = time;
  let training = false;
  const model = await unet({
    inputShape: [size, size, channels],
    classes: classes.length,
    base,
    depth,
    padding: "same",
    batchNormalization: true,
  }).compile({
    gpu,
    seed,
    loss: "sparseCategoricalCrossentropy",
    optimizer: request.optimizer === "adam" ? adam({ learningRate }) : sgd({ learningRate, momentum: 0.9 }),
    onCompile: (done, total) => {
      if (!training) void report({ kind: "compile", done, total });
    },
    tune: tunerOf(page, () => training),
  });
  await files.resume(model);
  // What is told of the step is that of the kernels that are found fastest.
  const tunedMs = model.tuning && (await compileStep(model, data, batch));
  const plan = model.trainPlan(data, batch);
  await report({
    kind: "facts",
    facts: {
      train: sets.train.count,
      test: sets.test.count,
      height: sets.train.height,
      width: sets.train.width,
      examplesPerEpoch: data.count,
      summary: summary(model, { batchSize: batch }),
      params: model.parameterCount,
      peakBytes: plan.peakBytes,
      flopsPerStep: plan.flops,
      dispatchesPerStep: plan.calls.length,
    },
  });
  await report({ kind: "compiled", compileMs: tunedMs ?? (await compileStep(model, data, batch)) });
  const table = await files.profile(() => model.trainer(data, { batchSize: batch }));
  if (table) await report({ kind: "profile", table });

  training = true;
  page.onTraining();
  const submits = countSubmits(() => model.stepsDone);
  const signal = AbortSignal.any([page.signal, time.signal]);
  const readings: Progress[] = [];
  const { epochs } = time;
  const initialEpoch = model.epochsDone;
  const options = {
    epochs,
    initialEpoch,
    batchSize: batch,
    validationData,
    recovery: recovery({ snapshotEvery }),
    signal,
  };
  const losses = new LossWatch(model, () => void report({ kind: "lost" }));
  for await (const reading of model.fit(data, options)) {
    losses.look();
    const progress = time.estimate(reading);
    readings.push(progress);
    void report({ kind: "progress", progress });
    const kept = progress.epochEnd && (await files.keep(model, time.notes()));
    if (kept) void report({ kind: "checkpoint", epoch: progress.epoch });
  }
  const submitsPerStep = submits.end(stepsPerEpoch);
  const stopped = page.signal.aborted;
  const tested = stopped ? null : await testOn(sets.test, model, request, scaling, page);
  const score = tested ? `, membrane Dice ${tested.test.dice?.toFixed(3)} on images held out` : "";
  const title = `U-Net on ${baseName(request.data.name)}${score}`;
  const predictions: string[] = [];
  for (const png of tested?.pictures ?? []) {
    predictions.push(await files.save(`prediction-${predictions.length}.png`, png));
  }
  return {
    stopped,
    test: tested?.test ?? null,
    submitsPerStep,
    files: {
      weights: await files.save("unet.safetensors", await saveWeights(model)),
      curve: await saveCurve(page, drawCurve(readings), title),
      predictions,
    },
  };
}

function shapeOf({ count, height, width, channels }: LabelledMasks): Shape {
  return [count, height, width, channels];
}

/** How long a timed training was is known at its end, so its curve is drawn then. */
function drawCurve(readings: readonly Progress[]): Curve {
  const { epoch, step, steps } = readings.at(-1) ?? { epoch: 1, step: 0, steps: 1 };
  const curve = new Curve(Math.max(1, epoch - 1 + step / steps));
  for (const reading of readings) curve.add({ ...reading, epochs: epoch });
  return curve;
}

/** Scores on whole images, and a picture of image, truth and prediction for each. */
async function testOn(
  set: LabelledMasks,
  model: Model,
  { testTimeAugmentation }: UnetRequest,
  scaling: Scaling,
  { report }: TrainPage,
): Promise<{ readonly test: TestResult; readonly pictures: readonly Uint8Array<ArrayBuffer>[] }> {
  const { height, width, channels, images, masks, count } = set;
  const area = height * width;
  const pictures: Uint8Array<ArrayBuffer>[] = [];
  await report({ kind: "predict", done: 0, total: count });
  const { pixelAccuracy, iou, dice, confusion } = await evaluateSegmentation(model, set, {
    ...scaling,
    testTimeAugmentation,
    onImage: async (i, prediction) => {
      const image = images.subarray(i * area * channels, (i + 1) * area * channels);
      const truth = masks.subarray(i * area, (i + 1) * area);
      pictures.push(await encodePng(sideBySide(image, truth, prediction, { width, height, channels })));
      await report({ kind: "predict", done: i + 1, total: count });
    },
  });
  const last = set.classes.length - 1;
  return {
    test: {
      loss: null,
      accuracy: pixelAccuracy,
      pixelAccuracy,
      iou: iou[last] ?? Number.NaN,
      dice: dice[last] ?? Number.NaN,
      confusion,
    },
    pictures,
  };
}
