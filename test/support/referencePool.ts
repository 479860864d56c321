import { type Shape, sizeOf } from "../../src/core/types.ts";
import { type Tensor64, tensor64, type WindowOptions } from "./reference.ts";

/** Pooling as naive loops in f64, with PyTorch's rules for ceil mode, padding and ties. Images are NHWC. */
export interface PoolOptions extends WindowOptions {
  readonly kernelSize: readonly [number, number];
  readonly ceilMode: boolean;
}

export interface AveragePoolOptions extends PoolOptions {
  readonly countIncludePad: boolean;
}

/** The largest of each window; `places` are the flat places in X of the first largest, row by row. */
export function maxPool2d(x: Tensor64, options: PoolOptions): { y: Tensor64; places: Int32Array } {
  const y = tensor64(poolShape(x.shape, options));
  y.data.fill(Number.NEGATIVE_INFINITY);
  const places = new Int32Array(y.data.length).fill(-1);
  eachWindow(x.shape, options, (yAt, xAt) => {
    const value = x.data[xAt] ?? 0;
    if (value > (y.data[yAt] ?? 0)) {
      y.data[yAt] = value;
      places[yAt] = xAt;
    }
  });
  return { y, places };
}

/** dX: each dY goes to the place of its window's first largest element. */
export function maxPool2dGradient(x: Tensor64, dY: Tensor64, options: PoolOptions): Tensor64 {
  const { places } = maxPool2d(x, options);
  const dX = tensor64(x.shape);
  places.forEach((place, i) => {
    if (place >= 0) dX.data[place] = (dX.data[place] ?? 0) + (dY.data[i] ?? 0);
  });
  return dX;
}

export function averagePool2d(x: Tensor64, options: AveragePoolOptions): Tensor64 {
  const y = tensor64(poolShape(x.shape, options));
  const divisors = divisorsOf(x.shape, options);
  eachWindow(x.shape, options, (yAt, xAt) => {
    y.data[yAt] = (y.data[yAt] ?? 0) + (x.data[xAt] ?? 0) / (divisors[yAt] ?? 1);
  });
  return y;
}

export function averagePool2dGradient(dY: Tensor64, xShape: Shape, options: AveragePoolOptions): Tensor64 {
  const dX = tensor64(xShape);
  const divisors = divisorsOf(xShape, options);
  eachWindow(xShape, options, (yAt, xAt) => {
    dX.data[xAt] = (dX.data[xAt] ?? 0) + (dY.data[yAt] ?? 0) / (divisors[yAt] ?? 1);
  });
  return dX;
}

/** [N, OH, OW, C]; in ceil mode a window must start inside the input or its left padding. */
export function poolShape(xShape: Shape, options: PoolOptions): number[] {
  const [n = 1, h = 1, w = 1, c = 1] = xShape;
  const side = (size: number, axis: 0 | 1) => {
    const [before, after] = options.padding[axis];
    const stride = options.strides[axis];
    const room = size + before + after - options.dilations[axis] * (options.kernelSize[axis] - 1) - 1;
    if (!options.ceilMode) return Math.floor(room / stride) + 1;
    const count = Math.ceil(room / stride) + 1;
    return (count - 1) * stride >= size + before ? count - 1 : count;
  };
  return [n, side(h, 0), side(w, 1), c];
}

/** By what the sum of each window is divided: its elements, with padding counted up to size + padding, or without. */
function divisorsOf(xShape: Shape, options: AveragePoolOptions): Float64Array {
  const shape = poolShape(xShape, options);
  const divisors = new Float64Array(sizeOf(shape));
  if (!options.countIncludePad) {
    eachWindow(xShape, options, (yAt) => {
      divisors[yAt] = (divisors[yAt] ?? 0) + 1;
    });
    return divisors;
  }
  const [, , ow = 1, c = 1] = shape;
  const length = (at: number, size: number, axis: 0 | 1) => {
    const start = at * options.strides[axis] - options.padding[axis][0];
    return Math.min(start + options.kernelSize[axis], size + options.padding[axis][1]) - start;
  };
  return divisors.map((_, i) => {
    const column = Math.floor(i / c) % ow;
    const row = Math.floor(i / (c * ow)) % (shape[1] ?? 1);
    return length(row, xShape[1] ?? 1, 0) * length(column, xShape[2] ?? 1, 1);
  });
}

/** Calls with the flat places of Y and X for each element of each window, the window row by row. */
function eachWindow(xShape: Shape, options: PoolOptions, visit: (yAt: number, xAt: number) => void): void {
  const [n = 1, h = 1, w = 1, c = 1] = xShape;
  const [, oh = 1, ow = 1] = poolShape(xShape, options);
  const { strides, padding, dilations, kernelSize } = options;
  for (let b = 0; b < n; b++)
    for (let row = 0; row < oh; row++)
      for (let column = 0; column < ow; column++)
        for (let i = 0; i < kernelSize[0]; i++)
          for (let j = 0; j < kernelSize[1]; j++) {
            const y = row * strides[0] - padding[0][0] + i * dilations[0];
            const x = column * strides[1] - padding[1][0] + j * dilations[1];
            if (y < 0 || y >= h || x < 0 || x >= w) continue;
            for (let channel = 0; channel < c; channel++) {
              visit(((b * oh + row) * ow + column) * c + channel, ((b * h + y) * w + x) * c + channel);
            }
          }
}
