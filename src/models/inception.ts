import { checkNames } from "../core/options.ts";
import type { SymbolicTensor } from "../nn/layer.ts";
import { concatenate, conv2d, maxPooling2d } from "../nn/layers.ts";

export interface InceptionOptions {
  readonly name: string;
  /** Filters of the 1x1 branch. */
  readonly one: number;
  /** Filters of the 1x1 bottleneck, and of the 3x3 convolution after it. */
  readonly three: readonly [bottleneck: number, filters: number];
  /** Filters of the 1x1 bottleneck, and of the 5x5 convolution after it. */
  readonly five: readonly [bottleneck: number, filters: number];
  /** Filters of the 1x1 convolution after the pooling. */
  readonly pool: number;
}

/**
 * The Inception module with 1x1 bottlenecks, after Szegedy et al. 2015: four views of each pixel, side by side.
 * [h, w, c] -> [h, w, one + three + five + pool]. Module 3a of GoogLeNet, 163,696 parameters (393,472 if 3x3 and 5x5
 * saw all 192 channels):
 *
 *     inceptionModule(x, { name: "3a", one: 64, three: [96, 128], five: [16, 32], pool: 32 })
 *
 *     branch                                   output      parameters
 *     input                                    28x28x192
 *     1x1               64 @ 1x1               28x28x64        12,352
 *     3x3/reduce, 3x3   96 @ 1x1, 128 @ 3x3    28x28x128       18,528 + 110,720
 *     5x5/reduce, 5x5   16 @ 1x1, 32 @ 5x5     28x28x32         3,088 +  12,832
 *     pool, pool/1x1    maximum 3x3, 32 @ 1x1  28x28x32         6,176
 *     concat                                   28x28x256
 * @example
 * const module = { name: "3a", one: 64, three: [96, 128], five: [16, 32], pool: 32 } as const;
 * inceptionModule(input([28, 28, 192]), module).shape; // => [28, 28, 256]
 */
export function inceptionModule(x: SymbolicTensor, options: InceptionOptions): SymbolicTensor {
  checkNames("inceptionModule", options, ["name", "one", "three", "five", "pool"]);
  const { name, one, three, five, pool } = options;
  const conv = (from: SymbolicTensor, part: string, filters: number, kernelSize: number) =>
    conv2d({
      name: `${name}/${part}`,
      filters,
      kernelSize,
      padding: "same",
      activation: "relu",
      kernelInitializer: "heNormal",
    }).apply(from);
  const pooled = maxPooling2d({ name: `${name}/pool`, poolSize: 3, strides: 1, padding: "same" }).apply(x);
  return concatenate({ name: `${name}/concat` }).apply(
    conv(x, "1x1", one, 1),
    conv(conv(x, "3x3/reduce", three[0], 1), "3x3", three[1], 3),
    conv(conv(x, "5x5/reduce", five[0], 1), "5x5", five[1], 5),
    conv(pooled, "pool/1x1", pool, 1),
  );
}
