import mirrorShader from "../../shaders/shape/mirror.wgsl";
import mirrorBackwardShader from "../../shaders/shape/mirrorBackward.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkNames, checkWord, whereIs } from "../core/options.ts";
import { type Shape, showType, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { spreadOp } from "./slice.ts";
import { copyWorkgroup, wantCopyable, wordShader } from "./stridedCopy.ts";
import type { Sides } from "./window.ts";

export interface MirrorAttrs {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  /** `reflect`: mirrored at the border, which is not repeated. `replicate`: the border, repeated. */
  readonly mode: "reflect" | "replicate";
}

/**
 * One axis padded with what the tensor holds: y[.., at, ..] = x[.., from(at - before), ..], where `reflect` maps i < 0
 * to -i and i > n - 1 to 2 (n - 1) - i, and `replicate` clamps i to 0 .. n - 1. A negative pad crops.
 */
export const mirrorPadOp: OpDef<MirrorAttrs> = {
  name: "mirrorPad",
  infer([given], { axis, before, after, mode }, where) {
    const x = wantCopyable(where, "x", given);
    const size = x.shape[axis] ?? 0;
    const most = mode === "reflect" ? size - 1 : Number.POSITIVE_INFINITY;
    if (before > most || after > most || size + before + after < 1) {
      throw new ShapeError({
        where,
        seen: `${mode} padding by ${before} and ${after} of axis ${axis} of ${showType(x)}`,
        wanted: mode === "reflect" ? `at most ${most} on each side, and something left` : "something left",
        mend: mode === "reflect" ? 'Pad less, or use mode "replicate".' : "Crop less.",
      });
    }
    return [tensorType(x.shape.with(axis, size + before + after), x.dtype)];
  },
  grad({ attrs, inputs: [x], gradients: [dY] }) {
    return [x && dY ? applyOne(mirrorPadBackwardOp, [dY], { ...attrs, size: x.type.shape[attrs.axis] ?? 1 }) : null];
  },
  lower({ attrs: { axis, before, mode }, inputs: [x], outputs: [y] }) {
    if (!x || !y) return [];
    const inner = sizeOf(x.type.shape.slice(axis + 1));
    const lanes = lanesFor(inner);
    const count = sizeOf(y.type.shape) / lanes;
    const [size = 1, padded = 1] = [x.type.shape[axis], y.type.shape[axis]];
    return [
      {
        name: "mirrorPad",
        shaders: [wordShader(lanes), mirrorShader],
        constants: { REFLECT: mode === "reflect" ? 1 : 0 },
        params: { params: { count, size, padded, inner: inner / lanes, before } },
        operands: { x, y },
        workgroups: workgroupsFor(count, copyWorkgroup),
        flops: 0,
      },
    ];
  },
};

interface MirrorBackwardAttrs extends MirrorAttrs {
  /** Side of x along the axis. */
  readonly size: number;
}

/** dX[.., i, ..] = sum of dY[.., at, ..] over the positions with from(at - before) = i. */
export const mirrorPadBackwardOp: OpDef<MirrorBackwardAttrs> = {
  name: "mirrorPadBackward",
  epilogue: true,
  infer([dY], { axis, before, after, size }, where) {
    if (!dY || dY.shape[axis] !== size + before + after) {
      const seen = `dY ${dY ? showType(dY) : "missing"}`;
      throw new ShapeError({ where, seen, wanted: `${size + before + after} along axis ${axis}` });
    }
    wantDType(where, "dY", dY, "f32");
    return [tensorType(dY.shape.with(axis, size))];
  },
  // Linear: its own gradient is the padding.
  grad({ attrs: { size: _, ...attrs }, gradients: [d] }) {
    return [d ? applyOne(mirrorPadOp, [d], attrs) : null];
  },
  lower({ attrs: { axis, before, mode, size }, inputs: [dY], outputs: [dX], epilogue }) {
    if (!dY || !dX) return [];
    const inner = sizeOf(dX.type.shape.slice(axis + 1));
    const lanes = lanesFor(inner);
    const count = sizeOf(dX.type.shape) / lanes;
    const fused = epilogueOf(epilogue, dX, lanes);
    const params = { count, size, padded: dY.type.shape[axis] ?? 1, inner: inner / lanes, before };
    return [
      {
        name: "mirrorPadBackward",
        shaders: [laneShader(lanes), ...fused.shaders, mirrorBackwardShader],
        constants: { REFLECT: mode === "reflect" ? 1 : 0 },
        params: { params, ...fused.params },
        operands: { dY, dX, ...fused.operands },
        workgroups: workgroupsFor(count, copyWorkgroup),
        flops: sizeOf(dY.type.shape),
      },
    ];
  },
};

export interface PadOptions {
  /** Default: "constant". */
  readonly mode?: "constant" | "reflect" | "replicate";
  /** What `constant` pads with; default 0. */
  readonly value?: number;
}

/**
 * Pads every axis by [before, after]; negative numbers crop.
 * @example
 * pad(a, [[1, 1], [0, 2]]).type.shape; // => [7, 5]
 * pad(a, [[1, 1], [0, 0]], { mode: "reflect" }).type.shape; // => [7, 3]
 */
export function pad(x: Value, paddings: readonly Sides[], options: PadOptions = {}): Value {
  const where = whereIs("pad");
  checkNames(where, options, ["mode", "value"]);
  const { mode = "constant", value = 0 } = options;
  checkWord(where, "mode", mode, ["constant", "reflect", "replicate"]);
  const { shape } = x.type;
  const pairs = paddings.every((sides) => sides.length === 2 && sides.every(Number.isInteger));
  if (paddings.length !== shape.length || !pairs) {
    throw new ShapeError({
      where,
      seen: `paddings ${JSON.stringify(paddings)} of ${showType(x.type)}`,
      wanted: `[before, after] in whole numbers for each of ${shape.length} axes`,
      mend: "Give [0, 0] for the batch and the channels.",
    });
  }
  if (paddings.flat().every((side) => side === 0)) return x;
  if (mode === "constant") {
    const padded: Shape = shape.map((side, axis) => side + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
    const start = paddings.map(([before]) => before);
    return applyOne(spreadOp, [x], { start, step: shape.map(() => 1), shape: padded, value });
  }
  if (value !== 0) {
    throw new GraphError({ where, seen: `value ${value} with mode ${mode}`, wanted: 'mode "constant" with a value' });
  }
  // One axis after the other: the corners come out the same, and each gradient has at most three terms to gather.
  return paddings.reduce((y, [before, after], axis) => {
    return before === 0 && after === 0 ? y : applyOne(mirrorPadOp, [y], { axis, before, after, mode });
  }, x);
}
