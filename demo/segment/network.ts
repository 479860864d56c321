import type { Dataset } from "../../src/data/imageDataset.ts";
import { unlabelled } from "../../src/data/scribbleDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/gpu/pipelines.ts";
import { unet } from "../../src/models/unet.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import type { TilePredictor } from "../../src/nn/predictTiles.ts";
import type { Trainer } from "../../src/nn/trainer.ts";

/** A network with what it learns from, and what predicts whole pictures by it. */
export interface Segmenter<D extends Dataset = Dataset> {
  readonly model: Model;
  readonly data: D;
  readonly trainer: Trainer;
  readonly predictor: TilePredictor;
}

export function disposeSegmenter({ model, data, trainer, predictor }: Segmenter): void {
  trainer.dispose();
  predictor.dispose();
  model.dispose();
  data.dispose();
}

export interface SegmenterOptions {
  readonly channels: number;
  readonly classes: number;
  /** Side of the crops that it learns from. */
  readonly crop: number;
  readonly onCompile: Progress;
}

/** Times that the network halves a picture: its sides must be multiples of 2^depth. */
const depth = 2;

/** How many steps a lost device may take back; they are made again, at a tenth of a second each on a software adapter. */
export const snapshotEvery = 16;

/** The rate from which each training starts, and to which each new stroke returns. */
export const firstRate = 0.01;

/**
 * The U-Net of this tab: 29,990 parameters for six classes of a colour picture, running averages among them. So small
 * that a software adapter makes a step on 8,192 pixels in 75 ms, and that few labels do not overfit it; three halvings
 * took 1.5 times as long and were no better on cells or photographs. Running averages follow within ten steps, since the
 * first overlay is due by then.
 */
export function compileSegmenter(gpu: Gpu, { channels, classes, crop, onCompile }: SegmenterOptions): Promise<Model> {
  const network = unet({
    inputShape: [crop, crop, channels],
    classes,
    base: 8,
    depth,
    padding: "same",
    batchNormalization: { momentum: 0.9, epsilon: 1e-3 },
  });
  return network.compile({
    gpu,
    optimizer: adam({ learningRate: firstRate }),
    loss: sparseCategoricalCrossentropy({ ignoreClass: unlabelled }),
    onCompile,
  });
}

/** The least sides that the network takes and a picture fits into. */
export function sidesFor({ height, width }: { readonly height: number; readonly width: number }): [number, number] {
  const up = (side: number) => Math.ceil(side / 2 ** depth) * 2 ** depth;
  return [up(height), up(width)];
}
