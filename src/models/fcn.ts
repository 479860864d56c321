import { GraphError } from "../core/errors.ts";
import { checkNames } from "../core/options.ts";
import { sizeOf } from "../core/types.ts";
import type { Initializer } from "../nn/initializers.ts";
import type { SymbolicTensor } from "../nn/layer.ts";
import { add, conv2d, conv2dTranspose } from "../nn/layers.ts";

export interface FcnHeadOptions {
  /** Channels of the result. */
  readonly classes: number;
  /** Pixels of the image to one of the finest features: 32, 16 or 8 in the paper. */
  readonly stride: number;
}

/**
 * The head of a fully convolutional network, after Long, Shelhamer, Darrell 2015: class scores of the deepest features,
 * doubled in size and added to the scores of the features before, and so on; then enlarged to the image at once.
 * Features go from the finest to the deepest, each half the sides of the one before. One of stride 32 makes FCN-32s,
 * two FCN-16s, three FCN-8s:
 *
 *     withNewHead(vgg, {
 *       upTo: "pool5",
 *       head: (pool5) => fcnHead([vgg.outputOf("pool3"), vgg.outputOf("pool4"), pool5], { classes: 21, stride: 8 }),
 *     })
 *
 *     layer                                       output          parameters, 21 classes
 *     score3   21 @ 1x1 on pool5                  7x7x21          10,773
 *     up3      21 @ 4x4 transposed / 2            14x14x21         7,056
 *     score2   21 @ 1x1 on pool4                  14x14x21        10,773
 *     fuse2    score2 + up3                       14x14x21
 *     up2      21 @ 4x4 transposed / 2            28x28x21         7,056
 *     score1   21 @ 1x1 on pool3                  28x28x21         5,397
 *     fuse1    score1 + up2                       28x28x21
 *     up1      21 @ 16x16 transposed / 8          224x224x21     112,896
 *
 * Transposed convolutions start as bilinear interpolation, and learn from there.
 * @example
 * const features = [input([28, 28, 256]), input([14, 14, 512]), input([7, 7, 512])]; // the finest first
 * fcnHead(features, { classes: 21, stride: 8 }).shape; // => [224, 224, 21]
 */
export function fcnHead(features: readonly SymbolicTensor[], options: FcnHeadOptions): SymbolicTensor {
  checkNames("fcnHead", options, ["classes", "stride"]);
  const { classes, stride } = options;
  const score = (x: SymbolicTensor, name: string) => conv2d({ name, filters: classes, kernelSize: 1 }).apply(x);
  const enlarge = (x: SymbolicTensor, name: string, by: number) =>
    conv2dTranspose({
      name,
      filters: classes,
      kernelSize: 2 * by,
      strides: by,
      padding: "same",
      useBias: false,
      kernelInitializer: bilinear(2 * by, classes),
    }).apply(x);
  let [level, scores]: [number, SymbolicTensor | null] = [features.length, null];
  for (const feature of features.toReversed()) {
    const own = score(feature, `score${level}`);
    const fused: SymbolicTensor = scores ? add({ name: `fuse${level}` }).apply(own, scores) : own;
    scores = enlarge(fused, `up${level}`, level > 1 ? 2 : stride);
    level--;
  }
  if (scores) return scores;
  throw new GraphError({
    where: "fcnHead",
    seen: "no features",
    wanted: "one or more, from the finest to the deepest",
  });
}

/** A kernel [size, size, F, C] that interpolates each channel by itself, for a stride of size / 2. */
function bilinear(size: number, channels: number): Initializer {
  const weight = (at: number) => 1 - Math.abs(at - (size - 1) / 2) / (size / 2);
  return () => {
    const data = new Float32Array(sizeOf([size, size, channels, channels]));
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const first = (row * size + column) * channels * channels;
        for (let c = 0; c < channels; c++) data[first + c * (channels + 1)] = weight(row) * weight(column);
      }
    }
    return { kind: "values", data };
  };
}
