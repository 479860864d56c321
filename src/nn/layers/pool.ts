import type { Value } from "../../core/graph.ts";
import { checkWord } from "../../ops/options.ts";
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

/** [l, c] -> [ol, c] */
export function maxPooling1d(options: PoolOptions<1>): Layer {
  return spatialInput("maxPooling1d", options, poolNames, 1, (x) => maxPool1d(x, poolWindow(options)));
}

/** [h, w, c] -> [oh, ow, c] */
export function maxPooling2d(options: PoolOptions<2>): Layer {
  return spatialInput("maxPooling2d", options, poolNames, 2, (x) => maxPool2d(x, poolWindow(options)));
}

/** [h, w, c] -> [oh, ow, c] */
export function minPooling2d(options: PoolOptions<2>): Layer {
  return spatialInput("minPooling2d", options, poolNames, 2, (x) => minPool2d(x, poolWindow(options)));
}

/** [l, c] -> [ol, c]. As in Keras, padded places do not count in the mean. */
export function averagePooling1d(options: PoolOptions<1>): Layer {
  const window = { ...poolWindow(options), countIncludePad: false };
  return spatialInput("averagePooling1d", options, poolNames, 1, (x) => avgPool1d(x, window));
}

/** [h, w, c] -> [oh, ow, c]. As in Keras, padded pixels do not count in the mean. */
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

/** [l, c] -> [c] */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalAveragePooling1d", options, 1, globalAveragePool1d);
}

/** [h, w, c] -> [c] */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalAveragePooling2d", options, 2, globalAveragePool2d);
}

/** [l, c] -> [c] */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalMaxPooling1d", options, 1, globalMaxPool1d);
}

/** [h, w, c] -> [c] */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling("globalMaxPooling2d", options, 2, globalMaxPool2d);
}

export interface UpSampling2dOptions extends LayerOptions {
  /** How many times larger: one number, or [rows, columns]. Default 2. */
  readonly size?: PerAxis<2>;
  /** Default "nearest". */
  readonly interpolation?: "nearest" | "bilinear";
}

/** [h, w, c] -> [h size, w size, c] */
export function upSampling2d(options: UpSampling2dOptions = {}): Layer {
  const where = options.name ?? "upSampling2d";
  const { interpolation = "nearest" } = options;
  checkWord(where, "interpolation", interpolation, ["nearest", "bilinear"]);
  const scale = perAxis(where, "size", options.size ?? 2, 2);
  const op = interpolation === "nearest" ? upsampleNearest2d : upsampleBilinear2d;
  return spatialInput("upSampling2d", options, ["size", "interpolation"], 2, (x) => op(x, { scale }));
}
