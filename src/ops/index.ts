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
import { gatherRowsOp } from "./gatherRows.ts";
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

/**
 * Every operator and what it does, a line each, backward kernels under their forward: the README's table is made from it.
 * The library itself carries no such texts.
 */
export const catalogue: ReadonlyMap<OpDef, string> = new Map<OpDef, string>([
  [elementwise, "Elementwise function, or a fused chain of them"],
  [matmulOp, "Matrix product, batched, either side transposed"],
  [denseOp, "Fully connected layer"],
  [denseKernelGradientOp, "Gradient of a fully connected layer by its kernel and bias"],
  [conv2dOp, "2-D convolution: stride, dilation, groups, any padding"],
  [conv2dInputGradientOp, "Gradient of conv2d by its input; the forward pass of the transposed convolution"],
  [conv2dKernelGradientOp, "Gradient of conv2d by its kernel and bias"],
  [turnFiltersOp, "Filters with channels last, for the gradients of convolutions by their inputs"],
  [conv3dOp, "3-D convolution: stride, dilation, groups, any padding"],
  [conv3dInputGradientOp, "Gradient of conv3d by its input; the forward pass of the transposed convolution"],
  [conv3dKernelGradientOp, "Gradient of conv3d by its kernel and bias"],
  [maxPool2dOp, "Largest value of each window, and where it was"],
  [minPool2dOp, "Smallest value of each window, and where it was"],
  [maxPool2dBackwardOp, "Gradient of max and min pooling"],
  [maxUnpool2dOp, "Values back to the places where max pooling found them"],
  [maxUnpool2dBackwardOp, "Gradient of max unpooling"],
  [avgPool2dOp, "Mean of each window"],
  [avgPool2dBackwardOp, "Gradient of average pooling; average unpooling"],
  [adaptiveAvgPool2dOp, "Mean over windows chosen for a wanted output size"],
  [adaptiveAvgPool2dBackwardOp, "Gradient of adaptive average pooling"],
  [batchNormOp, "Batch normalization in training, with running statistics"],
  [batchNormApplyOp, "The result of batchNorm once more, from its statistics"],
  [batchNormGradientOp, "Gradient of batchNorm by its input, weight and bias"],
  [batchNormWeightGradientOp, "Gradient of batchNorm by its weight and bias alone"],
  [normalizeOp, "Layer, group and instance normalization, before weight and bias"],
  [normalizeGradientOp, "Gradient of normalize by its input"],
  [dropoutOp, "Sets a seeded random share of the elements to 0; the mask is drawn again in the backward pass"],
  [gaussianNoiseOp, "Adds seeded normal noise"],
  [upsampleNearest2dOp, "Resizing by the nearest pixel"],
  [upsampleNearest2dBackwardOp, "Gradient of resizing by the nearest pixel"],
  [growBilinear2dOp, "Growing by bilinear interpolation"],
  [resizeLinearOp, "Resizing of one axis by linear interpolation"],
  [resizeLinearBackwardOp, "Gradient of resizing by linear interpolation"],
  [reshapeOp, "The same elements under another shape"],
  [permuteOp, "Axes in another order"],
  [concatOp, "Tensors joined along an axis"],
  [splitOp, "A tensor in parts along an axis: the gradient of concat"],
  [sliceOp, "A block of a tensor, with steps"],
  [spreadOp, "A tensor placed into a block of one value: constant padding, cropping, bed of nails"],
  [mirrorPadOp, "One axis padded by reflection or by repeating the border"],
  [mirrorPadBackwardOp, "Gradient of padding by reflection or by repeating the border"],
  [sumOp, "Sum over axes"],
  [maxOp, "Largest over axes; equal ones share the gradient"],
  [minOp, "Smallest over axes; equal ones share the gradient"],
  [argMaxOp, "Index (i32) of the first largest element along an axis"],
  [softmaxOp, "exp(x) / sum exp(x) along an axis"],
  [softmaxGradOp, "Gradient of softmax from its result y and dy"],
  [logSoftmaxOp, "x - log sum exp(x) along an axis"],
  [logSoftmaxGradOp, "Gradient of logSoftmax from its result y and dy"],
  [crossEntropyOp, "Cross-entropy from logits or log-probabilities, with class indices or probabilities"],
  [crossEntropyGradientOp, "Gradient of crossEntropy by its scores"],
  [crossEntropyWithGradientOp, "crossEntropy and its gradient by its scores in one"],
  [lossTermsOp, "Terms of MSE, L1, Huber, smooth L1, binary and focal cross-entropy"],
  [lossGradientOp, "Gradient of lossTerms"],
  [overlapLossOp, "Dice and soft IoU loss of probabilities, with class indices or numbers as targets"],
  [overlapLossGradientOp, "Gradient of overlapLoss by its probabilities"],
  [sgdOp, "Gradient descent step over all parameters, with weight decay"],
  [momentumOp, "Gradient descent step with momentum, dampening, Nesterov, weight decay"],
  [adamOp, "Adam, AdamW and AMSGrad step over all parameters"],
  [rmspropOp, "RMSprop step over all parameters, centered or not, with momentum or not"],
  [adagradOp, "Adagrad step over all parameters"],
  [gradientNormOp, "Euclidean norm over all gradients together"],
  [maxNormOp, "Limits the Euclidean norm of the weights of each unit, in place"],
  [gatherBatchOp, "Shuffled, normalized batch of a data set on the GPU"],
  [gatherRowsOp, "Shuffled batch of the rows of a table of numbers on the GPU"],
  [
    gatherCropsOp,
    "Random crops of images and masks on the GPU: flips, quarter turns, elastic deformation, brightness, contrast",
  ],
  [accumulateClassificationOp, "Sum of losses, right answers, rows, confusion matrix, and a ring of the last losses"],
  [aucOp, "Histograms of scores by class over an evaluation, for the area under the ROC curve"],
  [randomFillOp, "Overwrites a variable with seeded uniform or normal numbers, the same on every device"],
  [constantFillOp, "Overwrites a variable with one value"],
]);
