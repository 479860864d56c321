import { FormatError } from "../../src/core/errors.ts";
import { showShape, sizeOf, stridesOf } from "../../src/core/types.ts";

/** A plain array with its shape, row-major. */
export interface Plain<Data = ArrayLike<number>> {
  readonly shape: readonly number[];
  readonly data: Data;
}

/** For a rank and an element type, the axes of the reference's tensor in the engine's order. */
export type Layout = (rank: number, dtype?: string) => readonly number[];

/** N C * to N * C, whatever the number of spatial axes; [N, C] and lower ranks stay. */
export const channelsLast: Layout = (rank) => (rank < 3 ? identity(rank) : [0, ...spatial(rank), 1]);

/**
 * Weights O I * to * I O: conv, linear ([out, in] to [in, out]) and transposed conv (C, F, * to *, F, C), whose first
 * axis is the input's channels in PyTorch and whose last is in Keras.
 */
export const kernelLast: Layout = (rank) => [...spatial(rank), 1, 0];

/** Class indices N * as they are; probabilities N C * as the logits. */
export const targetLayout: Layout = (rank, dtype) => (dtype === "f32" ? channelsLast(rank) : identity(rank));

export const asItIs: Layout = (rank) => identity(rank);

function identity(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

function spatial(rank: number): number[] {
  return Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2);
}

/** The axes that undo `axes`. */
export function inverse(axes: readonly number[]): number[] {
  return identity(axes.length).map((axis) => axes.indexOf(axis));
}

/** Axis i of the result is axis `axes[i]` of the operand. */
export function permute<Data extends Float32Array | Int32Array | Uint32Array | Uint8Array>(
  { shape, data }: Plain<Data>,
  axes: readonly number[],
): Plain<Data> {
  if (axes.length !== shape.length || inverse(axes).includes(-1) || data.length !== sizeOf(shape)) {
    const seen = `axes ${showShape(axes)} for ${data.length} numbers of shape ${showShape(shape)}`;
    throw new FormatError({ seen, wanted: "each axis of the tensor once" });
  }
  const result = data.slice() as Data;
  const outer = axes.map((axis) => shape[axis] ?? 1);
  const from = stridesOf(shape);
  const strides = axes.map((axis) => from[axis] ?? 0);
  const at = new Array<number>(axes.length).fill(0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[source] ?? 0;
    // Counts `at` up by one, the last axis fastest, and moves `source` along.
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      const next = (at[axis] ?? 0) + 1;
      if (next < (outer[axis] ?? 1)) {
        at[axis] = next;
        source += stride;
        break;
      }
      source -= stride * (next - 1);
      at[axis] = 0;
    }
  }
  return { shape: outer, data: result };
}
