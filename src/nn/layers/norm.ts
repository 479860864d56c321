import { GraphError, ShapeError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkNames, checkNumber, checkWhole } from "../../core/options.ts";
import { type Shape, showShape } from "../../core/types.ts";
import { batchNorm, batchNormEval } from "../../ops/batchNorm.ts";
import { groupNorm, instanceNorm, layerNorm, type NormOptions } from "../../ops/norm.ts";
import { type Initializer, type InitializerName, initializerOf, ones, zeros } from "../initializers.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import type { LayerOptions } from "./base.ts";

export interface NormalizationOptions extends LayerOptions {
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number;
  /** Whether a factor (gamma) is learned. Default true. */
  readonly scale?: boolean;
  /** Whether an addend (beta) is learned. Default true. */
  readonly center?: boolean;
  /** Default "ones". */
  readonly gammaInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  readonly betaInitializer?: InitializerName | Initializer;
}

const optionNames = ["name", "epsilon", "scale", "center", "gammaInitializer", "betaInitializer"];

/** What normalizations share: gamma and beta. */
abstract class Normalization extends Layer {
  readonly kind: string;
  protected readonly epsilon: number;
  readonly #options: NormalizationOptions;
  #gamma: Weight | undefined;
  #beta: Weight | undefined;

  constructor(kind: string, options: NormalizationOptions, names: readonly string[]) {
    super(options);
    this.kind = kind;
    this.#options = options;
    this.epsilon = options.epsilon ?? 1e-3;
    checkNames(options.name ?? kind, options, [...optionNames, ...names]);
    checkNumber(options.name ?? kind, "epsilon", this.epsilon, (value) => value >= 0, "0 or more");
  }

  protected addAffine(shape: Shape): void {
    const { scale = true, center = true, gammaInitializer = ones, betaInitializer = zeros } = this.#options;
    const where = this.name ?? this.kind;
    const fans = { fanIn: 1, fanOut: 1 };
    if (scale) this.#gamma = this.addWeight("gamma", shape, initializerOf(where, gammaInitializer)(fans));
    if (center) this.#beta = this.addWeight("beta", shape, initializerOf(where, betaInitializer)(fans));
  }

  call([x, ...more]: readonly Value[], context: CallContext): Value {
    if (!x || more.length > 0) {
      throw new GraphError({ where: this.name ?? this.kind, seen: `${more.length + 1} inputs`, wanted: "one" });
    }
    const weight = this.#gamma ? context.weight(this.#gamma) : null;
    const bias = this.#beta ? context.weight(this.#beta) : null;
    return this.normalize(x, { weight, bias, epsilon: this.epsilon }, context);
  }

  protected abstract normalize(x: Value, options: NormOptions, context: CallContext): Value;
}

export interface BatchNormalizationOptions extends NormalizationOptions {
  /** What moving statistics keep in one step. Default 0.99; PyTorch's momentum is 1 - this. */
  readonly momentum?: number;
}

/** While it is frozen, it normalizes by its moving statistics in training too, and keeps them, as in Keras. */
class BatchNormalization extends Normalization {
  readonly #momentum: number;
  #mean: Weight | undefined;
  #variance: Weight | undefined;

  constructor(options: BatchNormalizationOptions) {
    super("batchNormalization", options, ["momentum"]);
    this.#momentum = options.momentum ?? 0.99;
    const where = options.name ?? this.kind;
    checkNumber(where, "momentum", this.#momentum, (value) => value >= 0 && value <= 1, "from 0 to 1");
  }

  override get mixesExamples(): boolean {
    return this.trainable;
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    const channels = [shape?.at(-1) ?? 0];
    this.addAffine(channels);
    this.#mean = this.addWeight("movingMean", channels, { kind: "constant", value: 0 }, "statistic");
    this.#variance = this.addWeight("movingVariance", channels, { kind: "constant", value: 1 }, "statistic");
  }

  protected normalize(x: Value, options: NormOptions, context: CallContext): Value {
    const [mean, variance] = [this.#mean, this.#variance];
    if (!mean || !variance) {
      throw new GraphError({ where: this.name ?? this.kind, seen: "a call before build", wanted: "build first" });
    }
    const moving = { mean: context.weight(mean), variance: context.weight(variance) };
    if (!context.training || !this.trainable) return batchNormEval(x, { ...options, ...moving });
    const { y, updates } = batchNorm(x, {
      ...options,
      runningMean: moving.mean,
      runningVariance: moving.variance,
      momentum: this.#momentum,
    });
    const [newMean, newVariance] = updates;
    if (newMean) context.update(mean, newMean);
    if (newVariance) context.update(variance, newVariance);
    return y;
  }
}

/**
 * (x - mean) / sqrt(variance + epsilon) gamma + beta by channel, over all examples and places: [.., c]. Moving
 * statistics stand in outside training (Ioffe and Szegedy 2015).
 * @example
 * batchNormalization({ momentum: 0.9 }).apply(image).shape; // => [28, 28, 1]
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  return new BatchNormalization(options);
}

export interface LayerNormalizationOptions extends NormalizationOptions {
  /** One axis or several, which must be the last ones; the batch is axis 0. Default -1. */
  readonly axis?: number | readonly number[];
}

class LayerNormalization extends Normalization {
  readonly #axis: readonly number[];
  #axes = 1;

  constructor(options: LayerNormalizationOptions) {
    super("layerNormalization", options, ["axis"]);
    const { axis = -1 } = options;
    this.#axis = typeof axis === "number" ? [axis] : axis;
  }

  protected override makeWeights([shape = []]: readonly Shape[]): void {
    const where = this.name ?? this.kind;
    const rank = shape.length + 1;
    const axes = this.#axis.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    const last = axes.every((axis, i) => axis === rank - axes.length + i);
    if (axes.length === 0 || axes.length >= rank || !last) {
      const seen = `axes ${showShape(this.#axis)} of an input ${showShape(shape)}`;
      const mend = "The batch is axis 0; negative axes count from the last.";
      throw new ShapeError({ where, seen, wanted: "the last axes, without the batch", mend });
    }
    this.#axes = axes.length;
    this.addAffine(shape.slice(shape.length - axes.length));
  }

  protected normalize(x: Value, options: NormOptions): Value {
    return layerNorm(x, { ...options, axes: this.#axes });
  }
}

/**
 * The same over the last axes of each example, or of each place of it (Ba et al. 2016).
 * @example
 * layerNormalization().apply(input([16, 64])).shape; // => [16, 64]
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  return new LayerNormalization(options);
}

export interface GroupNormalizationOptions extends NormalizationOptions {
  /** Default 32. */
  readonly groups?: number;
}

class GroupNormalization extends Normalization {
  readonly #groups: number | "all";

  constructor(kind: string, options: NormalizationOptions, groups: number | "all", names: readonly string[]) {
    super(kind, options, names);
    this.#groups = groups;
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    this.addAffine([shape?.at(-1) ?? 0]);
  }

  protected normalize(x: Value, options: NormOptions): Value {
    return this.#groups === "all" ? instanceNorm(x, options) : groupNorm(x, { ...options, groups: this.#groups });
  }
}

/**
 * The same by groups of channels of each example, over all places: [.., c] (Wu and He 2018).
 * @example
 * groupNormalization({ groups: 4 }).apply(input([8, 8, 16])).shape; // => [8, 8, 16]
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): Layer {
  const groups = checkWhole(options.name ?? "groupNormalization", "groups", options.groups ?? 32);
  return new GroupNormalization("groupNormalization", options, groups, ["groups"]);
}

/**
 * The same by channel of each example, over all places: [.., c] (Ulyanov et al. 2016).
 * @example
 * instanceNormalization().apply(input([8, 8, 16])).shape; // => [8, 8, 16]
 */
export function instanceNormalization(options: NormalizationOptions = {}): Layer {
  return new GroupNormalization("instanceNormalization", options, "all", []);
}
