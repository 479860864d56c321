/**
 * `wgrad/ops`: what layers and losses of your own are made of. Functions from values to values, which add nodes to the graph
 * that is being described, and what an operator of your own is: `OpDef`, `apply`, and `readShader` for its WGSL.
 */
export { type KernelCall, type Operand, type Target, workgroupsFor } from "../core/call.ts";
export type { Value } from "../core/graph.ts";
export { apply, applyOne, type GradContext, type LowerContext, type OpDef } from "../core/op.ts";
export { readShader } from "../core/readShader.ts";
export type { ShaderModule } from "../core/shader.ts";
export { sizeOf, type TensorType, tensorType } from "../core/types.ts";
export {
  elu,
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
export { type ConvOptions, conv2d, conv2dTranspose } from "./conv.ts";
export { conv1d, conv1dTranspose } from "./conv1d.ts";
export { conv3d } from "./conv3d.ts";
export { conv3dTranspose } from "./conv3dTranspose.ts";
export { nllLoss, probabilityCrossEntropy, softmaxCrossEntropy, sparseFocalLoss } from "./crossEntropy.ts";
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
export { focalLoss } from "./focalLoss.ts";
export { bceWithLogits, binaryCrossEntropy, huberLoss, l1Loss, mseLoss, smoothL1Loss } from "./losses.ts";
export { dense, matmul } from "./matmul.ts";
export { groupNorm, instanceNorm, layerNorm } from "./norm.ts";
export { diceLoss, softIouLoss } from "./overlapLosses.ts";
export {
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
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
} from "./pool.ts";
export { argMax, max, mean, min, sum, variance } from "./reduce.ts";
export { depthwiseConv2d, separableConv2d } from "./separable.ts";
export { concat, expandDims, flatten, pad, permute, reshape, slice, squeeze } from "./shape.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { bedOfNails2d, upsampleBilinear2d, upsampleNearest2d } from "./upsample.ts";
