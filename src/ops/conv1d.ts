import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { showShape } from "../core/types.ts";
import { conv2d, conv2dTranspose } from "./conv.ts";
import type { ConvOptions, ConvTransposeOptions } from "./convGeometry.ts";
import { reshape } from "./reshape.ts";
import type { Padding } from "./window.ts";

/** Convolutions of sequences: those of images one pixel high, by views. */
function asImage(where: string, x: Value, kernel: Value): { image: Value; filter: Value } {
  const [n = 0, length = 0, c = 0] = x.type.shape;
  const [k = 0, inputs = 0, outputs = 0] = kernel.type.shape;
  if (x.type.shape.length !== 3 || kernel.type.shape.length !== 3) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.type.shape)} and kernel ${showShape(kernel.type.shape)}`,
      wanted: "x [N, L, C] and a kernel of rank 3",
    });
  }
  return { image: reshape(x, [n, 1, length, c]), filter: reshape(kernel, [1, k, inputs, outputs]) };
}

function asSequence(y: Value): Value {
  const [n = 0, , length = 0, f = 0] = y.type.shape;
  return reshape(y, [n, length, f]);
}

/** An option for one axis as one for two, of which the first has `first`. */
function forTwo(value: number | readonly number[], first: number): number[] {
  return [first, ...(typeof value === "number" ? [value] : value)];
}

function options2d({ strides = 1, dilations = 1, padding = "valid", groups = 1 }: ConvOptions): ConvOptions {
  const wide: Padding =
    typeof padding === "string" ? padding : [0, ...(typeof padding === "number" ? [padding] : padding)];
  return { strides: forTwo(strides, 1), dilations: forTwo(dilations, 1), padding: wide, groups };
}

const optionNames = ["strides", "dilations", "padding", "groups"];

/**
 * 1-D convolution: x [N, L, C], kernel [K, C / groups, F], bias [F] -> [N, OL, F].
 * @example
 * conv1d(sequence, fill([3, 4, 6], 0.1), bias).type.shape; // => [2, 8, 6]
 */
export function conv1d(x: Value, kernel: Value, bias: Value | null = null, options: ConvOptions = {}): Value {
  const where = whereIs("conv1d");
  checkNames(where, options, optionNames);
  const { image, filter } = asImage(where, x, kernel);
  return asSequence(conv2d(image, filter, bias, options2d(options)));
}

/**
 * 1-D transposed convolution: x [N, L, C], kernel [K, F / groups, C], bias [F] -> [N, OL, F]; OL as conv2dTranspose's.
 * @example
 * conv1dTranspose(sequence, fill([2, 6, 4], 0.1), bias, { strides: 2 }).type.shape; // => [2, 20, 6]
 */
export function conv1dTranspose(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  const where = whereIs("conv1dTranspose");
  checkNames(where, options, [...optionNames, "outputPadding"]);
  const { image, filter } = asImage(where, x, kernel);
  const outputPadding = forTwo(options.outputPadding ?? 0, 0);
  return asSequence(conv2dTranspose(image, filter, bias, { ...options2d(options), outputPadding }));
}
