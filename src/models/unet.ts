import { ShapeError } from "../core/errors.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import { type Shape, showShape } from "../core/types.ts";
import { inputLayer, type SymbolicTensor } from "../nn/layer.ts";
import { concatenate, conv2d, conv2dTranspose, cropping2d, dropout, maxPooling2d } from "../nn/layers.ts";
import { type Model, model } from "../nn/model.ts";
import { convNorm, type NormOptions } from "./blocks.ts";

export interface UnetOptions {
  /** [height, width, channels]. Default [572, 572, 1]. */
  readonly inputShape?: Shape;
  /** Default 2. */
  readonly classes?: number;
  /** Channels of the first level; each level below has twice as many. Default 64. */
  readonly base?: number;
  /** Times that the image is halved. Default 4. */
  readonly depth?: number;
  /**
   * Of the 3x3 convolutions. Default "valid", as in the paper: the result is smaller than the image, and what the
   * encoder made is cropped. "same": the result has the image's sides.
   */
  readonly padding?: "valid" | "same";
  /** Convolution without bias, batch normalization, ReLU; for `padding: "same"`. Default false. */
  readonly batchNormalization?: boolean | NormOptions;
  /** Rate of dropout at the end of the contracting path. Default 0: none. */
  readonly dropout?: number;
}

/** Keras' numbers, but statistics that follow within tens of steps: images are few, and so are steps. */
const defaultNorm: NormOptions = { momentum: 0.9, epsilon: 1e-3 };

/**
 * U-Net, after Ronneberger, Fischer, Brox 2015: 31,030,658 parameters.
 *
 *     layer                                        output                      parameters
 *     input                                        572x572x1
 *     enc0    64 @ 3x3, twice                      568x568x64                  640 + 36,928
 *     pool0   maximum 2x2                          284x284x64
 *     enc1    128 @ 3x3, twice                     280x280x128                 73,856 + 147,584
 *     pool1                                        140x140x128
 *     enc2    256 @ 3x3, twice                     136x136x256                 295,168 + 590,080
 *     pool2                                        68x68x256
 *     enc3    512 @ 3x3, twice                     64x64x512                   1,180,160 + 2,359,808
 *     pool3                                        32x32x512
 *     mid     1024 @ 3x3, twice                    28x28x1024                  4,719,616 + 9,438,208
 *     up3     512 @ 2x2 transposed / 2             56x56x512                   2,097,664
 *     dec3    [enc3 cropped, up3], 512 @ 3x3 x2    52x52x512                   4,719,104 + 2,359,808
 *     up2     256 @ 2x2 transposed / 2             104x104x256                 524,544
 *     dec2    [enc2 cropped, up2], 256 @ 3x3 x2    100x100x256                 1,179,904 + 590,080
 *     up1     128 @ 2x2 transposed / 2             200x200x128                 131,200
 *     dec1    [enc1 cropped, up1], 128 @ 3x3 x2    196x196x128                 295,040 + 147,584
 *     up0     64 @ 2x2 transposed / 2              392x392x64                  32,832
 *     dec0    [enc0 cropped, up0], 64 @ 3x3 x2     388x388x64                  73,792 + 36,928
 *     head    2 logits @ 1x1                       388x388x2                   130
 *
 * Its usual form today: `unet({ inputShape: [h, w, c], padding: "same", batchNormalization: true, base: 8, depth: 3
 * })`.
 *
 * @throws ShapeError where an odd side would be halved; the message names sides that fit
 * @example
 * unet().parameterCount; // => 31030658
 * const small = unet({ inputShape: [128, 128, 3], padding: "same", batchNormalization: true, base: 8, depth: 3 });
 * unet({ inputShape: [100, 100, 1], padding: "same" }); // => ShapeError
 */
export function unet(options: UnetOptions = {}): Model {
  checkNames("unet", options, ["inputShape", "classes", "base", "depth", "padding", "batchNormalization", "dropout"]);
  const { inputShape = [572, 572, 1], classes = 2, base = 64, depth = 4, dropout: rate = 0 } = options;
  const filters = (level: number) => base * 2 ** level;
  const image = inputLayer(inputShape);
  checkSides(inputShape, depth, options.padding ?? "valid");
  const encoded: SymbolicTensor[] = [];
  let x = image;
  for (let level = 0; level < depth; level++) {
    x = twice(x, `enc${level}`, filters(level), options);
    encoded.push(x);
    x = maxPooling2d({ name: `pool${level}`, poolSize: 2 }).apply(x);
  }
  x = twice(x, "mid", filters(depth), options);
  if (rate > 0) x = dropout({ name: "mid/dropout", rate }).apply(x);
  for (const [level, skip] of [...encoded.entries()].toReversed()) {
    x = conv2dTranspose({ name: `up${level}`, filters: filters(level), kernelSize: 2, strides: 2 }).apply(x);
    x = concatenate({ name: `concat${level}` }).apply(cropTo(skip, x, `crop${level}`), x);
    x = twice(x, `dec${level}`, filters(level), options);
  }
  const logits = conv2d({ name: "head", filters: classes, kernelSize: 1 }).apply(x);
  return model({ name: "unet", inputs: image, outputs: logits });
}

/** Two 3x3 convolutions with ReLU: [h, w, c] -> [h, w, filters], or [h - 4, w - 4, filters] without padding. */
function twice(
  x: SymbolicTensor,
  name: string,
  filters: number,
  { padding = "valid", batchNormalization: norm = false }: UnetOptions,
): SymbolicTensor {
  const once = (from: SymbolicTensor, i: number) =>
    norm
      ? convNorm(from, [`${name}/conv${i}`, `${name}/bn${i}`], {
          filters,
          kernelSize: 3,
          padding,
          activation: "relu",
          norm: norm === true ? defaultNorm : norm,
        })
      : conv2d({
          name: `${name}/conv${i}`,
          filters,
          kernelSize: 3,
          padding,
          activation: "relu",
          kernelInitializer: "heNormal",
        }).apply(from);
  return once(once(x, 1), 2);
}

/** "Copy and crop": the middle of `skip`, as large as `x`. */
function cropTo(skip: SymbolicTensor, x: SymbolicTensor, name: string): SymbolicTensor {
  const [top = 0, left = 0] = [0, 1].map((axis) => ((skip.shape[axis] ?? 0) - (x.shape[axis] ?? 0)) / 2);
  return top === 0 && left === 0 ? skip : cropping2d({ name, cropping: [top, top, left, left] }).apply(skip);
}

/** Pooling an odd side would lose a row, and the skip would no longer lie over what comes back up. */
function checkSides(shape: Shape, depth: number, padding: "valid" | "same"): void {
  checkWhole("unet", "depth", depth);
  const border = padding === "valid" ? 4 : 0;
  const sides = shape.slice(0, 2);
  if (sides.every((side) => outputSide(side, depth, border) > 0)) return;
  const fitting = sides.map((side) => {
    let next = side;
    while (outputSide(next, depth, border) <= 0) next++;
    return next;
  });
  throw new ShapeError({
    where: "unet",
    seen: `input ${showShape(shape)}`,
    wanted: `sides that can be halved ${depth} times with padding "${padding}"`,
    mend: `The next such sides are ${showShape(fitting)}.`,
  });
}

/** Side of the result for a side of the image; 0 or less where it does not fit. */
function outputSide(side: number, depth: number, border: number): number {
  const convolved = side - border;
  if (depth === 0 || convolved <= 0) return convolved;
  if (convolved % 2 !== 0) return 0;
  const below = outputSide(convolved / 2, depth - 1, border);
  return below <= 0 ? 0 : 2 * below - border;
}
