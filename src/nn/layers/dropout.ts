import type { Value } from "../../core/graph.ts";
import { checkNumber } from "../../core/options.ts";
import {
  type DropoutOptions as DropoutOpOptions,
  dropout as dropoutOp,
  gaussianNoise as gaussianNoiseOp,
  spatialDropout,
  stochasticDepth as stochasticDepthOp,
} from "../../ops/dropout.ts";
import { scale } from "../../ops/elementwise.ts";
import type { Layer } from "../layer.ts";
import { channelsOf, type LayerOptions, oneInput } from "./base.ts";

export interface DropoutOptions extends LayerOptions {
  /** Share of what is dropped in training, at least 0 and below 1. */
  readonly rate: number;
  /**
   * Default true: what is kept is divided by 1 - rate in training, and nothing happens outside. False: the classic
   * form, which multiplies by 1 - rate outside training.
   */
  readonly inverted?: boolean;
}

function dropping(
  kind: string,
  options: DropoutOptions,
  op: (x: Value, options: DropoutOpOptions) => Value,
  check: (x: Value) => void = () => {},
): Layer {
  const { rate, inverted = true } = options;
  checkNumber(options.name ?? kind, "rate", rate, (value) => value >= 0 && value < 1, "at least 0 and below 1");
  return oneInput(kind, options, ["rate", "inverted"], (x, context) => {
    check(x);
    if (rate === 0) return x;
    if (context.training) return op(x, { ...context.random(), rate, inverted });
    return inverted ? x : scale(x, 1 - rate);
  });
}

/**
 * Sets a random share of the elements to 0 in training, and divides the others by 1 - rate.
 * @example
 * dropout({ rate: 0.5 }).apply(image).shape; // => [28, 28, 1]
 */
export function dropout(options: DropoutOptions): Layer {
  return dropping("dropout", options, dropoutOp);
}

/**
 * Sets a random share of the channels to 0 in training: [h, w, c].
 * @example
 * spatialDropout2d({ rate: 0.2 }).apply(image).shape; // => [28, 28, 1]
 */
export function spatialDropout2d(options: DropoutOptions): Layer {
  const where = options.name ?? "spatialDropout2d";
  return dropping("spatialDropout2d", options, spatialDropout, (x) => channelsOf(where, x.type.shape.slice(1), 2));
}

/**
 * Sets a random share of the examples to 0 in training: on the branch of a residual block, the block is skipped.
 * @example
 * const branch = conv2d({ filters: 1, kernelSize: 3, padding: "same" }).apply(image);
 * add().apply(image, stochasticDepth({ rate: 0.1 }).apply(branch)).shape; // => [28, 28, 1]
 */
export function stochasticDepth(options: DropoutOptions): Layer {
  return dropping("stochasticDepth", options, stochasticDepthOp);
}

export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation. */
  readonly stddev: number;
}

/**
 * Adds normal noise in training.
 * @example
 * gaussianNoise({ stddev: 0.1 }).apply(image).shape; // => [28, 28, 1]
 */
export function gaussianNoise(options: GaussianNoiseOptions): Layer {
  const { stddev: deviation } = options;
  checkNumber(options.name ?? "gaussianNoise", "stddev", deviation, (value) => value >= 0, "0 or more");
  return oneInput("gaussianNoise", options, ["stddev"], (x, context) =>
    context.training && deviation > 0 ? gaussianNoiseOp(x, { ...context.random(), deviation }) : x,
  );
}
