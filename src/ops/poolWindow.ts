import tapsShader from "../../shaders/pool/taps.wgsl";
import tapsUnrolledShader from "../../shaders/pool/tapsUnrolled.wgsl";
import windowsShader from "../../shaders/pool/windows.wgsl";
import windowsUnrolledShader from "../../shaders/pool/windowsUnrolled.wgsl";
import type { KernelCall } from "../core/call.ts";
import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { type Shape, showShape, showType, type TensorType, wantDType } from "../core/types.ts";
import { reshape } from "./reshape.ts";
import { type Padding, perAxis, resolvePads, type Sides, type Window } from "./window.ts";

/** A pooling window that is resolved for an image. */
export interface PoolWindow extends Window {
  /** Round the size of the output up: a last window may reach over the border, if it starts before it. */
  readonly ceilMode: boolean;
}

export interface PoolOptions {
  /** One number, or one for each axis. */
  readonly kernelSize: number | readonly number[];
  /** Default: `kernelSize`, so that the windows tile the image. */
  readonly strides?: number | readonly number[];
  /** Default: "valid". */
  readonly padding?: Padding;
  /** Round the size of the result up. Default false. */
  readonly ceilMode?: boolean;
}

export interface DilatedPoolOptions extends PoolOptions {
  /** One number, or one for each axis. Default 1. */
  readonly dilations?: number | readonly number[];
}

/** Options of a pooling of images [N, H, W, C] or sequences [N, L, C], resolved. */
export function poolWindow(where: string, shape: Shape, axes: 1 | 2, options: DilatedPoolOptions): PoolWindow {
  checkNames(where, options, ["kernelSize", "strides", "padding", "dilations", "ceilMode"]);
  if (shape.length !== axes + 2) {
    const wanted = axes === 2 ? "[N, H, W, C]" : "[N, L, C]";
    throw new ShapeError({ where, seen: `x of shape ${showShape(shape)}`, wanted, mend: "Images are channels last." });
  }
  const kernel = perAxis(where, "kernelSize", options.kernelSize, axes);
  const strides = perAxis(where, "strides", options.strides ?? kernel, axes);
  const dilations = perAxis(where, "dilations", options.dilations ?? 1, axes);
  const pads = resolvePads(where, options.padding ?? "valid", shape.slice(1, -1), { kernel, strides, dilations });
  return { kernel, strides, dilations, pads, ceilMode: options.ceilMode ?? false };
}

/** A window over one axis, as one over images of a single row. */
export function asRow({ kernel, strides, dilations, pads, ceilMode }: PoolWindow): PoolWindow {
  const none: Sides = [0, 0];
  return {
    kernel: [1, ...kernel],
    strides: [1, ...strides],
    dilations: [1, ...dilations],
    pads: [none, ...pads],
    ceilMode,
  };
}

/** [N, L, C] -> [N, 1, L, C], for the operators that pool images; and back. */
export function toRow(op: string, x: Value): Value {
  const [n = 0, length = 0, c = 0] = x.type.shape;
  if (x.type.shape.length !== 3) {
    throw new ShapeError({
      where: whereIs(op),
      seen: `x ${showType(x.type)}`,
      wanted: "[N, L, C]",
      mend: "Sequences are channels last.",
    });
  }
  return reshape(x, [n, 1, length, c]);
}

export function fromRow(y: Value): Value {
  const [n = 0, , length = 0, c = 0] = y.type.shape;
  return reshape(y, [n, length, c]);
}

/** One axis of a pooling. */
export interface PoolAxis {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  /** Some window reaches over the border. */
  readonly clipped: boolean;
}

/** Rows and columns of a pooling of images [N, H, W, C]; throws where some window would see padding alone. */
export function poolAxes(
  where: string,
  shape: Shape,
  window: PoolWindow,
): readonly [rows: PoolAxis, columns: PoolAxis] {
  return [poolAxis(where, shape, window, 0), poolAxis(where, shape, window, 1)];
}

function poolAxis(where: string, shape: Shape, window: PoolWindow, axis: 0 | 1): PoolAxis {
  const size = shape[axis + 1] ?? 0;
  const kernel = window.kernel[axis] ?? 1;
  const stride = window.strides[axis] ?? 1;
  const dilation = window.dilations[axis] ?? 1;
  const [before, after] = window.pads[axis] ?? [0, 0];
  const extent = dilation * (kernel - 1) + 1;
  const steps = (size + before + after - extent) / stride;
  let out = (window.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (window.ceilMode && (out - 1) * stride >= size + before) out--;
  const seesImage = (start: number) => {
    const tap = Math.max(0, Math.ceil(-start / dilation));
    return tap < kernel && start + tap * dilation < size;
  };
  const starts = Array.from({ length: Math.max(0, out) }, (_, i) => i * stride - before);
  if (out < 1 || !starts.every(seesImage)) {
    throw new ShapeError({
      where,
      seen: `a window of ${extent} on ${axis === 0 ? "height" : "width"} ${size} padded by ${before} and ${after}`,
      wanted: out < 1 ? "a window no larger than the padded image" : "some of the image in every window",
      mend: out < 1 ? 'Pad more (padding: "same"), or use a smaller kernelSize.' : "Pad less than kernelSize.",
    });
  }
  const clipped = before > 0 || (out - 1) * stride - before + extent > size;
  return { size, out, kernel, stride, dilation, before, after, clipped };
}

/** What every image operator here wants of x. */
export function wantImages(where: string, name: string, type: TensorType | undefined): TensorType {
  if (type?.shape.length !== 4 || type.shape.includes(0)) {
    throw new ShapeError({
      where,
      seen: `${name} ${type ? showType(type) : "missing"}`,
      wanted: "[N, H, W, C], no side 0",
      mend: "Images are channels last.",
    });
  }
  wantDType(where, name, type, "f32");
  return type;
}

/** A pair of whole sides, such as an output size. */
export function wantSides(where: string, name: string, sides: number | readonly number[]): [number, number] {
  const [height = 0, width = 0] = perAxis(where, name, sides, 2);
  return [height, width];
}

export function wantSameShape(where: string, name: string, type: TensorType | undefined, shape: Shape): void {
  if (type?.shape.join() !== shape.join()) {
    throw new ShapeError({ where, seen: `${name} ${type ? showType(type) : "missing"}`, wanted: showShape(shape) });
  }
}

/** Invocations of the pooling kernels in a workgroup. */
export const poolWorkgroup = 256;

/** The uniform of shaders/pool/planes: `large` is pooled to `small`, or unpooled from it. `wide`: numbers of one element. */
export function planesOf(large: Shape, small: Shape, wide: number, count: number): KernelCall["params"] {
  const [, height = 0, width = 0, channels = 0] = large;
  const [, outHeight = 0, outWidth = 0] = small;
  return { planes: { count, channels: channels / wide, height, width, outHeight, outWidth } };
}

/** The uniform of shaders/pool/window. */
function windowParams([rows, columns]: readonly [PoolAxis, PoolAxis]): KernelCall["params"] {
  return {
    window: {
      kernelHeight: rows.kernel,
      kernelWidth: columns.kernel,
      strideHeight: rows.stride,
      strideWidth: columns.stride,
      dilationHeight: rows.dilation,
      dilationWidth: columns.dilation,
      top: rows.before,
      left: columns.before,
    },
  };
}

/** At most so many taps are written out. */
const maxUnrolled = 16;

/** The shader that visits the taps of a window, which is in its constants if small, else in its params. */
export function tapsOf(axes: readonly [PoolAxis, PoolAxis]): Pick<KernelCall, "shaders" | "params" | "constants"> {
  const [rows, columns] = axes;
  const CLIPPED = rows.clipped || columns.clipped ? 1 : 0;
  if (rows.kernel * columns.kernel > maxUnrolled) {
    return { shaders: [tapsShader], params: windowParams(axes), constants: { CLIPPED } };
  }
  return { shaders: [tapsUnrolledShader], params: {}, constants: { CLIPPED, ...windowConstants(axes) } };
}

/** The shader that visits the windows over a pixel: as `tapsOf`, few of them are written out. */
export function windowsOf(axes: readonly [PoolAxis, PoolAxis]): Pick<KernelCall, "shaders" | "params" | "constants"> {
  const [ROW_WINDOWS = 1, COLUMN_WINDOWS = 1] = axes.map(({ kernel, stride, dilation }) =>
    Math.ceil((dilation * (kernel - 1) + 1) / stride),
  );
  if (ROW_WINDOWS * COLUMN_WINDOWS > maxUnrolled) return { shaders: [windowsShader], params: windowParams(axes) };
  const constants = { ROW_WINDOWS, COLUMN_WINDOWS, ...windowConstants(axes) };
  return { shaders: [windowsUnrolledShader], params: {}, constants };
}

/** Those of shaders/pool/windowFixed. */
function windowConstants([rows, columns]: readonly [PoolAxis, PoolAxis]) {
  return {
    ROWS: rows.kernel,
    COLUMNS: columns.kernel,
    ROW_STRIDE: rows.stride,
    COLUMN_STRIDE: columns.stride,
    ROW_DILATION: rows.dilation,
    COLUMN_DILATION: columns.dilation,
    TOP: rows.before,
    LEFT: columns.before,
  };
}

/**
 * Whether the windows tile the image, so that the backward kernel can take a window at a time: no padding, no
 * overlap, no dilation, and small enough to unroll. Then, the constants of that kernel and the tiles of an image.
 */
export function tilesOf([rows, columns]: readonly [PoolAxis, PoolAxis]) {
  const fits = [rows, columns].every((axis) => !axis.clipped && axis.stride === axis.kernel && axis.dilation === 1);
  if (!fits || rows.kernel * columns.kernel > maxUnrolled) return null;
  const ragged = rows.size % rows.kernel > 0 || columns.size % columns.kernel > 0;
  return {
    constants: { ROWS: rows.kernel, COLUMNS: columns.kernel, RAGGED: ragged ? 1 : 0 },
    perImage: Math.ceil(rows.size / rows.kernel) * Math.ceil(columns.size / columns.kernel),
  };
}
