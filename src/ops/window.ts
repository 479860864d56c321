import { GraphError, ShapeError } from "../core/errors.ts";
import { showOption } from "../core/options.ts";

/** Pixels added on each side of one spatial axis. */
export type Sides = readonly [before: number, after: number];
/**
 * `valid`: none. `same`: ceil(in / stride) outputs, the odd pixel at the end. `full`: every overlap, dilation * (k - 1)
 * on both sides. Or numbers of pixels: one for all sides, one per axis, or [before, after] per axis.
 */
export type Padding = "valid" | "same" | "full" | number | readonly (number | Sides)[];

/** A window that slides over the spatial axes: of a convolution or a pooling. All lists have one entry an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly Sides[];
}

/** One number for all axes, or one per axis; whole and at least `least`. */
export function perAxis(
  where: string,
  name: string,
  value: number | readonly number[],
  axes: number,
  least = 1,
): number[] {
  const list = Array.isArray(value) ? [...value] : new Array<number>(axes).fill(value as number);
  if (list.length !== axes || list.some((entry) => !Number.isInteger(entry) || entry < least)) {
    throw new GraphError({
      where,
      seen: `${name} ${showOption(value)}`,
      wanted: `a whole number of at least ${least}, or ${axes} of them`,
    });
  }
  return list;
}

/** Length of the output along one axis: floor((in + pads - (dilation (k - 1) + 1)) / stride) + 1. */
export function slide(size: number, kernel: number, stride: number, dilation: number, [before, after]: Sides): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Resolves `padding` for images of these spatial sides. */
export function resolvePads(
  where: string,
  padding: Padding,
  sides: readonly number[],
  window: Omit<Window, "pads">,
): Sides[] {
  const reach = (axis: number) => (window.dilations[axis] ?? 1) * ((window.kernel[axis] ?? 1) - 1);
  if (padding === "valid" || padding === "same" || padding === "full") {
    return sides.map((size, axis): Sides => {
      if (padding === "valid") return [0, 0];
      if (padding === "full") return [reach(axis), reach(axis)];
      const stride = window.strides[axis] ?? 1;
      const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach(axis) + 1 - size);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  }
  const list = typeof padding === "number" ? sides.map(() => padding) : padding;
  const pads = [...list].map((entry): Sides => (typeof entry === "number" ? [entry, entry] : entry));
  const legal = pads.length === sides.length && pads.flat().every((pad) => Number.isInteger(pad) && pad >= 0);
  if (!legal) {
    throw new GraphError({
      where,
      seen: `padding ${JSON.stringify(padding)}`,
      wanted: `"valid", "same", "full", a whole number, or ${sides.length} numbers or [before, after] pairs`,
    });
  }
  return pads;
}

/** Spatial sides of the output; a window larger than the padded image is an error. */
export function outputSides(
  where: string,
  sides: readonly number[],
  { kernel, strides, dilations, pads }: Window,
): number[] {
  return sides.map((size, axis) => {
    const [k = 1, stride = 1, dilation = 1, pad = [0, 0] as Sides] = [
      kernel[axis],
      strides[axis],
      dilations[axis],
      pads[axis],
    ];
    if (size < 1) {
      throw new ShapeError({
        where,
        seen: `an image with a side of ${size}`,
        wanted: "at least one pixel",
        mend: "Crop less; the padding of a transposed convolution crops its result.",
      });
    }
    const out = slide(size, k, stride, dilation, pad);
    if (out < 1) {
      throw new ShapeError({
        where,
        seen: `a window of ${dilation * (k - 1) + 1} on a side of ${size} padded by ${pad[0]} and ${pad[1]}`,
        wanted: "a window no larger than the padded image",
        mend: 'Pad more (padding: "same"), or use a smaller kernel or dilation.',
      });
    }
    return out;
  });
}
