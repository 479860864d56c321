import argMaxShader from "../../shaders/reduce/argMax.wgsl";
import maxShader from "../../shaders/reduce/max.wgsl";
import minShader from "../../shaders/reduce/min.wgsl";
import row from "../../shaders/reduce/row.wgsl";
import strided from "../../shaders/reduce/strided.wgsl";
import sumShader from "../../shaders/reduce/sum.wgsl";
import whole from "../../shaders/reduce/whole.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { scratch, type Value } from "../core/graph.ts";
import { applyOne, type GradContext, type LowerContext, type OpDef } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import type { ShaderModule } from "../core/shader.ts";
import { resolveAxis, type Shape, showShape, showType, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { broadcastTo, div, equal, mul, scale, square, stopGradient, sub } from "./elementwise.ts";
import { laneShader } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { reducePasses } from "./reducePasses.ts";
import { reshape } from "./reshape.ts";

/**
 * Reductions of f32 over any axes: y[k] = sum, max or min of x[k, r] over r. In one pass where that is short, else in
 * two or three of fixed order (reducePasses.ts), so that the same input gives the same bits.
 */
export interface ReduceAttrs {
  /** Ascending. */
  readonly axes: readonly number[];
  /** Reduced axes stay, with side 1. */
  readonly keepDims: boolean;
}

export interface ReduceOptions {
  /** One axis or several, negative ones counted from the end. Default: all. */
  readonly axis?: number | readonly number[];
  /** Keep reduced axes, with side 1. Default: false. */
  readonly keepDims?: boolean;
}

const workgroupSize = 64;
/** Invocations that share a sum in shaders/reduce/whole.wgsl. */
const wholeGroup = 64;

function reduction(
  name: string,
  combine: ShaderModule,
  grad: (context: GradContext<ReduceAttrs>) => readonly (Value | null)[],
): OpDef<ReduceAttrs> {
  return {
    name,
    epilogue: true,
    infer([x], attrs, where) {
      if (!x) throw new GraphError({ where, seen: "no input", wanted: "1" });
      wantDType(where, "x", x, "f32");
      return [tensorType(reducedShape(x.shape, attrs, where))];
    },
    grad,
    lower: (context) => lowerReduction(name, combine, context),
  };
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs, where: string): number[] {
  const resolved = axes.map((axis) => resolveAxis(where, axis, shape.length));
  if (new Set(resolved).size < resolved.length) {
    throw new ShapeError({ where, seen: `axes ${showShape(axes)}`, wanted: "each axis once" });
  }
  if (sizeOf(shape) === 0) throw new ShapeError({ where, seen: `shape ${showShape(shape)}`, wanted: "elements" });
  return shape.flatMap((side, axis) => (!resolved.includes(axis) ? [side] : keepDims ? [1] : []));
}

function lowerReduction(
  name: string,
  combine: ShaderModule,
  { attrs, inputs: [input], outputs: [output], epilogue, target }: LowerContext<ReduceAttrs>,
): KernelCall[] {
  if (!input || !output) return [];
  const passes = reducePasses(input.type.shape, attrs.axes, target);
  let x = input;
  return passes.map((pass, i): KernelCall => {
    const { kernel, lanes, outer, extent, chunks, inner } = pass;
    const last = i === passes.length - 1;
    const outputLanes = kernel === "row" ? 1 : lanes;
    const count = outer * chunks * inner;
    const y = last ? output : scratch(tensorType([count * outputLanes]));
    const end = epilogueOf(last ? epilogue : null, y, outputLanes);
    const params = {
      row: { count, extent },
      strided: { count, extent, chunks, inner },
      whole: { count, extent, inner },
    }[kernel];
    const call = {
      name: last ? name : `${name}/partial`,
      shaders: [{ row, strided, whole }[kernel], combine, laneShader(outputLanes), ...end.shaders],
      params: { params, ...end.params },
      operands: {
        x,
        y,
        ...(kernel === "whole" ? { found: scratch(tensorType([count * wholeGroup * lanes])) } : {}),
        ...end.operands,
      },
      workgroups: kernel === "whole" ? count : workgroupsFor(count, workgroupSize),
      flops: outer * extent * inner * lanes,
    };
    x = y;
    return call;
  });
}

/** The gradient of `y` with the reduced axes back in, so that it broadcasts against `x`. */
function kept(dy: Value, x: Value, axes: readonly number[]): Value {
  const shape = x.type.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  return reshape(dy, shape);
}

export const sumOp = /* @__PURE__ */ reduction(
  "sum",
  sumShader,
  // dx[k, r] = dy[k].
  ({ attrs: { axes }, inputs: [x], gradients: [dy] }) => [
    x && dy ? broadcastTo(kept(dy, x, axes), x.type.shape) : null,
  ],
);

/** dx[k, r] = dy[k] / n where x[k, r] is one of the n elements that equal y[k], else 0. */
function shareAmongEqual({ attrs: { axes }, inputs: [x], outputs: [y], gradients: [dy] }: GradContext<ReduceAttrs>) {
  if (!x || !y || !dy) return [null];
  const found = equal(x, kept(y, x, axes));
  const count = sum(found, { axis: axes, keepDims: true });
  return [mul(found, div(kept(dy, x, axes), count))];
}

export const maxOp = /* @__PURE__ */ reduction("max", maxShader, shareAmongEqual);
export const minOp = /* @__PURE__ */ reduction("min", minShader, shareAmongEqual);

export interface ArgMaxAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
}

export const argMaxOp: OpDef<ArgMaxAttrs> = {
  name: "argMax",
  noGradient: "An index does not change by degrees.",
  infer([x], { axis, keepDims }, where) {
    if (!x) throw new GraphError({ where, seen: "no input", wanted: "1" });
    wantDType(where, "x", x, "f32");
    return [tensorType(reducedShape(x.shape, { axes: [axis], keepDims }, where), "i32")];
  },
  lower({ attrs: { axis }, inputs: [x], outputs: [y] }) {
    if (!x || !y) return [];
    const { shape } = x.type;
    const count = sizeOf(y.type.shape);
    return [
      {
        name: "argMax",
        shaders: [argMaxShader],
        params: { params: { count, extent: shape[axis] ?? 1, inner: sizeOf(shape.slice(axis + 1)) } },
        operands: { x, y },
        workgroups: workgroupsFor(count, workgroupSize),
        flops: sizeOf(shape),
      },
    ];
  },
};

function axesOf(where: string, x: Value, axis: number | readonly number[] | undefined): number[] {
  const rank = x.type.shape.length;
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const axes = (typeof axis === "number" ? [axis] : axis).map((one) => resolveAxis(where, one, rank));
  return axes.sort((a, b) => a - b);
}

function reduce(op: OpDef<ReduceAttrs>, x: Value, options: ReduceOptions): Value {
  checkNames(whereIs(op.name), options, ["axis", "keepDims"]);
  const { axis, keepDims = false } = options;
  return applyOne(op, [x], { axes: axesOf(whereIs(op.name), x, axis), keepDims });
}

/**
 * Sum over axes, all of them unless `axis` says which; in a fixed order, so that it has the same bits each time.
 * @example
 * sum(x, { axis: [1, 2] }).type.shape; // => [2, 4]
 * sum(x, { axis: -1, keepDims: true }).type.shape; // => [2, 8, 8, 1]
 */
export function sum(x: Value, options: ReduceOptions = {}): Value {
  return reduce(sumOp, x, options);
}

/**
 * Mean over axes, all of them unless `axis` says which.
 * @example
 * mean(x, { axis: [1, 2] }).type.shape; // => [2, 4]
 * mean(x).type.shape; // => []
 */
export function mean(x: Value, options: ReduceOptions = {}): Value {
  return scale(sum(x, options), 1 / extentOf(whereIs("mean"), x, options));
}

/**
 * Largest element over axes, all of them unless `axis` says which. Equal largest elements share the gradient.
 * @example
 * max(x, { axis: -1 }).type.shape; // => [2, 8, 8]
 */
export function max(x: Value, options: ReduceOptions = {}): Value {
  return reduce(maxOp, x, options);
}

/**
 * Smallest element over axes, all of them unless `axis` says which. Equal smallest elements share the gradient.
 * @example
 * min(x, { axis: [1, 2] }).type.shape; // => [2, 4]
 */
export function min(x: Value, options: ReduceOptions = {}): Value {
  return reduce(minOp, x, options);
}

export interface VarianceOptions extends ReduceOptions {
  /** The sum of squares is divided by n - correction. Default: 0; 1 is the unbiased estimate. */
  readonly correction?: 0 | 1;
}

/**
 * Mean square of x - mean(x), in two passes. The gradient need not flow through the mean: by that, the sum of squares
 * changes by -2 times the sum of x - mean(x), which is 0.
 * @throws ShapeError with `correction: 1` over a single element
 * @example
 * variance(x, { axis: [0, 1, 2] }).type.shape; // => [4]
 */
export function variance(x: Value, { correction = 0, ...options }: VarianceOptions = {}): Value {
  const where = whereIs("variance");
  const divisor = extentOf(where, x, options) - correction;
  if (divisor < 1 || (correction !== 0 && correction !== 1)) {
    const seen = `correction ${correction} over ${divisor + correction} elements of ${showType(x.type)}`;
    throw new ShapeError({ where, seen, wanted: "0, or 1 over 2 elements or more" });
  }
  const center = stopGradient(mean(x, { ...options, keepDims: true }));
  return scale(sum(square(sub(x, center)), options), 1 / divisor);
}

/** How many elements are reduced to one. */
function extentOf(where: string, x: Value, { axis }: ReduceOptions): number {
  return sizeOf(axesOf(where, x, axis).map((one) => x.type.shape[one] ?? 1));
}

export interface ArgMaxOptions {
  /** Default: the last. */
  readonly axis?: number;
  /** Keep the axis, with side 1. Default false. */
  readonly keepDims?: boolean;
}

/**
 * Indices (i32) of the first largest element along an axis. No gradient.
 * @example
 * argMax(logits).type.shape; // => [5]
 * argMax(logits).type.dtype; // => "i32"
 */
export function argMax(x: Value, options: ArgMaxOptions = {}): Value {
  const where = whereIs("argMax");
  checkNames(where, options, ["axis", "keepDims"]);
  const { axis = -1, keepDims = false } = options;
  return applyOne(argMaxOp, [x], { axis: resolveAxis(where, axis, x.type.shape.length), keepDims });
}

/** Sums what broadcasting repeated: the gradient of an operand of this shape, from that of the result. */
export function sumTo(value: Value, shape: Shape): Value {
  const from = value.type.shape;
  const lead = from.length - shape.length;
  const axes = from.flatMap((side, axis) => (side !== 1 && (shape[axis - lead] ?? 1) === 1 ? [axis] : []));
  return reshape(axes.length > 0 ? sum(value, { axis: axes }) : value, shape);
}
