import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../src/core/types.ts";

/**
 * Operators as naive loops in f64: slow, plain, and the judge of the kernels. Images are NHWC, kernels
 * [KH, KW, C / groups, F].
 */
export interface Tensor64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

export function tensor64(shape: Shape, data: ArrayLike<number> = new Float64Array(sizeOf(shape))): Tensor64 {
  if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} numbers for shape [${shape.join(", ")}]`);
  return { shape, data: Float64Array.from(data) };
}

/** <a, b>: the sum of the products, for adjoint identities. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`<a, b> of ${a.length} and ${b.length} numbers`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/**
 * Gradient of a scalar function by central differences, (f(x + h) - f(x - h)) / 2h. The error is of order h^2 f''' and
 * eps / h: about 1e-9 for numbers around 1 and the default step.
 */
export function numericGradient(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-5): Float64Array {
  const moved = Float64Array.from(x);
  return Float64Array.from(x, (value, i) => {
    moved[i] = value + step;
    const above = f(moved);
    moved[i] = value - step;
    const below = f(moved);
    moved[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Y[.., M, N] = A[.., M, K] B[.., K, N]; batch axes broadcast. */
export function matmul(a: Tensor64, b: Tensor64): Tensor64 {
  const [m, k] = lastTwo(a.shape);
  const [inner, n] = lastTwo(b.shape);
  if (k !== inner) throw new RangeError(`product of [${a.shape.join(", ")}] and [${b.shape.join(", ")}]`);
  const batches = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = tensor64([...batches, m, n]);
  const from = { a: batchOffsets(a.shape, batches), b: batchOffsets(b.shape, batches) };
  for (let batch = 0; batch < sizeOf(batches); batch++) {
    const aAt = from.a[batch] ?? 0;
    const bAt = from.b[batch] ?? 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += (a.data[aAt + i * k + p] ?? 0) * (b.data[bAt + p * n + j] ?? 0);
        y.data[(batch * m + i) * n + j] = sum;
      }
    }
  }
  return y;
}

function lastTwo(shape: Shape): [number, number] {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}

/** Where the matrix of each batch starts in an operand whose batch axes broadcast to `batches`. */
function batchOffsets(shape: Shape, batches: Shape): number[] {
  const own = shape.slice(0, -2);
  const [rows, columns] = lastTwo(shape);
  const strides = stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride * rows * columns));
  const lead = batches.length - own.length;
  return Array.from({ length: sizeOf(batches) }, (_, batch) =>
    stridesOf(batches).reduce((offset, stride, axis) => {
      const at = Math.floor(batch / stride) % (batches[axis] ?? 1);
      return offset + at * (strides[axis - lead] ?? 0);
    }, 0),
  );
}

type Pair = readonly [number, number];

export interface WindowOptions {
  readonly strides: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
  readonly dilations: Pair;
}

/** Keras' "same": ceil(size / stride) outputs; the odd one of the padding goes to the end. */
export function samePadding(size: number, kernel: number, stride: number, dilation: number): Pair {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

export interface ConvOptions extends WindowOptions {
  readonly groups: number;
}

/** Y[n, oh, ow, f] = sum over kh, kw, c of X[n, oh s - p + kh d, .., c] W[kh, kw, c, f]. */
export function conv2d(x: Tensor64, kernel: Tensor64, options: ConvOptions): Tensor64 {
  const y = tensor64(conv2dShape(x.shape, kernel.shape, options));
  eachTap(x.shape, kernel.shape, options, (xAt, kernelAt, yAt) => {
    y.data[yAt] = (y.data[yAt] ?? 0) + (x.data[xAt] ?? 0) * (kernel.data[kernelAt] ?? 0);
  });
  return y;
}

export function conv2dInputGradient(dY: Tensor64, kernel: Tensor64, xShape: Shape, options: ConvOptions): Tensor64 {
  const dX = tensor64(xShape);
  eachTap(xShape, kernel.shape, options, (xAt, kernelAt, yAt) => {
    dX.data[xAt] = (dX.data[xAt] ?? 0) + (dY.data[yAt] ?? 0) * (kernel.data[kernelAt] ?? 0);
  });
  return dX;
}

export function conv2dKernelGradient(x: Tensor64, dY: Tensor64, kernelShape: Shape, options: ConvOptions): Tensor64 {
  const dW = tensor64(kernelShape);
  eachTap(x.shape, kernelShape, options, (xAt, kernelAt, yAt) => {
    dW.data[kernelAt] = (dW.data[kernelAt] ?? 0) + (dY.data[yAt] ?? 0) * (x.data[xAt] ?? 0);
  });
  return dW;
}

/** [N, OH, OW, F] */
export function conv2dShape(xShape: Shape, kernelShape: Shape, options: WindowOptions): number[] {
  const [n = 1, h = 1, w = 1] = xShape;
  const [kh = 1, kw = 1, , f = 1] = kernelShape;
  const side = (size: number, kernel: number, axis: 0 | 1) => {
    const [before, after] = options.padding[axis];
    const covered = options.dilations[axis] * (kernel - 1) + 1;
    return Math.floor((size + before + after - covered) / options.strides[axis]) + 1;
  };
  return [n, side(h, kh, 0), side(w, kw, 1), f];
}

/** Calls with the flat places of X, W and Y for every product that the convolution adds up. */
function eachTap(
  xShape: Shape,
  kernelShape: Shape,
  options: ConvOptions,
  visit: (xAt: number, kernelAt: number, yAt: number) => void,
): void {
  const [n = 1, h = 1, w = 1, c = 1] = xShape;
  const [kh = 1, kw = 1, perGroup = 1, f = 1] = kernelShape;
  const [, oh = 1, ow = 1] = conv2dShape(xShape, kernelShape, options);
  const { strides, padding, dilations, groups } = options;
  if (perGroup * groups !== c || f % groups !== 0) throw new RangeError(`${c} to ${f} channels in ${groups} groups`);
  for (let b = 0; b < n; b++)
    for (let row = 0; row < oh; row++)
      for (let column = 0; column < ow; column++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const y = row * strides[0] - padding[0][0] + i * dilations[0];
            const x = column * strides[1] - padding[1][0] + j * dilations[1];
            if (y < 0 || y >= h || x < 0 || x >= w) continue;
            for (let k = 0; k < perGroup; k++)
              for (let filter = 0; filter < f; filter++) {
                const channel = Math.floor(filter / (f / groups)) * perGroup + k;
                visit(
                  ((b * h + y) * w + x) * c + channel,
                  ((i * kw + j) * perGroup + k) * f + filter,
                  ((b * oh + row) * ow + column) * f + filter,
                );
              }
          }
}
