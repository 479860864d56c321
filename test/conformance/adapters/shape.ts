import { FormatError } from "../../../src/core/errors.ts";
import { concat, pad, permute, reshape, slice } from "../../../src/ops/shape.ts";
import { type UpsampleOptions, upsampleBilinear2d, upsampleNearest2d } from "../../../src/ops/upsample.ts";
import type { Adapter, CaseAttrs } from "../adapter.ts";
import { channelsLast } from "../layout.ts";

/** Operators that move elements: axes are given by number, so the layout stays. */
export const shapeAdapters: Readonly<Record<string, Adapter>> = {
  concat: {
    build(inputs, attrs) {
      const names = inputs.names.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
      return concat(
        names.map((name) => inputs.get(name)),
        attrs.number("dim", 0),
      );
    },
  },
  slice: {
    build(inputs, attrs) {
      const rank = inputs.shape("x").length;
      return slice(inputs.get("x"), attrs.numbers("start"), attrs.numbers("end"), attrs.perAxis("step", rank, 1));
    },
  },
  pad: {
    build(inputs, attrs) {
      const rank = inputs.shape("x").length;
      const sides = attrs.numbers("pad");
      if (sides.length % 2 !== 0 || sides.length > 2 * rank) {
        throw new FormatError({ seen: `pad of ${sides.length} numbers`, wanted: `two for each of up to ${rank} axes` });
      }
      // PyTorch begins with the last axis.
      const pairs = Array.from({ length: rank }, (_, axis) => {
        const at = 2 * (rank - 1 - axis);
        return [sides[at] ?? 0, sides[at + 1] ?? 0] as const;
      });
      const mode = attrs.word("mode", "constant", "reflect", "replicate");
      return pad(inputs.get("x"), pairs, { mode, value: attrs.number("value", 0) });
    },
  },
  permute: { build: (inputs, attrs) => permute(inputs.get("x"), attrs.numbers("dims")) },
  reshape: { build: (inputs, attrs) => reshape(inputs.get("x"), attrs.numbers("shape")) },
};

const layouts = { x: channelsLast, y: channelsLast };

function upsampleOptions(attrs: CaseAttrs): UpsampleOptions {
  return attrs.has("size") ? { outputSize: attrs.perAxis("size", 2) } : { scale: attrs.perAxis("scale_factor", 2) };
}

/** Resizing of images. */
export const upsampleAdapters: Readonly<Record<string, Adapter>> = {
  upsample_nearest2d: {
    layouts,
    build: (inputs, attrs) => upsampleNearest2d(inputs.get("x"), upsampleOptions(attrs)),
  },
  upsample_bilinear2d: {
    layouts,
    build(inputs, attrs) {
      const alignCorners = attrs.boolean("align_corners", false);
      return upsampleBilinear2d(inputs.get("x"), { ...upsampleOptions(attrs), alignCorners });
    },
  },
};
