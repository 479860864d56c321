import type { Value } from "../../core/graph.ts";
import { checkWord } from "../../core/options.ts";
import {
  avgPool1d,
  avgPool2d,
  type GlobalPoolOptions,
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  maxPool1d,
  maxPool2d,
  minPool2d,
} from "../../ops/pool.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../ops/upsample.ts";
import { perAxis } from "../../ops/window.ts";
import type { Layer } from "../layer.ts";
import { type LayerOptions, type PaddingOf, type PerAxis, type Rank, spatialInput } from "./base.ts";

/** Of a pooling over N spatial axes. */
export interface PoolOptions<N extends Rank = Rank> extends LayerOptions {
  /** One number, or one for each axis. */
  readonly poolSize: PerAxis<N>;
  /** Default: the pool size. */
  readonly strides?: PerAxis<N>;
  /** Default "valid". */
  readonly padding?: PaddingOf<N>;
}

const poolNames = ["poolSize", "strides", "padding"];

function poolWindow({ poolSize, strides = poolSize, padding = "valid" }: PoolOptions) {
  return { kernelSize: poolSize, strides, padding };
}

/**
 * Largest of each window: [l, c] -> [ol, c].
 * @example
 * maxPooling1d({ poolSize: 2 }).apply(input([100, 4])).shape; // => [50, 4]
 */
export function maxPooling1d(options: PoolOptions<1>): Layer {
  return spatialInput("maxPooling1d", options, poolNames, 1, (x) => maxPool1d(x, poolWindow(options)));
}

/**
 * Largest of each window: [h, w, c] -> [oh, ow, c]; with the default strides, the pool size, oh = floor(h / poolSize).
 * @example
 * maxPooling2d({ poolSize: 2 }).apply(image).shape; // => [14, 14, 1]
 * maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }).apply(image).shape; // => [14, 14, 1]
 */
export function maxPooling2d(options: PoolOptions<2>): Layer {
  return spatialInput("maxPooling2d", options, poolNames, 2, (x) => maxPool2d(x, poolWindow(options)));
}

/**
 * Smallest of each window: [h, w, c] -> [oh, ow, c].
 * @example
 * minPooling2d({ poolSize: 2 }).apply(image).shape; // => [14, 14, 1]
 */
export function minPooling2d(options: PoolOptions<2>): Layer {
  return spatialInput("minPooling2d", options, poolNames, 2, (x) => minPool2d(x, poolWindow(options)));
}

/**
 * Mean of each window: [l, c] -> [ol, c]. As in Keras, padded places do not count.
 * @example
 * averagePooling1d({ poolSize: 4 }).apply(input([100, 4])).shape; // => [25, 4]
 */
export function averagePooling1d(options: PoolOptions<1>): Layer {
  const window = { ...poolWindow(options), countIncludePad: false };
  return spatialInput("averagePooling1d", options, poolNames, 1, (x) => avgPool1d(x, window));
}

/**
 * Mean of each window: [h, w, c] -> [oh, ow, c]. As in Keras, padded pixels do not count.
 * @example
 * averagePooling2d({ poolSize: 2 }).apply(image).shape; // => [14, 14, 1]
 */
export function averagePooling2d(options: PoolOptions<2>): Layer {
  const window = { ...poolWindow(options), countIncludePad: false };
  return spatialInput("averagePooling2d", options, poolNames, 2, (x) => avgPool2d(x, window));
}

export interface GlobalPoolingOptions extends LayerOptions {
  /** Keep the pooled axes, with side 1. Default false. */
  readonly keepDims?: boolean;
}

function globalPooling(
  kind: string,
  options: GlobalPoolingOptions,
  axes: number,
  op: (x: Value, options: GlobalPoolOptions) => Value,
): Layer {
  const { keepDims = false } = options;
  return spatialInput(kind, options, ["keepDims"], axes, (x) => op(x, { keepDims }));
}

/**
 * Mean of each channel: [l, c] -> [c].
 * @example
 * globalAveragePooling1d().apply(input([100, 4])).shape; // => [4]
 */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalAveragePooling1d", options, 1, globalAveragePool1d);
}

/**
 * Mean of each channel: [h, w, c] -> [c], or [1, 1, c] with `keepDims`.
 * @example
 * globalAveragePooling2d().apply(input([7, 7, 512])).shape; // => [512]
 */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalAveragePooling2d", options, 2, globalAveragePool2d);
}

/**
 * Largest of each channel: [l, c] -> [c].
 * @example
 * globalMaxPooling1d().apply(input([100, 4])).shape; // => [4]
 */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalMaxPooling1d", options, 1, globalMaxPool1d);
}

/**
 * Largest of each channel: [h, w, c] -> [c], or [1, 1, c] with `keepDims`.
 * @example
 * globalMaxPooling2d({ keepDims: true }).apply(image).shape; // => [1, 1, 1]
 */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalMaxPooling2d", options, 2, globalMaxPool2d);
}

export interface UpSampling2dOptions extends LayerOptions {
  /** How many times larger: one number, or [rows, columns]. Default 2. */
  readonly size?: PerAxis<2>;
  /** Default "nearest". */
  readonly interpolation?: "nearest" | "bilinear";
}

/**
 * Resizes by the nearest pixel, or by linear interpolation: [h, w, c] -> [h size, w size, c].
 * @example
 * upSampling2d({ size: 2, interpolation: "bilinear" }).apply(image).shape; // => [56, 56, 1]
 */
export function upSampling2d(options: UpSampling2dOptions = {}): Layer {
  const where = options.name ?? "upSampling2d";
  const { interpolation = "nearest" } = options;
  checkWord(where, "interpolation", interpolation, ["nearest", "bilinear"]);
  const scale = perAxis(where, "size", options.size ?? 2, 2);
  const op = interpolation === "nearest" ? upsampleNearest2d : upsampleBilinear2d;
  return spatialInput("upSampling2d", options, ["size", "interpolation"], 2, (x) => op(x, { scale }));
}
