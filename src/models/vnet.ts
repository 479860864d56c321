import { checkNames } from "../core/options.ts";
import type { SymbolicTensor } from "../nn/layer.ts";
import { add, conv3d, conv3dTranspose, prelu } from "../nn/layers.ts";

export interface VnetBlockOptions {
  readonly name: string;
  /** Channels of the result. */
  readonly filters: number;
  /** 5x5x5 convolutions: 1, 2, then 3 in the deeper stages of the paper. */
  readonly convolutions: number;
}

const same = { padding: "same", kernelInitializer: "heNormal" } as const;

/**
 * A stage of V-Net, after Milletari, Navab, Ahmadi 2016: prelu(F(x) + x), where F is so many 5x5x5 convolutions with
 * PReLU between them; x is projected by 1x1x1 where its channels differ. [depth, h, w, c] -> [depth, h, w, filters].
 * The paper's second stage, 256,128 parameters:
 *
 *     vnetBlock(x, { name: "stage2", filters: 32, convolutions: 2 })
 *
 *     layer                      output         parameters
 *     input                      64x64x32x32
 *     conv1   32 @ 5x5x5         64x64x32x32       128,032
 *     prelu1                     64x64x32x32            32
 *     conv2   32 @ 5x5x5         64x64x32x32       128,032
 *     add                        64x64x32x32
 *     prelu2                     64x64x32x32            32
 * @example
 * vnetBlock(input([8, 16, 16, 16]), { name: "stage1", filters: 16, convolutions: 1 }).shape; // => [8, 16, 16, 16]
 */
export function vnetBlock(x: SymbolicTensor, options: VnetBlockOptions): SymbolicTensor {
  checkNames("vnetBlock", options, ["name", "filters", "convolutions"]);
  const { name, filters, convolutions } = options;
  let y = x;
  for (let i = 1; i <= convolutions; i++) {
    y = conv3d({ name: `${name}/conv${i}`, filters, kernelSize: 5, ...same }).apply(y);
    if (i < convolutions) y = prelu({ name: `${name}/prelu${i}` }).apply(y);
  }
  const shortcut =
    x.shape.at(-1) === filters ? x : conv3d({ name: `${name}/shortcut`, filters, kernelSize: 1, ...same }).apply(x);
  return prelu({ name: `${name}/prelu${convolutions}` }).apply(add({ name: `${name}/add` }).apply(y, shortcut));
}

export interface VnetStepOptions {
  readonly name: string;
  /** Channels of the result. */
  readonly filters: number;
}

/**
 * In place of pooling, 2x2x2 / 2 and PReLU: [depth, h, w, c] -> [depth / 2, h / 2, w / 2, filters].
 * @example
 * vnetDown(input([8, 16, 16, 16]), { name: "down1", filters: 32 }).shape; // => [4, 8, 8, 32]
 */
export function vnetDown(x: SymbolicTensor, options: VnetStepOptions): SymbolicTensor {
  checkNames("vnetDown", options, ["name", "filters"]);
  const { name, filters } = options;
  const halving = { name: `${name}/conv`, filters, kernelSize: 2, strides: 2, ...same };
  return prelu({ name: `${name}/prelu` }).apply(conv3d(halving).apply(x));
}

/**
 * Its transpose, and PReLU: [depth, h, w, c] -> [2 depth, 2 h, 2 w, filters].
 * @example
 * vnetUp(input([4, 8, 8, 32]), { name: "up1", filters: 16 }).shape; // => [8, 16, 16, 16]
 */
export function vnetUp(x: SymbolicTensor, options: VnetStepOptions): SymbolicTensor {
  checkNames("vnetUp", options, ["name", "filters"]);
  const { name, filters } = options;
  const doubling = { name: `${name}/conv`, filters, kernelSize: 2, strides: 2, ...same };
  return prelu({ name: `${name}/prelu` }).apply(conv3dTranspose(doubling).apply(x));
}
