import spreadShader from "../../shaders/shape/spread.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { whereIs } from "../core/options.ts";
import { type DType, type Shape, showShape, showType, sizeOf, stridesOf, tensorType } from "../core/types.ts";
import { lanesFor } from "./lanes.ts";
import { copyWorkgroup, maxRank, stridedCopy, wantCopyable, wordShader } from "./stridedCopy.ts";

export interface SliceAttrs {
  readonly start: readonly number[];
  /** Sides of the result. */
  readonly size: readonly number[];
  readonly step: readonly number[];
}

/** y[at] = x[start + at step] on every axis. */
export const sliceOp: OpDef<SliceAttrs> = {
  name: "slice",
  infer([given], { start, size, step }, where) {
    const x = wantCopyable(where, "x", given);
    const whole = [start, size, step].every((list) => list.length === x.shape.length && list.every(Number.isInteger));
    const within = x.shape.every((side, axis) => {
      const [first = -1, count = 0, by = 0] = [start[axis], size[axis], step[axis]];
      return first >= 0 && count >= 1 && by >= 1 && first + (count - 1) * by < side;
    });
    if (!whole || !within) {
      throw new ShapeError({
        where,
        seen: `start ${showShape(start)}, size ${showShape(size)}, step ${showShape(step)} of ${showType(x)}`,
        wanted: "a block of at least one element within the tensor",
      });
    }
    return [tensorType(size, x.dtype)];
  },
  grad({ attrs: { start, step }, inputs: [x], gradients: [dY] }) {
    return [x && dY ? applyOne(spreadOp, [dY], { start, step, shape: x.type.shape, value: 0 }) : null];
  },
  lower({ attrs: { start, step }, inputs: [x], outputs: [y], target }) {
    if (!x || !y) return [];
    const from = stridesOf(x.type.shape);
    const to = stridesOf(y.type.shape);
    const axes = y.type.shape.map((side, axis) => ({
      side,
      from: (from[axis] ?? 0) * (step[axis] ?? 1),
      to: to[axis] ?? 0,
    }));
    const fromOffset = from.reduce((sum, stride, axis) => sum + stride * (start[axis] ?? 0), 0);
    return [stridedCopy({ name: "slice", target, x, y, axes, fromOffset })];
  },
};

export interface SpreadAttrs {
  /** Where x's first element goes; before the start, x is cropped. */
  readonly start: readonly number[];
  readonly step: readonly number[];
  /** Sides of the result; what x has beyond them is cropped. */
  readonly shape: Shape;
  /** Everything else. */
  readonly value: number;
}

/**
 * y[start + i step] = x[i] for all i whose place is within y, `value` elsewhere: padding and cropping (step 1), bed of
 * nails (step > 1), and the gradient of slice.
 */
export const spreadOp: OpDef<SpreadAttrs> = {
  name: "spread",
  infer([given], { start, step, shape, value }, where) {
    const x = wantCopyable(where, "x", given);
    const rank = x.shape.length;
    const whole = [start, step, shape].every((list) => list.length === rank && list.every(Number.isInteger));
    if (!whole || step.some((by) => by < 1) || shape.some((side) => side < 1)) {
      throw new ShapeError({
        where,
        seen: `${showType(x)} from ${showShape(start)} on in steps ${showShape(step)} of ${showShape(shape)}`,
        wanted: `${rank} whole numbers each, steps and sides of at least 1`,
      });
    }
    if (x.dtype === "f32" ? Number.isNaN(value) : !Number.isInteger(value)) {
      throw new GraphError({ where, seen: `value ${value}`, wanted: `a number of type ${x.dtype}` });
    }
    return [tensorType(shape, x.dtype)];
  },
  grad({ attrs: { start, step }, inputs: [x], gradients: [dY] }) {
    return [x && dY ? gather(dY, x.type.shape, start, step) : null];
  },
  lower({ attrs, inputs: [x], outputs: [y] }) {
    return x && y ? [lowerSpread(x, y, attrs)] : [];
  },
};

/** dX[i] = dY[start + i step], 0 where that place is not within dY. */
function gather(dY: Value, shape: Shape, start: readonly number[], step: readonly number[]): Value | null {
  const seen = shape.map((side, axis) => {
    const [first = 0, by = 1, room = 0] = [start[axis], step[axis], dY.type.shape[axis]];
    const from = Math.max(0, Math.ceil(-first / by));
    const end = Math.min(side, Math.ceil((room - first) / by));
    return { from, count: end - from, start: first + from * by };
  });
  if (seen.some(({ count }) => count < 1)) return null;
  const size = seen.map(({ count }) => count);
  const taken = applyOne(sliceOp, [dY], { start: seen.map((axis) => axis.start), size, step });
  const cropped = seen.some(({ count }, axis) => count < (shape[axis] ?? 0));
  const places = { start: seen.map(({ from }) => from), step: shape.map(() => 1), shape, value: 0 };
  return cropped ? applyOne(spreadOp, [taken], places) : taken;
}

interface SpreadAxis {
  readonly outer: number;
  readonly inner: number;
  readonly start: number;
  readonly step: number;
}

function lowerSpread(x: Value, y: Value, { start, step, value }: SpreadAttrs): KernelCall {
  const axes = mergeAxes(
    y.type.shape.map((outer, axis) => ({
      outer,
      inner: x.type.shape[axis] ?? 1,
      start: start[axis] ?? 0,
      step: step[axis] ?? 1,
    })),
  );
  const last = axes.at(-1) ?? { outer: 1, inner: 1, start: 0, step: 1 };
  const lanes = last.step === 1 ? lanesFor(last.outer, last.inner, last.start) : 1;
  const words = [
    { ...last, outer: last.outer / lanes, inner: last.inner / lanes, start: last.start / lanes },
    ...axes.slice(0, -1).toReversed(),
  ];
  const count = sizeOf(y.type.shape) / lanes;
  const params: Record<string, number> = { count, fill: bitsOf(value, x.type.dtype) };
  for (let k = 0; k < maxRank; k++) {
    const axis = words[k] ?? { outer: 1, inner: 1, start: 0, step: 1 };
    for (const [name, number] of Object.entries(axis)) params[`${name}${k}`] = number;
  }
  return {
    name: "spread",
    shaders: [wordShader(lanes), spreadShader],
    constants: { RANK: words.length, STEPPED: words.some((axis) => axis.step > 1) ? 1 : 0 },
    params: { params },
    operands: { x, y },
    workgroups: workgroupsFor(count, copyWorkgroup),
    flops: 0,
  };
}

/** As few axes as may be: an axis that x fills whole joins the one around it, if that has no steps. */
function mergeAxes(axes: readonly SpreadAxis[]): SpreadAxis[] {
  const merged: SpreadAxis[] = [];
  for (const axis of axes) {
    const around = merged.at(-1);
    const filled = axis.start === 0 && axis.step === 1 && axis.inner === axis.outer;
    if (around && around.step === 1 && filled) {
      const { outer, inner, start } = around;
      const side = axis.outer;
      merged[merged.length - 1] = { outer: outer * side, inner: inner * side, start: start * side, step: 1 };
    } else merged.push(axis);
  }
  return merged;
}

function bitsOf(value: number, dtype: DType): number {
  if (dtype === "f32") return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  return value >>> 0;
}

/**
 * x[start:end:step] on every axis, as NumPy counts: negative places count from the end, and what lies beyond the
 * tensor is cut off. Steps are at least 1.
 * @example
 * slice(x, [0, 2, 2, 0], [2, -2, -2, 4]).type.shape; // => [2, 4, 4, 4]
 * slice(a, [0, 0], [5, 3], [2, 1]).type.shape; // => [3, 3]
 */
export function slice(
  x: Value,
  start: readonly number[],
  end: readonly number[],
  step: readonly number[] = x.type.shape.map(() => 1),
): Value {
  const where = whereIs("slice");
  const { shape } = x.type;
  const whole = [start, end, step].every((list) => list.length === shape.length && list.every(Number.isInteger));
  if (!whole || step.some((by) => by < 1)) {
    throw new ShapeError({
      where,
      seen: `start ${showShape(start)}, end ${showShape(end)}, step ${showShape(step)} of ${showType(x.type)}`,
      wanted: `${shape.length} whole numbers each, steps of at least 1`,
    });
  }
  const clip = (at: number, side: number) => Math.min(side, Math.max(0, at < 0 ? at + side : at));
  const first = shape.map((side, axis) => clip(start[axis] ?? 0, side));
  const size = shape.map((side, axis) =>
    Math.ceil((clip(end[axis] ?? side, side) - (first[axis] ?? 0)) / (step[axis] ?? 1)),
  );
  if (size.some((count) => count < 1)) {
    throw new ShapeError({
      where,
      seen: `start ${showShape(start)}, end ${showShape(end)} of ${showType(x.type)}: nothing`,
      wanted: "at least one element on every axis",
    });
  }
  return applyOne(sliceOp, [x], { start: first, size, step: [...step] });
}
