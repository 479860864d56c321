import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape } from "../../core/types.ts";
import { flatten as flattenOp, pad, reshape as reshapeOp, slice } from "../../ops/shape.ts";
import { perAxis } from "../../ops/window.ts";
import type { Layer } from "../layer.ts";
import { type LayerOptions, oneInput, spatialInput } from "./base.ts";

/**
 * All axes but the batch become one: [h, w, c] -> [h w c].
 * @example
 * flatten().apply(image).shape; // => [784]
 */
export function flatten(options: LayerOptions = {}): Layer {
  return oneInput("flatten", options, [], flattenOp);
}

export interface ReshapeOptions extends LayerOptions {
  /** Without the batch. */
  readonly targetShape: Shape;
}

/**
 * The same elements of each example under another shape, row-major: a view.
 * @example
 * reshape({ targetShape: [7, 7, 16] }).apply(image).shape; // => [7, 7, 16]
 */
export function reshape(options: ReshapeOptions): Layer {
  return oneInput("reshape", options, ["targetShape"], (x) =>
    reshapeOp(x, [x.type.shape[0] ?? 1, ...options.targetShape]),
  );
}

/** Rows and columns at the borders: one number for all, or [top, bottom, left, right]. */
export type Borders = number | readonly [number, number, number, number];

function bordersOf(where: string, name: string, borders: Borders): number[] {
  return perAxis(where, name, borders, 4, 0);
}

export interface ZeroPadding2dOptions extends LayerOptions {
  /** What is added. */
  readonly padding: Borders;
}

/**
 * Adds zeros: [h, w, c] -> [top + h + bottom, left + w + right, c].
 * @example
 * zeroPadding2d({ padding: 2 }).apply(image).shape; // => [32, 32, 1]
 * zeroPadding2d({ padding: [1, 0, 0, 2] }).apply(image).shape; // => [29, 30, 1]
 */
export function zeroPadding2d(options: ZeroPadding2dOptions): Layer {
  const [top = 0, bottom = 0, left = 0, right = 0] = bordersOf(
    options.name ?? "zeroPadding2d",
    "padding",
    options.padding,
  );
  return spatialInput("zeroPadding2d", options, ["padding"], 2, (x) =>
    pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]),
  );
}

export interface Cropping2dOptions extends LayerOptions {
  /** What is cut off. */
  readonly cropping: Borders;
}

/**
 * Cuts off the borders: [h, w, c] -> [h - top - bottom, w - left - right, c].
 * @example
 * cropping2d({ cropping: 4 }).apply(image).shape; // => [20, 20, 1]
 */
export function cropping2d(options: Cropping2dOptions): Layer {
  const where = options.name ?? "cropping2d";
  const [top = 0, bottom = 0, left = 0, right = 0] = bordersOf(where, "cropping", options.cropping);
  return spatialInput("cropping2d", options, ["cropping"], 2, (x) => {
    const [n = 0, height = 0, width = 0, channels = 0] = x.type.shape;
    if (top + bottom >= height || left + right >= width) {
      const seen = `${top} and ${bottom} of ${height} rows, ${left} and ${right} of ${width} columns cut off`;
      throw new ShapeError({
        where,
        seen,
        wanted: `less than the image ${showShape([height, width])}`,
        mend: "Crop less.",
      });
    }
    return slice(x, [0, top, left, 0], [n, height - bottom, width - right, channels]);
  });
}
