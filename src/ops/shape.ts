import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { whereIs } from "../core/options.ts";
import { resolveAxis, showShape, showType, sizeOf, stridesOf, tensorType } from "../core/types.ts";
import { reshape } from "./reshape.ts";
import { stridedCopy, wantCopyable } from "./stridedCopy.ts";

export { concat } from "./concat.ts";
export { broadcastTo } from "./elementwise.ts";
export { pad } from "./pad.ts";
export { reshape } from "./reshape.ts";
export { slice } from "./slice.ts";

/**
 * All axes but the first become one: [N, ..] -> [N, rest]. A view.
 * @example
 * flatten(x).type.shape; // => [2, 256]
 */
export function flatten(x: Value): Value {
  const [n = 1, ...rest] = x.type.shape;
  return reshape(x, [n, sizeOf(rest)]);
}

/**
 * Drops axes of side 1: those given, or all. A view.
 * @example
 * squeeze(globalMaxPool2d(x, { keepDims: true }), [1, 2]).type.shape; // => [2, 4]
 * squeeze(x, 0); // => ShapeError
 */
export function squeeze(x: Value, axis?: number | readonly number[]): Value {
  const where = whereIs("squeeze");
  const { shape } = x.type;
  const given = axis === undefined ? undefined : typeof axis === "number" ? [axis] : axis;
  const dropped = given?.map((at) => resolveAxis(where, at, shape.length));
  const wrong = dropped?.find((at) => shape[at] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError({ where, seen: `axis ${wrong} of ${showType(x.type)}`, wanted: "an axis of side 1" });
  }
  return reshape(
    x,
    shape.filter((side, at) => (dropped ? !dropped.includes(at) : side !== 1)),
  );
}

/**
 * Inserts an axis of side 1, so that it is axis `axis` of the result; negative axes count from the result's end. A
 * view.
 * @example
 * expandDims(a, 0).type.shape; // => [1, 5, 3]
 * expandDims(a, -1).type.shape; // => [5, 3, 1]
 */
export function expandDims(x: Value, axis: number): Value {
  const { shape } = x.type;
  const at = resolveAxis(whereIs("expandDims"), axis, shape.length + 1);
  return reshape(x, [...shape.slice(0, at), 1, ...shape.slice(at)]);
}

export interface PermuteAttrs {
  /** Axis k of the result is axis dims[k] of the input. */
  readonly dims: readonly number[];
}

/** y[at_dims[0], at_dims[1], ..] = x[at_0, at_1, ..]. */
export const permuteOp: OpDef<PermuteAttrs> = {
  name: "permute",
  infer([given], { dims }, where) {
    const x = wantCopyable(where, "x", given);
    if (dims.length !== x.shape.length || x.shape.some((_, axis) => !dims.includes(axis))) {
      throw new ShapeError({
        where,
        seen: `dims ${showShape(dims)} of ${showType(x)}`,
        wanted: `each of ${x.shape.length} axes once`,
      });
    }
    return [
      tensorType(
        dims.map((axis) => x.shape[axis] ?? 1),
        x.dtype,
      ),
    ];
  },
  grad({ attrs: { dims }, gradients: [dY] }) {
    return [
      dY
        ? permute(
            dY,
            dims.map((_, axis) => dims.indexOf(axis)),
          )
        : null,
    ];
  },
  lower({ attrs: { dims }, inputs: [x], outputs: [y], target }) {
    if (!x || !y) return [];
    const from = stridesOf(x.type.shape);
    const to = stridesOf(y.type.shape);
    const axes = dims.map((axis, k) => ({ side: y.type.shape[k] ?? 1, from: from[axis] ?? 0, to: to[k] ?? 0 }));
    return [stridedCopy({ name: "permute", target, x, y, axes })];
  },
};

/**
 * Axis k of the result is axis dims[k] of x. Where only axes of side 1 move, nothing is copied.
 * @example
 * permute(x, [0, 3, 1, 2]).type.shape; // => [2, 4, 8, 8]
 */
export function permute(x: Value, dims: readonly number[]): Value {
  const { shape } = x.type;
  const axes = dims.map((axis) => resolveAxis(whereIs("permute"), axis, shape.length));
  const moving = axes.filter((axis) => shape[axis] !== 1);
  const distinct = new Set(axes).size === shape.length && axes.length === shape.length;
  if (distinct && moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0))) {
    return reshape(
      x,
      axes.map((axis) => shape[axis] ?? 1),
    );
  }
  return applyOne(permuteOp, [x], { dims: axes });
}
