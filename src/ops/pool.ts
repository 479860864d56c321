import type { Value } from "../core/graph.ts";
import { apply, applyOne, type OpDef } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { type AvgPoolAttrs, adaptiveAvgPool2dOp, avgPool2dBackwardOp, avgPool2dOp } from "./avgPool.ts";
import { maxPool2dOp, minPool2dOp } from "./maxPool.ts";
import { maxUnpool2dOp } from "./maxUnpool.ts";
import {
  asRow,
  type DilatedPoolOptions,
  fromRow,
  type PoolOptions,
  type PoolWindow,
  poolWindow,
  toRow,
  wantImages,
  wantSides,
} from "./poolWindow.ts";
import { reshape } from "./reshape.ts";
import { perAxis } from "./window.ts";

/** Pooling of images [N, H, W, C] and of sequences [N, L, C], which are pooled as images of one row. */
export interface PoolWithIndices {
  /** The largest of each window. */
  readonly values: Value;
  /** i32, row * W + column in the plane of the input; in one dimension the position. */
  readonly indices: Value;
}

function pool2d(op: OpDef<PoolWindow>, x: Value, options: DilatedPoolOptions): PoolWithIndices {
  const [values, indices] = apply(op, [x], poolWindow(whereIs(op.name), x.type.shape, 2, options)) as [Value, Value];
  return { values, indices };
}

function pool1d(op: OpDef<PoolWindow>, name: string, x: Value, options: DilatedPoolOptions): PoolWithIndices {
  const window = asRow(poolWindow(whereIs(name), x.type.shape, 1, options));
  const [values, indices] = apply(op, [toRow(name, x)], window) as [Value, Value];
  return { values: fromRow(values), indices: fromRow(indices) };
}

/**
 * Largest value of each window: x [N, H, W, C] -> [N, OH, OW, C]. Padding never wins.
 * @example
 * maxPool2d(x, { kernelSize: 2 }).type.shape; // => [2, 4, 4, 4]
 * maxPool2d(x, { kernelSize: 3, strides: 2, padding: "same" }).type.shape; // => [2, 4, 4, 4]
 */
export function maxPool2d(x: Value, options: DilatedPoolOptions): Value {
  return pool2d(maxPool2dOp, x, options).values;
}

/**
 * `maxPool2d` and where each maximum was found (of equal ones the first), for `maxUnpool2d`.
 * @example
 * const { values, indices } = maxPoolWithIndices2d(x, { kernelSize: 2 });
 * maxUnpool2d(values, indices, { kernelSize: 2 }).type.shape; // => [2, 8, 8, 4]
 */
export function maxPoolWithIndices2d(x: Value, options: DilatedPoolOptions): PoolWithIndices {
  return pool2d(maxPool2dOp, x, options);
}

/**
 * Largest value of each window: x [N, L, C] -> [N, OL, C].
 * @example
 * maxPool1d(sequence, { kernelSize: 2 }).type.shape; // => [2, 5, 4]
 */
export function maxPool1d(x: Value, options: DilatedPoolOptions): Value {
  return pool1d(maxPool2dOp, "maxPool1d", x, options).values;
}

/** `maxPool1d` and where each maximum was found. */
export function maxPoolWithIndices1d(x: Value, options: DilatedPoolOptions): PoolWithIndices {
  return pool1d(maxPool2dOp, "maxPoolWithIndices1d", x, options);
}

/**
 * Smallest value of each window: x [N, H, W, C] -> [N, OH, OW, C].
 * @example
 * minPool2d(x, { kernelSize: 2 }).type.shape; // => [2, 4, 4, 4]
 */
export function minPool2d(x: Value, options: DilatedPoolOptions): Value {
  return pool2d(minPool2dOp, x, options).values;
}

/**
 * Smallest value of each window: x [N, L, C] -> [N, OL, C].
 * @example
 * minPool1d(sequence, { kernelSize: 2 }).type.shape; // => [2, 5, 4]
 */
export function minPool1d(x: Value, options: DilatedPoolOptions): Value {
  return pool1d(minPool2dOp, "minPool1d", x, options).values;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Count padding as zeros. Default: false, as in Keras and ONNX; PyTorch's default is true. */
  readonly countIncludePad?: boolean;
  /** Divide every sum by this instead of the number of elements. */
  readonly divisorOverride?: number;
}

function avgAttrs(where: string, x: Value, axes: 1 | 2, options: AvgPoolOptions): AvgPoolAttrs {
  const { countIncludePad = false, divisorOverride, ...window } = options;
  return {
    ...poolWindow(where, x.type.shape, axes, window),
    countIncludePad,
    ...(divisorOverride === undefined ? {} : { divisorOverride }),
  };
}

/**
 * Mean of each window: x [N, H, W, C] -> [N, OH, OW, C].
 * @example
 * avgPool2d(x, { kernelSize: 2 }).type.shape; // => [2, 4, 4, 4]
 */
export function avgPool2d(x: Value, options: AvgPoolOptions): Value {
  return applyOne(avgPool2dOp, [x], avgAttrs(whereIs("avgPool2d"), x, 2, options));
}

/**
 * Mean of each window: x [N, L, C] -> [N, OL, C].
 * @example
 * avgPool1d(sequence, { kernelSize: 3, padding: "same" }).type.shape; // => [2, 4, 4]
 */
export function avgPool1d(x: Value, options: AvgPoolOptions): Value {
  const attrs = avgAttrs(whereIs("avgPool1d"), x, 1, options);
  return fromRow(applyOne(avgPool2dOp, [toRow("avgPool1d", x)], { ...attrs, ...asRow(attrs) }));
}

export interface GlobalPoolOptions {
  /** Keep the pooled axes, with side 1. */
  readonly keepDims?: boolean;
}

/**
 * Pools whole rows, then the column that is left: both steps have work for many invocations, where one step would
 * have a single one walk over each plane. Row-major order, and so which of equal values is first, stays the same.
 */
function globally(name: string, x: Value, { keepDims = false }: GlobalPoolOptions, pool: typeof avgPool2d): Value {
  const [n = 0, height = 1, width = 1, c = 0] = wantImages(whereIs(name), "x", x.type).shape;
  const rows = width > 1 ? pool(x, { kernelSize: [1, width] }) : x;
  const y = height > 1 ? pool(rows, { kernelSize: [height, 1] }) : rows;
  return keepDims ? y : reshape(y, [n, c]);
}

function globallyInRow(name: string, x: Value, { keepDims = false }: GlobalPoolOptions, pool: typeof avgPool2d): Value {
  const y = globally(name, toRow(name, x), {}, pool);
  return keepDims ? reshape(y, [x.type.shape[0] ?? 0, 1, x.type.shape[2] ?? 0]) : y;
}

/**
 * Mean of each channel: x [N, H, W, C] -> [N, C], or [N, 1, 1, C] with keepDims.
 * @example
 * globalAveragePool2d(x).type.shape; // => [2, 4]
 */
export function globalAveragePool2d(x: Value, options: GlobalPoolOptions = {}): Value {
  return globally("globalAveragePool2d", x, options, avgPool2d);
}

/**
 * Mean of each channel: x [N, L, C] -> [N, C], or [N, 1, C] with keepDims.
 * @example
 * globalAveragePool1d(sequence).type.shape; // => [2, 4]
 */
export function globalAveragePool1d(x: Value, options: GlobalPoolOptions = {}): Value {
  return globallyInRow("globalAveragePool1d", x, options, avgPool2d);
}

/**
 * Largest value of each channel: x [N, H, W, C] -> [N, C], or [N, 1, 1, C] with keepDims.
 * @example
 * globalMaxPool2d(x, { keepDims: true }).type.shape; // => [2, 1, 1, 4]
 */
export function globalMaxPool2d(x: Value, options: GlobalPoolOptions = {}): Value {
  return globally("globalMaxPool2d", x, options, maxPool2d);
}

/**
 * Largest value of each channel: x [N, L, C] -> [N, C], or [N, 1, C] with keepDims.
 * @example
 * globalMaxPool1d(sequence).type.shape; // => [2, 4]
 */
export function globalMaxPool1d(x: Value, options: GlobalPoolOptions = {}): Value {
  return globallyInRow("globalMaxPool1d", x, options, maxPool2d);
}

/**
 * Mean over windows that are chosen for a wanted output size: x [N, H, W, C] -> [N, OH, OW, C].
 * @example
 * adaptiveAvgPool2d(x, 3).type.shape; // => [2, 3, 3, 4]
 * adaptiveAvgPool2d(x, [2, 4]).type.shape; // => [2, 2, 4, 4]
 */
export function adaptiveAvgPool2d(x: Value, outputSize: number | readonly number[]): Value {
  const where = whereIs("adaptiveAvgPool2d");
  const size = wantSides(where, "outputSize", outputSize);
  const [, height = 0, width = 0] = wantImages(where, "x", x.type).shape;
  // Where the sizes divide, all windows are equal and tile the image.
  const kernelSize = [height / size[0], width / size[1]];
  if (kernelSize.every(Number.isInteger)) return avgPool2d(x, { kernelSize });
  return applyOne(adaptiveAvgPool2dOp, [x], { outputSize: size });
}

export interface UnpoolOptions {
  /** Those of the pooling. */
  readonly kernelSize: number | readonly number[];
  /** Default: the kernel size. */
  readonly strides?: number | readonly number[];
  /** Default 0. */
  readonly padding?: number | readonly number[];
  /** [H, W], since several sizes are pooled to one. Default: (OH - 1) stride - 2 padding + kernel. */
  readonly outputSize?: number | readonly number[];
}

function unpooledSize(where: string, x: Value, options: UnpoolOptions): [number, number] {
  checkNames(where, options, ["kernelSize", "strides", "padding", "outputSize"]);
  const kernel = perAxis(where, "kernelSize", options.kernelSize, 2);
  const strides = perAxis(where, "strides", options.strides ?? kernel, 2);
  const padding = perAxis(where, "padding", options.padding ?? 0, 2, 0);
  const sides = kernel.map(
    (k, axis) => ((x.type.shape[axis + 1] ?? 1) - 1) * (strides[axis] ?? 1) - 2 * (padding[axis] ?? 0) + k,
  );
  return wantSides(where, "outputSize", options.outputSize ?? sides);
}

/**
 * Puts each value back where max pooling found it, 0 elsewhere. x and indices (of `maxPoolWithIndices2d`)
 * [N, OH, OW, C] -> [N, H, W, C].
 * @example
 * const { values, indices } = maxPoolWithIndices2d(x, { kernelSize: 2 });
 * maxUnpool2d(relu(values), indices, { kernelSize: 2 }).type.shape; // => [2, 8, 8, 4]
 */
export function maxUnpool2d(x: Value, indices: Value, options: UnpoolOptions): Value {
  const where = whereIs("maxUnpool2d");
  wantImages(where, "x", x.type);
  return applyOne(maxUnpool2dOp, [x, indices], { outputSize: unpooledSize(where, x, options) });
}

/**
 * Spreads each value over the window that it is the mean of: x [N, OH, OW, C] -> [N, H, W, C]. Where windows overlap
 * their values add up; pixels under none get 0.
 */
export function averageUnpool2d(x: Value, options: UnpoolOptions): Value {
  const where = whereIs("averageUnpool2d");
  const [n = 0, , , c = 0] = wantImages(where, "x", x.type).shape;
  const shape = [n, ...unpooledSize(where, x, options), c];
  const { outputSize: _, ...pooling } = options;
  const window = poolWindow(where, shape, 2, pooling);
  return applyOne(avgPool2dBackwardOp, [x], { ...window, countIncludePad: false, divisorOverride: 1, shape });
}
