/**
 * Networks of the textbooks, and the blocks that they are made of: each reads like the table of its paper. Weights start
 * from the seed of `compile`.
 *
 * @module wgrad/models
 */
export { type AlexnetOptions, alexnet } from "./alexnet.ts";
export type { NormOptions } from "./blocks.ts";
export { type DenseBlockOptions, type DensenetOptions, denseBlock, densenet, denseTransition } from "./densenet.ts";
export { type FcnHeadOptions, fcnHead } from "./fcn.ts";
export { type InceptionOptions, inceptionModule } from "./inception.ts";
export { type KerasUnetOptions, kerasUnet } from "./kerasUnet.ts";
export { lenet5 } from "./lenet5.ts";
export { type MlpOptions, mlp } from "./mlp.ts";
export { type ClassesOption, type MnistKerasOptions, mnistDeep, mnistKeras, mnistStrided } from "./mnist.ts";
export {
  basicBlock,
  bottleneckBlock,
  type ResidualBlockOptions,
  type ResnetOptions,
  resnet18,
  resnet34,
  resnet50,
} from "./resnet.ts";
export { type UnetOptions, unet } from "./unet.ts";
export { type VggOptions, vgg16 } from "./vgg.ts";
export { type VnetBlockOptions, type VnetStepOptions, vnetBlock, vnetDown, vnetUp } from "./vnet.ts";
