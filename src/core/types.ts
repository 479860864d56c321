import { DTypeError, ShapeError } from "./errors.ts";

/** Element types. `u8` is a storage type of data sets alone: four to a word, read by the gather kernel. */
export type DType = "f32" | "i32" | "u32" | "u8";
/** Sides of a tensor, the outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** The type of a tensor. Layout is always row-major and dense; images are NHWC. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * The type of a tensor, frozen; f32 unless another is given.
 * @throws ShapeError on a side that is no whole number
 * @example
 * tensorType([2, 3]).dtype; // => "f32"
 * tensorType([2.5]); // => ShapeError
 */
export function tensorType(shape: Shape, dtype: DType = "f32"): TensorType {
  for (const side of shape) {
    if (!Number.isInteger(side) || side < 0) {
      throw new ShapeError({ seen: `shape ${showShape(shape)}`, wanted: "sides that are whole numbers, 0 or more" });
    }
  }
  return Object.freeze({ shape: Object.freeze([...shape]), dtype });
}

/**
 * Number of elements; 1 for a scalar, whose shape is `[]`.
 * @example
 * sizeOf([2, 3]); // => 6
 * sizeOf([]); // => 1
 */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Bytes of a tensor in a GPU buffer, rounded up to whole words. */
export function bytesOf(type: TensorType): number {
  const bytes = sizeOf(type.shape) * (type.dtype === "u8" ? 1 : 4);
  return Math.ceil(bytes / 4) * 4;
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function showType(type: TensorType): string {
  return `${type.dtype}${showShape(type.shape)}`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/** NumPy's broadcasting: sides are aligned at the end, and must be equal or 1. */
export function broadcastShapes(where: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const side = sides.find((candidate) => candidate !== 1) ?? 1;
    if (sides.some((candidate) => candidate !== 1 && candidate !== side)) {
      throw new ShapeError({
        where,
        seen: `shapes ${shapes.map(showShape).join(" and ")}`,
        wanted: "shapes that broadcast: from the last axis on, equal sides or 1",
        mend: "Reshape one of them, or insert axes of side 1.",
      });
    }
    return side;
  });
}

/** Resolves a possibly negative axis, or throws. */
export function resolveAxis(where: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError({ where, seen: `axis ${axis}`, wanted: `an axis from ${-rank} to ${rank - 1}` });
  }
  return resolved;
}

export function wantDType(where: string, name: string, type: TensorType, ...allowed: DType[]): void {
  if (!allowed.includes(type.dtype)) {
    throw new DTypeError({ where, seen: `${name} of type ${showType(type)}`, wanted: allowed.join(" or ") });
  }
}
