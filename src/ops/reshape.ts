import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { type Shape, sameShape, showType, sizeOf, tensorType } from "../core/types.ts";

export interface ReshapeAttrs {
  readonly shape: Shape;
}

/** y = x under another shape of as many elements: the same bytes, no kernel. */
export const reshapeOp: OpDef<ReshapeAttrs> = {
  name: "reshape",
  view: true,
  infer([x], { shape }, where) {
    if (!x || sizeOf(x.shape) !== sizeOf(shape)) {
      throw new ShapeError({
        where,
        seen: `${x ? showType(x) : "nothing"} to shape [${shape.join(", ")}]`,
        wanted: `a shape of ${x ? sizeOf(x.shape) : "as many"} elements`,
        mend: "One side may be -1: it takes what the others leave.",
      });
    }
    return [tensorType(shape, x.dtype)];
  },
  grad: ({ inputs: [x], gradients: [dy] }) => [x && dy ? reshape(dy, x.type.shape) : null],
  lower: () => [],
};

/**
 * The same elements under another shape, row-major, so that the last axes stay together. A view: nothing is copied. One
 * side may be -1: it takes what the others leave.
 * @throws ShapeError where the elements are not as many
 * @example
 * reshape(x, [2, 64, -1]).type.shape; // => [2, 64, 4]
 * reshape(x, [3, -1]); // => ShapeError
 */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.filter((side) => side !== -1);
  const rest = sizeOf(x.type.shape) / sizeOf(known);
  const whole = known.length === shape.length - 1 && Number.isInteger(rest);
  const sides = whole ? shape.map((side) => (side === -1 ? rest : side)) : shape;
  return sameShape(sides, x.type.shape) ? x : applyOne(reshapeOp, [x], { shape: sides });
}
