import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { unet } from "../../src/models/unet.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam, type Optimizer, sgd } from "../../src/nn/optimizers.ts";
import type { ScalePoint } from "./points.ts";

/** One timed block of training steps. */
export interface ScaleVisit {
  readonly msStep: number;
  /** Of `msStep`, what the host spent in submitting. */
  readonly jsMs: number;
  readonly steps: number;
  readonly dispatches: number;
  /** Of the step's plan. */
  readonly peakBytes: number;
  /** From `compile` to the first step done. */
  readonly firstStepMs: number;
}

const blockMs = 150;
const learningRate = 0.001;

/** Makes the model and its batch afresh, does two steps, and times a block of steps on that batch. */
export async function visitPoint(gpu: Gpu, point: ScalePoint): Promise<ScaleVisit> {
  const data = dataOf(gpu, point);
  const model = modelOf(point);
  try {
    const start = performance.now();
    const step = await trainer(gpu, model, data, point.batch, optimizerOf(point));
    await timed(gpu, step, 1);
    const firstStepMs = performance.now() - start;
    const { ms } = await timed(gpu, step, 1);
    const steps = Math.max(1, Math.ceil(blockMs / ms));
    const block = await timed(gpu, step, steps);
    const { calls, peakBytes } = model.trainPlan(data, point.batch);
    return {
      msStep: block.ms / steps,
      jsMs: block.jsMs / steps,
      steps,
      dispatches: calls.length,
      peakBytes,
      firstStepMs,
    };
  } finally {
    model.dispose();
    data.dispose();
  }
}

function optimizerOf({ model }: ScalePoint): Optimizer {
  return model === "lenet5" ? sgd({ learningRate, momentum: 0.9 }) : adam({ learningRate });
}

function modelOf(point: ScalePoint): Model {
  if (point.model === "lenet5") return lenet5();
  const { side, base, depth } = point;
  return unet({ inputShape: [side, side, 1], base, depth, padding: "same", batchNormalization: true });
}

/** Time does not depend on what the images show. */
function dataOf(gpu: Gpu, point: ScalePoint): Dataset {
  const side = point.model === "unet" ? point.side : 32;
  const images = Uint8Array.from({ length: point.batch * side ** 2 }, (_, i) => (i * 37) % 256);
  const sides = { name: "scale", count: point.batch, height: side, width: side, channels: 1, images };
  if (point.model === "lenet5") {
    const labels = Uint8Array.from({ length: point.batch }, (_, i) => i % 10);
    return imageDataset(gpu, { ...sides, labels, classes: 10 });
  }
  const masks = images.map((pixel) => pixel % 2);
  return segmentationDataset(gpu, { ...sides, masks, classes: ["even", "odd"] }, { size: side });
}

/** A function that submits one step on the whole batch. */
async function trainer(
  gpu: Gpu,
  model: Model,
  data: Dataset,
  batch: number,
  optimizer: Optimizer,
): Promise<() => void> {
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
  const commands = await model.trainCommands(data, batch);
  return () => {
    commands.write("cursor", Uint32Array.of(0, 0, 1, 0));
    commands.write("hyper", optimizer.hyper(model.stepsDone + 1, learningRate));
    commands.write("step", Uint32Array.of(model.stepsDone));
    commands.run();
    model.stepsDone++;
  };
}

async function timed(
  gpu: Gpu,
  step: () => void,
  steps: number,
): Promise<{ readonly ms: number; readonly jsMs: number }> {
  const start = performance.now();
  for (let i = 0; i < steps; i++) step();
  const jsMs = performance.now() - start;
  await gpu.device.queue.onSubmittedWorkDone();
  gpu.check();
  // Clocks of browsers stand still for 0.1 ms.
  return { ms: Math.max(0.05, performance.now() - start), jsMs };
}
