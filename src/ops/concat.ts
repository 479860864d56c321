import joinShader from "../../shaders/concat/join.wgsl";
import splitShader from "../../shaders/concat/split.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { apply, applyOne, type OpDef } from "../core/op.ts";
import { isCount, whereIs } from "../core/options.ts";
import { resolveAxis, showShape, showType, sizeOf, tensorType } from "../core/types.ts";
import { zerosLike } from "./elementwise.ts";
import { slice } from "./slice.ts";
import { copyWorkgroup, stridedCopy, wantCopyable, wordFor, wordShader } from "./stridedCopy.ts";

export interface ConcatAttrs {
  readonly axis: number;
}

/** The inputs one after the other along `axis`; their other sides are equal. Two of one width take one dispatch. */
export const concatOp: OpDef<ConcatAttrs> = {
  name: "concat",
  infer(given, { axis }, where) {
    const types = given.map((type, i) => wantCopyable(where, `input ${i}`, type));
    const [first] = types;
    const fits = types.every(
      ({ shape, dtype }) =>
        dtype === first?.dtype &&
        shape.length === first.shape.length &&
        shape.every((side, at) => at === axis || side === first.shape[at]),
    );
    if (!first || !fits || !Number.isInteger(axis) || axis < 0 || axis >= first.shape.length) {
      throw new ShapeError({
        where,
        seen: `${types.map(showType).join(", ") || "nothing"} along axis ${axis}`,
        wanted: "one or more tensors of one type, whose shapes differ in that axis alone",
        mend: "Crop or pad them to one size first.",
      });
    }
    const side = types.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    return [tensorType(first.shape.with(axis, side), first.dtype)];
  },
  grad({ attrs: { axis }, inputs, gradients: [dY], needs }) {
    const sides = inputs.map((x) => x.type.shape[axis] ?? 0);
    if (!dY) return inputs.map(() => null);
    if (needs.every(Boolean)) return apply(splitOp, [dY], { axis, sides });
    const { shape } = dY.type;
    return sides.map((side, i) => {
      const from = sides.slice(0, i).reduce((sum, before) => sum + before, 0);
      return needs[i] ? slice(dY, shape.map(() => 0).with(axis, from), shape.with(axis, from + side)) : null;
    });
  },
  lower: ({ attrs: { axis }, inputs, outputs: [y], target }) => (y ? moveParts("concat", y, inputs, axis, target) : []),
};

export interface SplitAttrs {
  readonly axis: number;
  /** Of the results, along the axis; together that of the input. */
  readonly sides: readonly number[];
}

/** The gradient of concat: its input in parts along `axis`. Two of one width take one dispatch. */
export const splitOp: OpDef<SplitAttrs> = {
  name: "split",
  infer([given], { axis, sides }, where) {
    const x = wantCopyable(where, "x", given);
    const whole = sides.every(isCount);
    if (!whole || sides.reduce((sum, side) => sum + side, 0) !== x.shape[axis]) {
      throw new ShapeError({
        where,
        seen: `parts of ${showShape(sides)} of ${showType(x)} along axis ${axis}`,
        wanted: "whole numbers of at least 1, together the side of that axis",
      });
    }
    return sides.map((side) => tensorType(x.shape.with(axis, side), x.dtype));
  },
  grad: ({ attrs: { axis }, outputs, gradients }) => [
    concat(
      outputs.map((y, i) => gradients[i] ?? zerosLike(y)),
      axis,
    ),
  ],
  lower: ({ attrs: { axis }, inputs: [x], outputs, target }) => (x ? moveParts("split", x, outputs, axis, target) : []),
};

/** Moves parts into the joined tensor, or out of it: two neighbours of one width in one dispatch, any other by itself. */
function moveParts(
  name: "concat" | "split",
  joined: Value,
  parts: readonly Value[],
  axis: number,
  target: Target,
): KernelCall[] {
  const { shape } = joined.type;
  const outer = sizeOf(shape.slice(0, axis));
  const line = sizeOf(shape.slice(axis));
  const calls: KernelCall[] = [];
  let offset = 0;
  for (let i = 0; i < parts.length; ) {
    const [a, b] = parts.slice(i, i + 2);
    if (!a) break;
    const width = sizeOf(a.type.shape.slice(axis));
    const pair = b && sizeOf(b.type.shape.slice(axis)) === width ? ([a, b] as const) : null;
    const runs = { outer, line, offset, width, target };
    calls.push(pair ? movePair(name, joined, pair, runs) : moveOne(name, joined, a, runs));
    offset += width * (pair ? 2 : 1);
    i += pair ? 2 : 1;
  }
  return calls;
}

/** Rows of a joined tensor, and the run of a part in each, in elements. */
interface Runs {
  readonly outer: number;
  readonly line: number;
  readonly offset: number;
  readonly width: number;
  readonly target: Target;
}

function moveOne(
  name: "concat" | "split",
  joined: Value,
  part: Value,
  { outer, line, offset, width, target }: Runs,
): KernelCall {
  const inner = { side: width, from: 1, to: 1 };
  if (name === "concat") {
    const axes = [{ side: outer, from: width, to: line }, inner];
    return stridedCopy({ name, target, x: part, y: joined, axes, toOffset: offset });
  }
  const axes = [{ side: outer, from: line, to: width }, inner];
  return stridedCopy({ name, target, x: joined, y: part, axes, fromOffset: offset });
}

function movePair(
  name: "concat" | "split",
  joined: Value,
  [a, b]: readonly [Value, Value],
  { outer, line, offset, width, target }: Runs,
): KernelCall {
  const word = wordFor(target, line, offset, width);
  // A long word of each is enough for one invocation.
  const rows = word === 16 ? 1 : Math.min(2, outer);
  const runs = Math.ceil(outer / rows);
  const count = (runs * width) / word;
  const words = { width: width / word, line: line / word, offset: offset / word };
  return {
    name,
    shaders: [wordShader(word), name === "concat" ? joinShader : splitShader],
    constants: { ROWS: rows },
    params: { params: { count, outer, runs, ...words } },
    operands: name === "concat" ? { a, b, y: joined } : { x: joined, a, b },
    workgroups: workgroupsFor(count, copyWorkgroup),
    flops: 0,
  };
}

/**
 * Tensors joined along an axis; default: the last, the channels.
 * @throws ShapeError where another axis differs
 * @example
 * concat([x, x]).type.shape; // => [2, 8, 8, 8]
 * concat([a, targets], 0).type.shape; // => [10, 3]
 */
export function concat(values: readonly Value[], axis = -1): Value {
  const [first] = values;
  if (values.length === 1 && first) return first;
  const at = first ? resolveAxis(whereIs("concat"), axis, first.type.shape.length) : 0;
  return applyOne(concatOp, values, { axis: at });
}
