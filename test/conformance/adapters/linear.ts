import { FormatError } from "../../../src/core/errors.ts";
import { conv2d, conv2dTranspose } from "../../../src/ops/conv.ts";
import { conv1d, conv1dTranspose } from "../../../src/ops/conv1d.ts";
import { conv3d } from "../../../src/ops/conv3d.ts";
import type { ConvOptions } from "../../../src/ops/convGeometry.ts";
import { dense, matmul } from "../../../src/ops/matmul.ts";
import { reshape } from "../../../src/ops/reshape.ts";
import { separableConv2d } from "../../../src/ops/separable.ts";
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
  conv1d: {
    layouts,
    build: (inputs, attrs) => conv1d(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), convOptions(attrs, 1)),
  },
  conv2d: {
    layouts,
    build: (inputs, attrs) => conv2d(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), convOptions(attrs, 2)),
  },
  conv3d: {
    layouts,
    build: (inputs, attrs) => conv3d(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), convOptions(attrs, 3)),
  },
  separable_conv2d: {
    layouts: { x: channelsLast, w_depth: kernelLast, w_point: kernelLast, y: channelsLast },
    build(inputs, attrs) {
      const x = inputs.get("x");
      const { groups, ...options } = convOptions(attrs, 2);
      if (groups !== 1) throw new FormatError({ seen: `groups ${groups}`, wanted: "none: they are the channels" });
      // The reference's filters are numbered through; the engine's are counted within their channel.
      const [kh = 1, kw = 1, , filters = 1] = inputs.shape("w_depth");
      const channels = x.type.shape.at(-1) ?? 1;
      const depthwise = reshape(inputs.get("w_depth"), [kh, kw, channels, filters / channels]);
      return separableConv2d(x, depthwise, inputs.get("w_point"), inputs.maybe("b"), options);
    },
  },
  conv_transpose1d: {
    layouts,
    build(inputs, attrs) {
      const outputPadding = attrs.perAxis("output_padding", 1, 0);
      const options = { ...convOptions(attrs, 1), outputPadding };
      return conv1dTranspose(inputs.get("x"), inputs.get("w"), inputs.maybe("b"), options);
    },
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
