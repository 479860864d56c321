import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { apply, applyOne, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, isCount, whereIs } from "../core/options.ts";
import {
  type Shape,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { add, mul } from "./elementwise.ts";
import { lowerNormalize, lowerNormalizeGradient, type NormView, normView, statisticsShape } from "./normalize.ts";
import { reshape } from "./reshape.ts";

/**
 * Normalizations within each example: y = (x - mean) / sqrt(variance + epsilon) weight + bias, mean and biased variance
 * over the axes that the kind names. The normalization is an operator; weight and bias are elementwise nodes behind it,
 * which fuse into its kernel where no gradient is wanted.
 */
export interface NormalizeAttrs {
  readonly groups: number;
  readonly epsilon: number;
}

/** x [items, steps, channels] -> y, statistics: over all steps of the channels of a group, for each item. */
export const normalizeOp: OpDef<NormalizeAttrs> = {
  name: "normalize",
  epilogue: true,
  infer([x], attrs, where) {
    if (!x) throw new GraphError({ where, seen: "no x", wanted: "one" });
    return [x, tensorType(statisticsShape(checkView(where, x, attrs)))];
  },
  grad({ attrs, inputs: [x], outputs: [, statistics], gradients: [dY] }) {
    return [x && statistics && dY ? applyOne(normalizeGradientOp, [dY, x, statistics], attrs) : null];
  },
  lower({ attrs, inputs: [x], outputs: [y, statistics], epilogue, target }) {
    if (!x || !y || !statistics) return [];
    const view = viewOf(x.type, attrs);
    const parts = { view, epsilon: attrs.epsilon, x, y, statistics, affine: null, running: null, epilogue };
    return lowerNormalize("normalize", parts, target);
  },
};

/** With n values in a group and i = 1 / sqrt(variance + epsilon): dX = i (dY - mean(dY) - y mean(dY y)). */
export const normalizeGradientOp: OpDef<NormalizeAttrs> = {
  name: "normalizeGradient",
  noGradient: noSecondDerivatives,
  epilogue: true,
  infer([dY, x, statistics], attrs, where) {
    if (!dY || !x || !statistics || !sameShape(dY.shape, x.shape)) {
      const seen = [dY, x, statistics].map((type) => (type ? showType(type) : "nothing")).join(", ");
      throw new ShapeError({ where, seen, wanted: "dY and x of one shape, and statistics" });
    }
    checkView(where, x, attrs);
    return [x];
  },
  lower({ attrs, inputs: [dY, x, statistics], outputs: [dX], epilogue, target }) {
    if (!dY || !x || !statistics || !dX) return [];
    const view = viewOf(x.type, attrs);
    const parts = { view, epsilon: attrs.epsilon, x, dY, statistics, dX, affine: null, prologue: null, epilogue };
    return lowerNormalizeGradient("normalizeGradient", parts, target);
  },
};

function viewOf({ shape }: TensorType, { groups }: NormalizeAttrs): NormView {
  const [items = 1, steps = 1, channels = 1] = shape;
  return normView(items, steps, channels, groups);
}

function checkView(where: string, x: TensorType, attrs: NormalizeAttrs): NormView {
  wantDType(where, "x", x, "f32");
  const channels = x.shape[2] ?? 0;
  if (x.shape.length !== 3 || sizeOf(x.shape) === 0) {
    throw new ShapeError({ where, seen: `x ${showType(x)}`, wanted: "[items, steps, channels], none of them 0" });
  }
  checkNumber(where, "epsilon", attrs.epsilon, (value) => value >= 0, "0 or more");
  const divides = isCount(attrs.groups) && channels % attrs.groups === 0;
  if (!divides) {
    throw new ShapeError({
      where,
      seen: `${attrs.groups} groups for ${channels} channels`,
      wanted: "a number of groups that divides the channels",
      mend: "One group takes all channels together; as many groups as channels, each alone.",
    });
  }
  return viewOf(x, attrs);
}

export interface NormOptions {
  /** Of the normalized axes, or for each channel; 1 unless given. */
  readonly weight?: Value | null;
  /** As the weight; 0 unless given. */
  readonly bias?: Value | null;
  /** Default 1e-3, as in Keras. */
  readonly epsilon?: number;
}

const optionNames = ["weight", "bias", "epsilon"];

export interface LayerNormOptions extends NormOptions {
  /** How many of the last axes are normalized together. Default 1. */
  readonly axes?: number;
}

/**
 * Layer normalization (Ba et al. 2016): over the last axes of each example. Weight and bias have their shape.
 * @example
 * layerNorm(x).type.shape; // => [2, 8, 8, 4]
 */
export function layerNorm(x: Value, options: LayerNormOptions = {}): Value {
  const where = whereIs("layerNorm");
  checkNames(where, options, [...optionNames, "axes"]);
  const { axes = 1 } = options;
  const { shape } = x.type;
  if (!isCount(axes) || axes > shape.length) {
    throw new ShapeError({
      where,
      seen: `the last ${axes} axes of x ${showShape(shape)}`,
      wanted: `a whole number from 1 to ${shape.length}`,
    });
  }
  const normalized = shape.slice(shape.length - axes);
  const size = sizeOf(normalized);
  const rows = sizeOf(shape.slice(0, shape.length - axes));
  return reshape(normalizeView(where, x, [rows, 1, size], 1, options, normalized), shape);
}

export interface GroupNormOptions extends NormOptions {
  /** Default 32, as in Keras. */
  readonly groups?: number;
}

/**
 * Group normalization (Wu and He 2018) of x [N, .., C]: over all places and the channels of a group, in each example.
 * @example
 * groupNorm(x, { groups: 2, weight: channel }).type.shape; // => [2, 8, 8, 4]
 */
export function groupNorm(x: Value, options: GroupNormOptions = {}): Value {
  const where = whereIs("groupNorm");
  checkNames(where, options, [...optionNames, "groups"]);
  return byChannel(where, x, options.groups ?? 32, options, 2);
}

/**
 * Instance normalization (Ulyanov et al. 2016) of x [N, .., C]: over all places of each channel, in each example.
 * @example
 * instanceNorm(x, { epsilon: 1e-3 }).type.shape; // => [2, 8, 8, 4]
 */
export function instanceNorm(x: Value, options: NormOptions = {}): Value {
  const where = whereIs("instanceNorm");
  checkNames(where, options, optionNames);
  return byChannel(where, x, x.type.shape.at(-1) ?? 1, options, 3);
}

function byChannel(where: string, x: Value, groups: number, options: NormOptions, leastRank: number): Value {
  const { shape } = x.type;
  if (shape.length < leastRank) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(shape)}`,
      wanted: `[N, .., C] of rank ${leastRank} or more`,
      mend: "What has no places to average over is normalized by layerNorm().",
    });
  }
  const channels = shape.at(-1) ?? 1;
  const view = [shape[0] ?? 1, sizeOf(shape.slice(1, -1)), channels];
  return reshape(normalizeView(where, x, view, groups, options, [channels]), shape);
}

/** Normalizes x seen as `view`, then weight and bias, whose shape must be `affine`. */
function normalizeView(
  where: string,
  x: Value,
  view: Shape,
  groups: number,
  { weight, bias, epsilon = 1e-3 }: NormOptions,
  affine: Shape,
): Value {
  const size = sizeOf(affine);
  const row = (name: string, value: Value): Value => {
    if (!sameShape(value.type.shape, affine)) {
      const seen = `${name} ${showShape(value.type.shape)} for x ${showShape(x.type.shape)}`;
      throw new ShapeError({ where, seen, wanted: showShape(affine) });
    }
    return reshape(value, [size]);
  };
  const [y] = apply(normalizeOp, [reshape(x, view)], { groups, epsilon });
  if (!y) throw new GraphError({ where, seen: "no result", wanted: "y and statistics" });
  const scaled = weight ? mul(y, row("weight", weight)) : y;
  return bias ? add(scaled, row("bias", bias)) : scaled;
}
