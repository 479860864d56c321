import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import { showShape } from "../core/types.ts";
import type { ConvTransposeOptions } from "./conv.ts";
import { conv3dInputGradientOp } from "./conv3d.ts";
import { add } from "./elementwise.ts";
import { perAxis, resolvePads } from "./window.ts";

/**
 * 3-D transposed convolution, which is the gradient of conv3d by its input: x [N, D, H, W, C], kernel
 * [KD, KH, KW, F / groups, C], bias [F] -> [N, OD, OH, OW, F] with, on each axis, O = (I - 1) stride - pads
 * + dilation (K - 1) + 1 + outputPadding; padding "same": O = I stride.
 * @example
 * conv3dTranspose(volume, fill([2, 2, 2, 6, 4], 0.1), bias, { strides: 2 }).type.shape; // => [2, 16, 16, 16, 6]
 */
export function conv3dTranspose(
  x: Value,
  kernel: Value,
  bias: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  const where = whereIs("conv3dTranspose");
  checkNames(where, options, ["strides", "padding", "dilations", "groups", "outputPadding"]);
  const { padding = "valid", groups = 1 } = options;
  if (x.type.shape.length !== 5 || kernel.type.shape.length !== 5) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.type.shape)} and kernel ${showShape(kernel.type.shape)}`,
      wanted: "x [N, D, H, W, C] and a kernel [KD, KH, KW, F / groups, C]",
    });
  }
  const sides = x.type.shape.slice(1, 4);
  const strides = perAxis(where, "strides", options.strides ?? 1, 3);
  const dilations = perAxis(where, "dilations", options.dilations ?? 1, 3);
  const extra = perAxis(where, "outputPadding", options.outputPadding ?? 0, 3, 0);
  const window = { kernel: kernel.type.shape.slice(0, 3), strides, dilations };
  const sameSides = sides.map((side, axis) => side * (strides[axis] ?? 1));
  const pads = resolvePads(where, padding, padding === "same" ? sameSides : sides, window);
  const outs = sides.map((side, axis) => {
    if (padding === "same") return sameSides[axis] ?? 0;
    const [s = 1, d = 1, k = 1, e = 0] = [strides[axis], dilations[axis], window.kernel[axis], extra[axis]];
    if (e >= Math.max(s, d)) {
      const wanted = `less than the stride ${s} or the dilation ${d}`;
      throw new GraphError({ where, seen: `outputPadding ${e}`, wanted });
    }
    const [before, after] = pads[axis] ?? [0, 0];
    return (side - 1) * s - before - after + d * (k - 1) + 1 + e;
  });
  const shape = [x.type.shape[0] ?? 0, ...outs, (kernel.type.shape[3] ?? 0) * groups];
  const y = applyOne(conv3dInputGradientOp, [x, kernel], { ...window, pads, groups, shape });
  return bias ? add(y, bias) : y;
}
