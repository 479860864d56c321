import { FormatError } from "../../../src/core/errors.ts";
import { type ConvOptions, conv2d, conv2dTranspose } from "../../../src/ops/conv.ts";
import { dense, matmul } from "../../../src/ops/matmul.ts";
import type { Adapter, CaseAttrs } from "../adapter.ts";
import { channelsLast, kernelLast } from "../layout.ts";

const layouts = { x: channelsLast, w: kernelLast, y: channelsLast };

/**
 * Stride, dilation, groups and one of `pads` (beginnings, then ends), `padding: "same"` (stride 1, total d (k - 1)) and
 * `padding: [..]` (symmetric).
 */
function convOptions(attrs: CaseAttrs, axes: number): ConvOptions {
  return {
    strides: attrs.perAxis("stride", axes, 1),
    dilations: attrs.perAxis("dilation", axes, 1),
    groups: attrs.number("groups", 1),
    padding: convPadding(attrs, axes),
  };
}

function convPadding(attrs: CaseAttrs, axes: number): NonNullable<ConvOptions["padding"]> {
  if (attrs.is("padding", "same")) return "same";
  if (attrs.is("padding", "valid")) return "valid";
  if (!attrs.has("pads")) return attrs.perAxis("padding", axes, 0);
  if (attrs.has("padding")) throw new FormatError({ seen: "pads and padding", wanted: "one of them" });
  const pads = attrs.perAxis("pads", 2 * axes);
  return Array.from({ length: axes }, (_, axis) => [pads[axis] ?? 0, pads[axes + axis] ?? 0] as const);
}

/** Convolutions and products of matrices. */
export const linearAdapters: Readonly<Record<string, Adapter>> = {
  conv2d: {
    layouts,
    build: (inputs, attrs) => conv2d(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), convOptions(attrs, 2)),
  },
  conv_transpose2d: {
    layouts,
    build(inputs, attrs) {
      const outputPadding = attrs.perAxis("output_padding", 2, 0);
      const options = { ...convOptions(attrs, 2), outputPadding };
      return conv2dTranspose(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), options);
    },
  },
  linear: {
    layouts: { w: kernelLast },
    build: (inputs) => dense(inputs.get("x"), inputs.get("w"), inputs.maybe("b")),
  },
  matmul: {
    build(inputs, attrs) {
      const transposeA = attrs.boolean("transpose_a", false);
      const transposeB = attrs.boolean("transpose_b", false);
      return matmul(inputs.get("a"), inputs.get("b"), { transposeA, transposeB });
    },
  },
};
