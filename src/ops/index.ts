import type { OpDef } from "../core/op.ts";
import { aucOp } from "./auc.ts";
import { gatherCropsOp } from "./augment.ts";
import { adaptiveAvgPool2dBackwardOp, adaptiveAvgPool2dOp, avgPool2dBackwardOp, avgPool2dOp } from "./avgPool.ts";
import { gatherBatchOp } from "./batch.ts";
import { batchNormApplyOp, batchNormGradientOp, batchNormOp, batchNormWeightGradientOp } from "./batchNorm.ts";
import { concatOp, splitOp } from "./concat.ts";
import { conv2dInputGradientOp, conv2dKernelGradientOp, conv2dOp } from "./conv.ts";
import { conv3dInputGradientOp, conv3dKernelGradientOp, conv3dOp } from "./conv3d.ts";
import { crossEntropyGradientOp, crossEntropyOp, crossEntropyWithGradientOp } from "./crossEntropy.ts";
import { dropoutOp, gaussianNoiseOp } from "./dropout.ts";
import { elementwise } from "./elementwise.ts";
import { lossGradientOp, lossTermsOp } from "./losses.ts";
import { denseKernelGradientOp, denseOp, matmulOp } from "./matmul.ts";
import { maxNormOp } from "./maxNorm.ts";
import { maxPool2dBackwardOp, maxPool2dOp, minPool2dOp } from "./maxPool.ts";
import { maxUnpool2dBackwardOp, maxUnpool2dOp } from "./maxUnpool.ts";
import { accumulateClassificationOp } from "./metrics.ts";
import { normalizeGradientOp, normalizeOp } from "./norm.ts";
import { adagradOp, adamOp, gradientNormOp, momentumOp, rmspropOp, sgdOp } from "./optimizers.ts";
import { overlapLossGradientOp, overlapLossOp } from "./overlapLosses.ts";
import { mirrorPadBackwardOp, mirrorPadOp } from "./pad.ts";
import { constantFillOp, randomFillOp } from "./random.ts";
import { argMaxOp, maxOp, minOp, sumOp } from "./reduce.ts";
import { reshapeOp } from "./reshape.ts";
import {
  growBilinear2dOp,
  resizeLinearBackwardOp,
  resizeLinearOp,
  upsampleNearest2dBackwardOp,
  upsampleNearest2dOp,
} from "./resize.ts";
import { permuteOp } from "./shape.ts";
import { sliceOp, spreadOp } from "./slice.ts";
import { logSoftmaxGradOp, logSoftmaxOp, softmaxGradOp, softmaxOp } from "./softmax.ts";
import { turnFiltersOp } from "./turnFilters.ts";

/** Every operator, a line each, backward kernels under their forward: the README's table is made from it. */
export const registry: readonly OpDef[] = Object.freeze<OpDef[]>([
  elementwise,
  matmulOp,
  denseOp,
  denseKernelGradientOp,
  conv2dOp,
  conv2dInputGradientOp,
  conv2dKernelGradientOp,
  turnFiltersOp,
  conv3dOp,
  conv3dInputGradientOp,
  conv3dKernelGradientOp,
  maxPool2dOp,
  minPool2dOp,
  maxPool2dBackwardOp,
  maxUnpool2dOp,
  maxUnpool2dBackwardOp,
  avgPool2dOp,
  avgPool2dBackwardOp,
  adaptiveAvgPool2dOp,
  adaptiveAvgPool2dBackwardOp,
  batchNormOp,
  batchNormApplyOp,
  batchNormGradientOp,
  batchNormWeightGradientOp,
  normalizeOp,
  normalizeGradientOp,
  dropoutOp,
  gaussianNoiseOp,
  upsampleNearest2dOp,
  upsampleNearest2dBackwardOp,
  growBilinear2dOp,
  resizeLinearOp,
  resizeLinearBackwardOp,
  reshapeOp,
  permuteOp,
  concatOp,
  splitOp,
  sliceOp,
  spreadOp,
  mirrorPadOp,
  mirrorPadBackwardOp,
  sumOp,
  maxOp,
  minOp,
  argMaxOp,
  softmaxOp,
  softmaxGradOp,
  logSoftmaxOp,
  logSoftmaxGradOp,
  crossEntropyOp,
  crossEntropyGradientOp,
  crossEntropyWithGradientOp,
  lossTermsOp,
  lossGradientOp,
  overlapLossOp,
  overlapLossGradientOp,
  sgdOp,
  momentumOp,
  adamOp,
  rmspropOp,
  adagradOp,
  gradientNormOp,
  maxNormOp,
  gatherBatchOp,
  gatherCropsOp,
  accumulateClassificationOp,
  aucOp,
  randomFillOp,
  constantFillOp,
]);
