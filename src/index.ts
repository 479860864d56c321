/**
 * Trains convolutional networks on the GPU, in the browser. Beside it: `wgrad/models`, networks of the textbooks;
 * `wgrad/data`, data sets and what reads them; `wgrad/io`, files; `wgrad/ops`, what layers of your own are made of.
 *
 *     const gpu = await Gpu.create();
 *     const model = lenet5();
 *     const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
 *     await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
 *     for await (const { loss, accuracy } of model.fit(imageDataset(gpu, images), { epochs: 3, batchSize: 64 })) { .. }
 *
 * In the examples `gpu` is such a device, `model` a compiled classifier of digits, `segmenter` one of pixels, `data` a
 * data set and `image` an input of 28x28 pixels. What stands behind `// =>` is checked in the tests.
 *
 * @module wgrad
 */
export * from "./core/errors.ts";
export type { Graph, Initial, Node, Role, Source, Value, Variable } from "./core/graph.ts";
export {
  type NamedPlace,
  type Place,
  type Plan,
  type PlannedBuffer,
  type PlannedCall,
  printPlan,
  type SlotTensor,
} from "./core/plan.ts";
export { printGraph } from "./core/print.ts";
export type { DType, Shape, TensorType } from "./core/types.ts";
export { type AdapterFacts, Gpu, type GpuOptions } from "./gpu/gpu.ts";
export type { BufferRange, CommandEncoder } from "./gpu/lent.ts";
export type { TunedChoice } from "./gpu/tune.ts";
export type { Activation, ActivationName } from "./nn/activations.ts";
export { type Auc, type AucOptions, type AucScore, auc } from "./nn/auc.ts";
export { loadCheckpoint, type Notes, saveCheckpoint, saveSnapshot } from "./nn/checkpoint.ts";
export { chromeTrace } from "./nn/chromeTrace.ts";
export type { CompileOptions } from "./nn/compile.ts";
export * as constraints from "./nn/constraints.ts";
export type { EvaluateOptions, Evaluation } from "./nn/evaluate.ts";
export {
  type EvaluateSegmentationOptions,
  evaluateSegmentation,
  type SegmentationScores,
} from "./nn/evaluateSegmentation.ts";
export type { EpochResult, Fit, FitOptions, History, Progress } from "./nn/fit.ts";
export { Forward, type ForwardOptions } from "./nn/forward.ts";
export * as initializers from "./nn/initializers.ts";
export { type CallContext, inputLayer as input, Layer, type SymbolicTensor, type Weight } from "./nn/layer.ts";
export * from "./nn/layers.ts";
export { logProgress } from "./nn/logProgress.ts";
export type { Loss, LossName } from "./nn/losses.ts";
export * as losses from "./nn/losses.ts";
export * as metrics from "./nn/metrics.ts";
export { Model, model, sequential } from "./nn/model.ts";
export type { NamedWeight, NetworkOptions } from "./nn/network.ts";
export * from "./nn/optimizers.ts";
export type { EarlyStoppingOptions } from "./nn/plateau.ts";
export type { PredictOptions } from "./nn/predict.ts";
export {
  maskOf,
  type PredictImageOptions,
  predictTiles,
  type TileImage,
  type TileOptions,
  TilePredictor,
} from "./nn/predictTiles.ts";
export type { Ceilings, DispatchWork, NamedWork, Profile, Work } from "./nn/profile.ts";
export { type ProfileOptions, profileStep } from "./nn/profileStep.ts";
export { recompute } from "./nn/recompute.ts";
export { type Recoverer, type RecoveryOptions, recovery } from "./nn/recovery.ts";
export * as regularizers from "./nn/regularizers.ts";
export * as schedules from "./nn/schedules.ts";
export { showProfile } from "./nn/showProfile.ts";
export { type SummaryOptions, summary } from "./nn/summary.ts";
export { type IdleOptions, type StepOptions, Trainer, type TrainerOptions } from "./nn/trainer.ts";
export { type NewHeadOptions, withNewHead } from "./nn/transfer.ts";
export { type TuneOptions, type Tuner, type TuningReport, tune } from "./nn/tuning.ts";
export { loadWeights, saveWeights } from "./nn/weightFiles.ts";
export type { RandomSource } from "./ops/dropout.ts";
export type { Padding, Sides } from "./ops/window.ts";
export type { Recompute } from "./passes/index.ts";
export type { RecomputePolicy } from "./passes/recomputeChoice.ts";
export { type Colour, type PaintOptions, PicturePainter, type PicturePainterOptions } from "./pictures/painter.ts";
export { PictureReader, type PictureReaderOptions, type Rectangle } from "./pictures/reader.ts";
export type { Frame, GpuPicture, PagePicture, PictureSource, PixelBytes } from "./pictures/source.ts";
