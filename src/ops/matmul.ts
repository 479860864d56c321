import { DTypeError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { apply, applyOne, type LowerContext, noSecondDerivatives, type OpDef } from "../core/op.ts";
import {
  broadcastShapes,
  type Shape,
  showShape,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { type Batches, lowerGemm, oneBatch, stridedA, withBias } from "./gemm.ts";
import { sumTo } from "./reduce.ts";
import { reshape } from "./reshape.ts";
import { broadcastTo } from "./shape.ts";

export interface MatmulAttrs {
  /** Swap the last two axes of a, of b, before multiplying. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** y[.., m, n] = sum over k of a[.., m, k] b[.., k, n]; the leading axes broadcast. */
export const matmulOp: OpDef<MatmulAttrs> = {
  name: "matmul",
  epilogue: true,
  infer([a, b], attrs, where) {
    const { m, n, batchShape } = sidesOf(a, b, attrs, where);
    return [tensorType([...batchShape, m, n])];
  },
  lower: lowerMatmul,
  grad({ attrs: { transposeA, transposeB }, inputs: [a, b], gradients: [dY], needs }) {
    if (!a || !b || !dY) return [null, null];
    const dA = () =>
      transposeA
        ? matmul(b, dY, { transposeA: transposeB, transposeB: true })
        : matmul(dY, b, { transposeB: !transposeB });
    const dB = () =>
      transposeB
        ? matmul(dY, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, dY, { transposeA: !transposeA });
    return [needs[0] ? sumTo(dA(), a.type.shape) : null, needs[1] ? sumTo(dB(), b.type.shape) : null];
  },
};

/**
 * Matrix product of the last two axes, [.., M, K] and [.., K, N] -> [.., M, N]; earlier axes broadcast as in NumPy.
 * @throws ShapeError where K differs
 * @example
 * matmul(a, b).type.shape; // => [5, 2]
 * matmul(a, a, { transposeB: true }).type.shape; // => [5, 5]
 * matmul(a, a); // => ShapeError
 */
export function matmul(a: Value, b: Value, options: Partial<MatmulAttrs> = {}): Value {
  const attrs = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  const [strideA, strideB] = batchesOf(a.type.shape, b.type.shape);
  if (strideA && strideB) return applyOne(matmulOp, [a, b], attrs);
  // Batches that no two strides describe are copied out first.
  const batch = broadcastShapes("matmul", a.type.shape.slice(0, -2), b.type.shape.slice(0, -2));
  const whole = (value: Value) => broadcastTo(value, [...batch, ...value.type.shape.slice(-2)]);
  return applyOne(matmulOp, [whole(a), whole(b)], attrs);
}

function lowerMatmul({ attrs, inputs: [a, b], outputs: [y], epilogue, target }: LowerContext<MatmulAttrs>) {
  if (!a || !b || !y) return [];
  const { m, n, k, batchShape } = sidesOf(a.type, b.type, attrs, "matmul");
  const [batchesA, batchesB] = batchesOf(a.type.shape, b.type.shape);
  const { transposeA, transposeB } = attrs;
  return lowerGemm(
    {
      name: "matmul",
      m,
      n,
      segments: 1,
      depth: k,
      batch: sizeOf(batchShape),
      a: stridedA({
        value: a,
        rowStride: transposeA ? 1 : k,
        depthStride: transposeA ? m : 1,
        rows: m,
        depth: k,
        batches: batchesA ?? oneBatch,
      }),
      b: {
        value: b,
        segmentStride: 0,
        columnStride: transposeB ? k : 1,
        depthStride: transposeB ? 1 : n,
        batches: batchesB ?? oneBatch,
      },
      y,
      rowStride: n,
      batchStride: m * n,
      epilogue,
    },
    target,
  );
}

function sidesOf(a: TensorType | undefined, b: TensorType | undefined, attrs: MatmulAttrs, where: string) {
  if (!a || !b || a.shape.length < 2 || b.shape.length < 2) {
    const seen = `${a ? showShape(a.shape) : "nothing"} and ${b ? showShape(b.shape) : "nothing"}`;
    throw new ShapeError({ where, seen, wanted: "two tensors of rank 2 or more", mend: "Reshape a vector to [1, n]." });
  }
  wantDType(where, "a", a, "f32");
  wantDType(where, "b", b, "f32");
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = attrs.transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kB, n] = attrs.transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== kB) {
    throw new ShapeError({
      where,
      seen: `a ${showShape(a.shape)}${attrs.transposeA ? " transposed" : ""} with ${k} columns and b ${showShape(b.shape)}${attrs.transposeB ? " transposed" : ""} with ${kB} rows`,
      wanted: "as many rows of b as columns of a",
      mend: "Transpose one of them (transposeA, transposeB).",
    });
  }
  return { m, n, k, batchShape: broadcastShapes(where, a.shape.slice(0, -2), b.shape.slice(0, -2)) };
}

/** Batch strides of a and b for the broadcast batch, or null where they take more than two levels. */
function batchesOf(a: Shape, b: Shape): [Batches | null, Batches | null] {
  const batch = broadcastShapes("matmul", a.slice(0, -2), b.slice(0, -2));
  return [batchStrides(a, batch), batchStrides(b, batch)];
}

/**
 * A batch axis either walks through the operand or repeats it. Runs of equal kind merge; two runs make
 * (outer, inner) strides. Both operands must agree on `inner`, so it is the split of the shape, not of the operand.
 */
function batchStrides(shape: Shape, batch: Shape): Batches | null {
  const matrix = sizeOf(shape.slice(-2));
  const own = batch.map((_, axis) => shape[axis - batch.length + shape.length - 2] ?? 1);
  const walks = own.map((side, axis) => side === batch[axis]);
  if (walks.every(Boolean)) return { inner: 1, outerStride: matrix, innerStride: 0 };
  if (sizeOf(own) === 1) return oneBatch;
  // [repeat.., walk..] or [walk.., repeat..]
  const split = walks.findIndex((walk) => walk !== walks[0]);
  const tail = walks.slice(split);
  if (tail.some((walk) => walk === walks[0])) return null;
  const inner = sizeOf(batch.slice(split));
  return walks[0] ? { inner, outerStride: matrix, innerStride: 0 } : { inner, outerStride: 0, innerStride: matrix };
}

/** y[.., n] = sum over k of x[.., k] kernel[k, n] + bias[n]: a fully connected layer. */
export const denseOp: OpDef = {
  name: "dense",
  epilogue: true,
  infer([x, kernel, bias], _, where) {
    const [inputs, units] = kernel?.shape ?? [];
    if (!x || !kernel || kernel.shape.length !== 2 || x.shape.length < 1 || x.shape.at(-1) !== inputs) {
      throw new ShapeError({
        where,
        seen: `x ${showShape(x?.shape ?? [])} and kernel ${showShape(kernel?.shape ?? [])}`,
        wanted: "x [.., k] and a kernel [k, units]",
        mend: "Flatten the input first.",
      });
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== units)) {
      throw new ShapeError({ where, seen: `bias ${showShape(bias.shape)}`, wanted: `[${units}]` });
    }
    for (const type of [x, kernel, bias]) {
      if (type && type.dtype !== "f32") throw new DTypeError({ where, seen: type.dtype, wanted: "f32" });
    }
    return [tensorType([...x.shape.slice(0, -1), units ?? 0])];
  },
  lower({ inputs: [x, kernel, bias], outputs: [y], epilogue, target }) {
    if (!x || !kernel || !y) return [];
    const [k = 0, n = 0] = kernel.type.shape;
    const m = sizeOf(x.type.shape) / k;
    return lowerGemm(
      {
        name: "dense",
        m,
        n,
        segments: 1,
        depth: k,
        batch: 1,
        a: stridedA({ value: x, rowStride: k, depthStride: 1, rows: m, depth: k, batches: oneBatch }),
        b: { value: kernel, segmentStride: 0, columnStride: 1, depthStride: n, batches: oneBatch },
        y,
        rowStride: n,
        batchStride: 0,
        epilogue: withBias(epilogue, bias ?? null),
      },
      target,
    );
  },
  grad({ inputs: [x, kernel, bias], gradients: [dY], needs }) {
    if (!x || !kernel || !dY) return [];
    // A lone vector is a matrix of one row.
    const rows = dY.type.shape.length > 1 ? dY : reshape(dY, [1, ...dY.type.shape]);
    const dX = needs[0] ? reshape(matmul(rows, kernel, { transposeB: true }), x.type.shape) : null;
    if (!needs[1] && !needs[2]) return [dX];
    const [dKernel = null, dBias = null] = apply(denseKernelGradientOp, [x, dY], { bias: bias !== undefined });
    return [dX, dKernel, dBias];
  },
};

/** dKernel[k, n] = sum over rows of x[row, k] dY[row, n], and dBias[n] = sum over rows of dY[row, n]. */
export const denseKernelGradientOp: OpDef<{ readonly bias: boolean }> = {
  name: "denseKernelGradient",
  noGradient: noSecondDerivatives,
  infer([x, dY], { bias }) {
    const units = dY?.shape.at(-1) ?? 0;
    return [tensorType([x?.shape.at(-1) ?? 0, units]), ...(bias ? [tensorType([units])] : [])];
  },
  lower({ inputs: [x, dY], outputs: [dKernel, dBias], target }) {
    if (!x || !dY || !dKernel) return [];
    const [k = 0, n = 0] = dKernel.type.shape;
    const rows = sizeOf(x.type.shape) / k;
    return lowerGemm(
      {
        name: "dense/kernelGradient",
        m: k,
        n,
        segments: 1,
        depth: rows,
        batch: 1,
        a: stridedA({
          value: x,
          rowStride: 1,
          depthStride: k,
          rows: k,
          depth: rows,
          batches: oneBatch,
          ones: dBias !== undefined,
        }),
        b: { value: dY, segmentStride: 0, columnStride: 1, depthStride: n, batches: oneBatch },
        y: dKernel,
        rowStride: n,
        batchStride: 0,
        sums: dBias,
        epilogue: null,
      },
      target,
    );
  },
};

/**
 * Fully connected layer, x kernel + bias: x [.., K], kernel [K, units], bias [units] -> [.., units].
 * @throws ShapeError where K or units differ
 * @example
 * dense(a, b).type.shape; // => [5, 2]
 */
export function dense(x: Value, kernel: Value, bias: Value | null = null): Value {
  return applyOne(denseOp, bias ? [x, kernel, bias] : [x, kernel], {});
}
