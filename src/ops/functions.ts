/**
 * What layers and losses of your own are made of. Functions from values to values, which add nodes to the graph that is
 * being described, and what an operator of your own is: `OpDef`, `apply`, and `readShader` for its WGSL.
 *
 * In the examples `x` is f32[2, 8, 8, 4], two images of 8x8 pixels and 4 channels, and `channel` has a number for each
 * of these; `kernel` and `bias` make 6 channels of them by windows of 3x3. `sequence` is f32[2, 10, 4], `volume`
 * f32[2, 8, 8, 8, 4]. `a` is f32[5, 3], with `targets` of its shape, and `b` f32[3, 2]; `logits` are f32[5, 10], for
 * `classes`, i32[5].
 *
 * @module wgrad/ops
 */
export { type KernelCall, type Operand, type Target, type TargetLimits, workgroupsFor } from "../core/call.ts";
export { makeGraph, type Value } from "../core/graph.ts";
export { type Attrs, apply, applyOne, type GradContext, type LowerContext, type OpDef } from "../core/op.ts";
export type { Reduction } from "../core/options.ts";
export { readShader } from "../core/readShader.ts";
export type { ShaderBinding, ShaderModule, UniformMember, UniformStruct } from "../core/shader.ts";
export { type DType, type Shape, sizeOf, type TensorType, tensorType } from "../core/types.ts";
export {
  elu,
  type GeluOptions,
  gelu,
  hardsigmoid,
  hardswish,
  leakyRelu,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  swish,
  tanh,
} from "./activations.ts";
export { conv2d, conv2dTranspose } from "./conv.ts";
export { conv1d, conv1dTranspose } from "./conv1d.ts";
export { conv3d } from "./conv3d.ts";
export { conv3dTranspose } from "./conv3dTranspose.ts";
export type { ConvOptions, ConvTransposeOptions } from "./convGeometry.ts";
export {
  type CrossEntropyOptions,
  type NllOptions,
  nllLoss,
  probabilityCrossEntropy,
  type SparseFocalOptions,
  softmaxCrossEntropy,
  sparseFocalLoss,
} from "./crossEntropy.ts";
export {
  abs,
  add,
  addScalar,
  broadcastTo,
  clamp,
  div,
  equal,
  erf,
  exp,
  fill,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  scale,
  sign,
  sqrt,
  square,
  step,
  stopGradient,
  sub,
  zerosLike,
} from "./elementwise.ts";
export { type FocalLossOptions, focalLoss } from "./focalLoss.ts";
export {
  type BceWithLogitsOptions,
  bceWithLogits,
  binaryCrossEntropy,
  type HuberOptions,
  huberLoss,
  type LossOptions,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from "./losses.ts";
export { dense, type MatmulAttrs, matmul } from "./matmul.ts";
export {
  type GroupNormOptions,
  groupNorm,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
} from "./norm.ts";
export { diceLoss, type OverlapLossOptions, softIouLoss } from "./overlapLosses.ts";
export type { PadOptions } from "./pad.ts";
export {
  type AvgPoolOptions,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  type GlobalPoolOptions,
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  maxPool1d,
  maxPool2d,
  maxPoolWithIndices2d,
  maxUnpool2d,
  minPool1d,
  minPool2d,
  type PoolWithIndices,
  type UnpoolOptions,
} from "./pool.ts";
export type { DilatedPoolOptions, PoolOptions } from "./poolWindow.ts";
export {
  type ArgMaxOptions,
  argMax,
  max,
  mean,
  min,
  type ReduceOptions,
  sum,
  type VarianceOptions,
  variance,
} from "./reduce.ts";
export { type DepthwiseOptions, depthwiseConv2d, separableConv2d } from "./separable.ts";
export { concat, expandDims, flatten, pad, permute, reshape, slice, squeeze } from "./shape.ts";
export { logSoftmax, type SoftmaxOptions, softmax } from "./softmax.ts";
export {
  type BilinearOptions,
  bedOfNails2d,
  type UpsampleOptions,
  upsampleBilinear2d,
  upsampleNearest2d,
} from "./upsample.ts";
export type { Padding, Sides } from "./window.ts";
