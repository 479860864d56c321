import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkNames } from "../core/options.ts";
import type { Shape } from "../core/types.ts";
import { type Axes, type ConvAttrs, type ConvTransposeOptions, checkRanks } from "./convGeometry.ts";
import { add } from "./elementwise.ts";
import { perAxis, resolvePads } from "./window.ts";

/**
 * A transposed convolution, which is the gradient of one by its input, over the axes of these names: x [N, .., C], kernel
 * [K.., F / groups, C], bias [F] -> [N, .., F] with, on each axis, O = (I - 1) stride - pads + dilation (K - 1) + 1 +
 * outputPadding; padding "same": O = I stride.
 */
export function transposed(
  where: string,
  inputGradientOp: OpDef<ConvAttrs & { readonly shape: Shape }>,
  axes: Axes,
  [x, kernel, bias]: readonly [x: Value, kernel: Value, bias: Value | null],
  options: ConvTransposeOptions,
): Value {
  checkNames(where, options, ["strides", "padding", "dilations", "groups", "outputPadding"]);
  const { padding = "valid", outputPadding = 0, groups = 1 } = options;
  const rank = axes.length;
  const [n = 0, ...sides] = x.type.shape.slice(0, -1);
  checkRanks(where, axes, x.type.shape, kernel.type.shape, "F / groups, C");
  const strides = perAxis(where, "strides", options.strides ?? 1, rank);
  const dilations = perAxis(where, "dilations", options.dilations ?? 1, rank);
  const extra = perAxis(where, "outputPadding", outputPadding, rank, 0);
  const window = { kernel: kernel.type.shape.slice(0, rank), strides, dilations };
  const isSame = padding === "same";
  const sameSides = sides.map((side, axis) => side * (strides[axis] ?? 1));
  const pads = resolvePads(where, padding, isSame ? sameSides : sides, window);
  const outs = sides.map((side, axis) => {
    const [s = 1, d = 1, k = 1, e = 0] = [strides[axis], dilations[axis], window.kernel[axis], extra[axis]];
    if (e >= (isSame ? 1 : Math.max(s, d))) {
      const wanted = isSame ? 'none with padding "same"' : `less than the stride ${s} or the dilation ${d}`;
      const mend = "Leave it out.";
      throw new GraphError({ where, seen: `outputPadding ${e}`, wanted, mend });
    }
    const [before, after] = pads[axis] ?? [0, 0];
    return isSame ? (sameSides[axis] ?? 0) : (side - 1) * s - before - after + d * (k - 1) + 1 + e;
  });
  const shape = [n, ...outs, (kernel.type.shape[rank] ?? 0) * groups];
  const y = applyOne(inputGradientOp, [x, kernel], { ...window, pads, groups, shape });
  return bias ? add(y, bias) : y;
}
