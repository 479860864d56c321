import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { averageUnpool2d } from "./pool.ts";
import { wantImages, wantSides } from "./poolWindow.ts";
import {
  growBilinear2dOp,
  growsBilinearly,
  type LinearAttrs,
  type NearestAttrs,
  type Ratio,
  resizeLinearOp,
  upsampleNearest2dOp,
} from "./resize.ts";
import { spreadOp } from "./slice.ts";
import { perAxis } from "./window.ts";

export interface UpsampleOptions {
  /** [OH, OW]; or `scale`. */
  readonly outputSize?: number | readonly number[];
  /** How many times larger, one number or [rows, columns]; the size is rounded down. */
  readonly scale?: number | readonly number[];
}

function resolveSize(where: string, x: Value, { outputSize, scale }: UpsampleOptions): NearestAttrs {
  const [, height = 1, width = 1] = wantImages(where, "x", x.type).shape;
  if ((outputSize === undefined) === (scale === undefined)) {
    const seen = outputSize === undefined ? "neither outputSize nor scale" : "outputSize and scale";
    throw new GraphError({ where, seen, wanted: "one of them" });
  }
  if (outputSize !== undefined) {
    const size = wantSides(where, "outputSize", outputSize);
    return { outputSize: size, ratios: [lowest(height, size[0]), lowest(width, size[1])] };
  }
  const [down, across] = typeof scale === "number" ? [scale, scale] : (scale ?? []);
  const ratios = [ratioOf(where, down), ratioOf(where, across)] as const;
  const size = [height, width].map((side, axis) => {
    const [step, per] = ratios[axis] ?? [1, 1];
    return Math.floor((side * per) / step);
  });
  return { outputSize: wantSides(where, `scale ${scale} makes a size of`, size), ratios };
}

/** 1 / scale as a fraction of small numbers: 1.5 -> [2, 3]. */
function ratioOf(where: string, scale: number | undefined): Ratio {
  for (let step = 1; scale !== undefined && scale > 0 && step <= 1000; step++) {
    const per = Math.round(scale * step);
    if (per > 0 && Math.abs(scale * step - per) < 1e-6 * per) return [step, per];
  }
  throw new GraphError({ where, seen: `scale ${scale}`, wanted: "a fraction of whole numbers up to 1000" });
}

function lowest(step: number, per: number): Ratio {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  const divisor = common(step, per);
  return [step / divisor, per / divisor];
}

/**
 * Resizes images by the nearest pixel, floor(o H / OH): x [N, H, W, C] -> [N, OH, OW, C].
 * @example
 * upsampleNearest2d(x, { scale: 2 }).type.shape; // => [2, 16, 16, 4]
 */
export function upsampleNearest2d(x: Value, options: UpsampleOptions): Value {
  const where = whereIs("upsampleNearest2d");
  checkNames(where, options, ["outputSize", "scale"]);
  const attrs = resolveSize(where, x, options);
  const [[down, rows], [across, columns]] = attrs.ratios;
  // Whole blocks: one load for all copies of a pixel, and the gradient is a sum over windows.
  if (down === 1 && across === 1) return averageUnpool2d(x, { kernelSize: [rows, columns] });
  return applyOne(upsampleNearest2dOp, [x], attrs);
}

export interface BilinearOptions extends UpsampleOptions {
  /** The corners' centres fall on each other; default false: half-pixel centres. */
  readonly alignCorners?: boolean;
}

/**
 * Resizes images by linear interpolation along columns and rows: x [N, H, W, C] -> [N, OH, OW, C].
 * @example
 * upsampleBilinear2d(x, { outputSize: [12, 20] }).type.shape; // => [2, 12, 20, 4]
 */
export function upsampleBilinear2d(x: Value, options: BilinearOptions): Value {
  const where = whereIs("upsampleBilinear2d");
  checkNames(where, options, ["outputSize", "scale", "alignCorners"]);
  const { alignCorners = false, ...wanted } = options;
  const { outputSize, ratios } = resolveSize(where, x, wanted);
  const [rows, columns] = ([1, 2] as const).map((axis): LinearAttrs => {
    const ratio = ratios[axis - 1] ?? [1, 1];
    return { axis, size: x.type.shape[axis] ?? 1, out: outputSize[axis - 1] ?? 1, ratio, alignCorners };
  }) as [LinearAttrs, LinearAttrs];
  const changed = [columns, rows].filter(
    ({ size, out, ratio }) => size !== out || (!alignCorners && ratio[0] !== ratio[1]),
  );
  if (changed.length === 2 && growsBilinearly({ rows, columns }))
    return applyOne(growBilinear2dOp, [x], { rows, columns });
  return changed.reduce((image, attrs) => applyOne(resizeLinearOp, [image], attrs), x);
}

/**
 * "Bed of nails": each pixel at the corner of a block of strides, 0 elsewhere: x [N, H, W, C] -> [N, H s, W s, C].
 * @example
 * bedOfNails2d(x, 2).type.shape; // => [2, 16, 16, 4]
 */
export function bedOfNails2d(x: Value, strides: number | readonly number[]): Value {
  const where = whereIs("bedOfNails2d");
  const [n = 0, height = 1, width = 1, c = 0] = wantImages(where, "x", x.type).shape;
  const [down = 1, across = 1] = perAxis(where, "strides", strides, 2);
  const shape = [n, height * down, width * across, c];
  return applyOne(spreadOp, [x], { start: [0, 0, 0, 0], step: [1, down, across, 1], shape, value: 0 });
}
