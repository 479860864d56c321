import bilinearShader from "../../shaders/upsample/bilinear.wgsl";
import linearShader from "../../shaders/upsample/linear.wgsl";
import linearBackwardShader from "../../shaders/upsample/linearBackward.wgsl";
import nearestShader from "../../shaders/upsample/nearest.wgsl";
import nearestBackwardShader from "../../shaders/upsample/nearestBackward.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type LowerContext, type OpDef } from "../core/op.ts";
import type { ShaderModule } from "../core/shader.ts";
import { type Shape, showType, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { blockFor, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { planesOf, poolWorkgroup, wantImages, wantSameShape } from "./poolWindow.ts";

/** Pixels of x to a pixel of y along an axis, as a fraction, so that positions are exact. */
export type Ratio = readonly [step: number, per: number];

export interface NearestAttrs {
  readonly outputSize: readonly [height: number, width: number];
  readonly ratios: readonly [rows: Ratio, columns: Ratio];
}

/** y[n, oh, ow, c] = x[n, floor(oh rows), floor(ow columns), c]. x: [N, H, W, C] -> [N, OH, OW, C]. */
export const upsampleNearest2dOp: OpDef<NearestAttrs> = {
  name: "upsampleNearest2d",
  epilogue: true,
  infer([given], { outputSize, ratios }, where) {
    const x = wantImages(where, "x", given);
    ratios.forEach(([step, per], axis) => {
      const last = Math.floor((((outputSize[axis] ?? 1) - 1) * step) / per);
      if (last >= (x.shape[axis + 1] ?? 1)) {
        throw new GraphError({ where, seen: `pixel ${last} of ${showType(x)}`, wanted: "one of the image" });
      }
    });
    return [tensorType([x.shape[0] ?? 0, ...outputSize, x.shape[3] ?? 0])];
  },
  grad({ attrs: { ratios }, inputs: [x], gradients: [dY] }) {
    return [x && dY ? applyOne(upsampleNearest2dBackwardOp, [dY], { ratios, shape: x.type.shape }) : null];
  },
  lower(context) {
    const [x, y] = [context.inputs[0], context.outputs[0]];
    return x && y ? lowerNearest(context, "upsampleNearest2d", nearestShader, { x, y }, x, y) : [];
  },
};

interface NearestBackwardAttrs {
  readonly ratios: readonly [Ratio, Ratio];
  /** Of x. */
  readonly shape: Shape;
}

/** dX[n, h, w, c] = sum of dY over the pixels that were copied from (h, w). */
export const upsampleNearest2dBackwardOp: OpDef<NearestBackwardAttrs> = {
  name: "upsampleNearest2dBackward",
  epilogue: true,
  infer([given], { shape }, where) {
    const dY = wantImages(where, "dY", given);
    wantSameShape(where, "dY", dY, [shape[0] ?? 0, dY.shape[1] ?? 0, dY.shape[2] ?? 0, shape[3] ?? 0]);
    return [tensorType(shape)];
  },
  // Linear: its own gradient is the resizing.
  grad({ attrs: { ratios }, inputs: [dY], gradients: [d] }) {
    const [, height = 1, width = 1] = dY?.type.shape ?? [];
    return [d ? applyOne(upsampleNearest2dOp, [d], { ratios, outputSize: [height, width] }) : null];
  },
  lower(context) {
    const [dY, dX] = [context.inputs[0], context.outputs[0]];
    if (!dY || !dX) return [];
    return lowerNearest(context, "upsampleNearest2dBackward", nearestBackwardShader, { dY, dX }, dX, dY);
  },
};

function lowerNearest(
  { attrs, outputs, epilogue }: LowerContext<{ readonly ratios: readonly [Ratio, Ratio] }>,
  name: string,
  shader: ShaderModule,
  operands: KernelCall["operands"],
  x: Value,
  y: Value,
): KernelCall[] {
  const [result = y] = outputs;
  const lanes = lanesFor(x.type.shape[3] ?? 1);
  const count = sizeOf(result.type.shape) / lanes;
  const fused = epilogueOf(epilogue, result, lanes);
  const [[rows, perRows], [columns, perColumns]] = attrs.ratios;
  const ratio = { rows, perRows, columns, perColumns };
  return [
    {
      name,
      shaders: [laneShader(lanes), ...fused.shaders, shader],
      params: { ...planesOf(x.type.shape, y.type.shape, lanes, count), ratio, ...fused.params },
      operands: { ...operands, ...fused.operands },
      workgroups: workgroupsFor(count, poolWorkgroup),
      flops: 0,
    },
  ];
}

export interface LinearAttrs {
  readonly axis: number;
  /** Sides of the axis before and after. */
  readonly size: number;
  readonly out: number;
  readonly ratio: Ratio;
  /** The outer pixels' centres fall on each other; else their outer borders do (half-pixel centres). */
  readonly alignCorners: boolean;
}

/**
 * Linear interpolation along one axis: output o lies at o (size - 1) / (out - 1) with alignCorners, else at
 * max(0, (o + 1/2) step / per - 1/2), between two pixels of x that it mixes by distance.
 */
export const resizeLinearOp: OpDef<LinearAttrs> = {
  name: "resizeLinear",
  epilogue: true,
  infer([x], { axis, size, out }, where) {
    if (!x || x.shape[axis] !== size || out < 1) {
      const seen = `axis ${axis} of ${x ? showType(x) : "nothing"} from ${size} to ${out}`;
      throw new ShapeError({ where, seen, wanted: "an axis of that side" });
    }
    wantDType(where, "x", x, "f32");
    return [tensorType(x.shape.with(axis, out))];
  },
  grad({ attrs, gradients: [dY] }) {
    return [dY ? applyOne(resizeLinearBackwardOp, [dY], attrs) : null];
  },
  lower(context) {
    const [x, y] = [context.inputs[0], context.outputs[0]];
    return x && y ? lowerLinear(context, "resizeLinear", linearShader, { x, y }) : [];
  },
};

/** dX[.., s, ..] = sum of dY[.., o, ..] times the weight of pixel s in output o. */
export const resizeLinearBackwardOp: OpDef<LinearAttrs> = {
  name: "resizeLinearBackward",
  epilogue: true,
  infer([dY], { axis, size, out }, where) {
    if (!dY || dY.shape[axis] !== out) {
      throw new ShapeError({ where, seen: `dY ${dY ? showType(dY) : "missing"}`, wanted: `${out} along axis ${axis}` });
    }
    wantDType(where, "dY", dY, "f32");
    return [tensorType(dY.shape.with(axis, size))];
  },
  // Linear: its own gradient is the resizing.
  grad({ attrs, gradients: [d] }) {
    return [d ? applyOne(resizeLinearOp, [d], attrs) : null];
  },
  lower(context) {
    const [dY, dX] = [context.inputs[0], context.outputs[0]];
    return dY && dX ? lowerLinear(context, "resizeLinearBackward", linearBackwardShader, { dY, dX }) : [];
  },
};

function lowerLinear(
  { attrs, outputs: [result], epilogue }: LowerContext<LinearAttrs>,
  name: string,
  shader: ShaderModule,
  operands: KernelCall["operands"],
): KernelCall[] {
  if (!result) return [];
  const { axis, size, out } = attrs;
  const inner = sizeOf(result.type.shape.slice(axis + 1));
  const lanes = lanesFor(inner);
  const count = sizeOf(result.type.shape) / lanes;
  const fused = epilogueOf(epilogue, result, lanes);
  return [
    {
      name,
      shaders: [laneShader(lanes), ...fused.shaders, shader],
      params: { line: { count, size, out, inner: inner / lanes, ...positionOf(attrs) }, ...fused.params },
      operands: { ...operands, ...fused.operands },
      workgroups: workgroupsFor(count, poolWorkgroup),
      flops: 3 * sizeOf(result.type.shape),
    },
  ];
}

/** Where output o lies in x, as (o step + shift) / per. */
function positionOf({ size, out, ratio: [step, per], alignCorners }: LinearAttrs) {
  if (alignCorners) return { step: out > 1 ? size - 1 : 0, shift: 0, per: Math.max(1, out - 1) };
  // (o + 1/2) step / per - 1/2 = (2 o step + step - per) / (2 per)
  return { step: 2 * step, shift: step - per, per: 2 * per };
}

export interface BilinearAttrs {
  readonly rows: LinearAttrs;
  readonly columns: LinearAttrs;
}

/** At most so many pixels of y lie between four of x. */
const maxGrown = 16;

/** Whether the image grows along both axes, by little enough to write out all pixels between four. */
export function growsBilinearly({ rows, columns }: BilinearAttrs): boolean {
  const grows = [rows, columns].every(({ size, out }) => size > 1 && out >= size);
  return grows && mostBetween(rows) * mostBetween(columns) <= maxGrown;
}

/** The most outputs that lie between two neighbours of x. */
function mostBetween(attrs: LinearAttrs): number {
  const { step, per } = positionOf(attrs);
  return Math.ceil(per / step);
}

/** Linear interpolation along columns and rows at once, where images grow: x [N, H, W, C] -> [N, OH, OW, C]. */
export const growBilinear2dOp: OpDef<BilinearAttrs> = {
  name: "growBilinear2d",
  epilogue: true,
  infer([given], { rows, columns }, where) {
    const [n = 0, height, width, c = 0] = wantImages(where, "x", given).shape;
    if (height !== rows.size || width !== columns.size) {
      const seen = `x ${given ? showType(given) : "missing"}`;
      throw new ShapeError({ where, seen, wanted: `${rows.size} rows of ${columns.size} pixels` });
    }
    return [tensorType([n, rows.out, columns.out, c])];
  },
  grad({ attrs: { rows, columns }, gradients: [dY] }) {
    return [dY ? applyOne(resizeLinearBackwardOp, [applyOne(resizeLinearBackwardOp, [dY], rows)], columns) : null];
  },
  lower({ attrs: { rows, columns }, inputs: [x], outputs: [y], epilogue, target }) {
    if (!x || !y) return [];
    const [n = 0, height = 1, width = 1, c = 1] = x.type.shape;
    const lanes = lanesFor(c);
    const block = blockFor(target, 2, c);
    const count = (n * (height + 1) * (width + 1) * c) / lanes / block;
    const fused = epilogueOf(epilogue, y, lanes);
    const [down, across] = [positionOf(rows), positionOf(columns)];
    const growth = {
      count,
      channels: c / lanes / block,
      height,
      width,
      outHeight: rows.out,
      outWidth: columns.out,
      rowStep: down.step,
      rowShift: down.shift,
      rowPer: down.per,
      columnStep: across.step,
      columnShift: across.shift,
      columnPer: across.per,
    };
    return [
      {
        name: "growBilinear2d",
        shaders: [laneShader(lanes), ...fused.shaders, bilinearShader],
        constants: { BLOCK: block, ROWS: mostBetween(rows), COLUMNS: mostBetween(columns) },
        params: { growth, ...fused.params },
        operands: { x, y, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: 6 * sizeOf(y.type.shape),
      },
    ];
  },
};
