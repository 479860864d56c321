import adaptiveShader from "../../shaders/pool/adaptive.wgsl";
import adaptiveBackwardShader from "../../shaders/pool/adaptiveBackward.wgsl";
import averageShader from "../../shaders/pool/average.wgsl";
import backwardShader from "../../shaders/pool/averageBackward.wgsl";
import tilesShader from "../../shaders/pool/averageBackwardTiles.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError } from "../core/errors.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { type Shape, sizeOf, tensorType } from "../core/types.ts";
import { blockFor, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import {
  type PoolAxis,
  type PoolWindow,
  planesOf,
  poolAxes,
  poolWorkgroup,
  tapsOf,
  tilesOf,
  wantImages,
  wantSameShape,
  windowsOf,
} from "./poolWindow.ts";

export interface AvgPoolAttrs extends PoolWindow {
  /** Padding counts as zeros. What lies beyond it, seen in ceilMode, never does. */
  readonly countIncludePad: boolean;
  /** Divide every sum by this instead of the number of elements. */
  readonly divisorOverride?: number;
}

/**
 * y[n, oh, ow, c] = (sum of x[n, oh s - p + kh, ow s - p + kw, c] over the window) / count, with PyTorch's count: the
 * elements of the window within the padded image, or within the image alone.
 * x: [N, H, W, C] -> [N, OH, OW, C] with OH = floor or ceil((H + pads - K) / s) + 1.
 */
export const avgPool2dOp: OpDef<AvgPoolAttrs> = {
  name: "avgPool2d",
  epilogue: true,
  infer([given], attrs, where) {
    const x = wantImages(where, "x", given);
    const [rows, columns] = checkedAxes(where, x.shape, attrs);
    return [tensorType([x.shape[0] ?? 0, rows.out, columns.out, x.shape[3] ?? 0])];
  },
  grad({ attrs, inputs: [x], gradients: [dY] }) {
    return [x && dY ? applyOne(avgPool2dBackwardOp, [dY], { ...attrs, shape: x.type.shape }) : null];
  },
  lower({ attrs, inputs: [x], outputs: [y], epilogue, target }) {
    if (!x || !y) return [];
    const axes = poolAxes("avgPool2d", x.type.shape, attrs);
    const [, , , c = 1] = x.type.shape;
    const lanes = lanesFor(c);
    const block = blockFor(target, 2, c);
    const count = sizeOf(y.type.shape) / lanes / block;
    const taps = tapsOf(axes);
    const divisor = divisorOf(axes, attrs);
    const fused = epilogueOf(epilogue, y, lanes);
    return [
      {
        name: "avgPool2d",
        shaders: [laneShader(lanes), ...fused.shaders, ...taps.shaders, averageShader],
        constants: { BLOCK: block, ...taps.constants, ...divisor.constants },
        params: {
          ...planesOf(x.type.shape, y.type.shape, lanes * block, count),
          ...taps.params,
          ...divisor.params,
          ...fused.params,
        },
        operands: { x, y, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: sizeOf(y.type.shape) * windowSize(axes),
      },
    ];
  },
};

export interface AvgPoolBackwardAttrs extends AvgPoolAttrs {
  /** Of x. */
  readonly shape: Shape;
}

/**
 * dX[n, h, w, c] = sum of dY[n, oh, ow, c] / count(oh, ow) over the windows that cover (h, w). With a divisor of 1 it is
 * average unpooling. Linear: its own gradient is the pooling.
 */
export const avgPool2dBackwardOp: OpDef<AvgPoolBackwardAttrs> = {
  name: "avgPool2dBackward",
  epilogue: true,
  infer([given], attrs, where) {
    const dY = wantImages(where, "dY", given);
    const [n = 0, , , c = 0] = attrs.shape;
    const [rows, columns] = checkedAxes(where, attrs.shape, attrs);
    wantSameShape(where, "dY", dY, [n, rows.out, columns.out, c]);
    return [tensorType(attrs.shape)];
  },
  grad({ attrs: { shape: _, ...attrs }, gradients: [d] }) {
    return [d ? applyOne(avgPool2dOp, [d], attrs) : null];
  },
  lower({ attrs, inputs: [dY], outputs: [dX], epilogue, target }) {
    if (!dY || !dX) return [];
    const name = "avgPool2dBackward";
    const axes = poolAxes(name, attrs.shape, attrs);
    const [n = 0, , , c = 0] = attrs.shape;
    const lanes = lanesFor(c);
    const tiles = tilesOf(axes);
    // What an epilogue reads comes lane by lane.
    const block = tiles && !epilogue?.operands.length ? blockFor(target, 2, c) : 1;
    const divisor = divisorOf(axes, attrs);
    const fused = epilogueOf(epilogue, dX, lanes);
    const count = (tiles ? n * tiles.perImage * c : sizeOf(attrs.shape)) / lanes / block;
    const windows = windowsOf(axes);
    const own: Pick<KernelCall, "shaders" | "params" | "constants"> = tiles
      ? {
          shaders: [tilesShader],
          constants: { BLOCK: block, ...tiles.constants },
          params: { tiles: { divisor: divisor.fixed } },
        }
      : {
          shaders: [...windows.shaders, backwardShader],
          constants: { ...windows.constants, ...divisor.constants },
          params: { ...windows.params, ...divisor.params },
        };
    return [
      {
        name,
        ...own,
        shaders: [laneShader(lanes), ...fused.shaders, ...own.shaders],
        params: { ...planesOf(attrs.shape, dY.type.shape, lanes * block, count), ...own.params, ...fused.params },
        operands: { dY, dX, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: sizeOf(dY.type.shape) * windowSize(axes),
      },
    ];
  },
};

function checkedAxes(where: string, shape: Shape, attrs: AvgPoolAttrs) {
  const divisor = attrs.divisorOverride;
  if (divisor !== undefined && (!Number.isFinite(divisor) || divisor === 0)) {
    throw new GraphError({ where, seen: `divisorOverride ${divisor}`, wanted: "a finite number other than 0" });
  }
  if (attrs.dilations.some((dilation) => dilation !== 1)) {
    throw new GraphError({ where, seen: `dilations ${attrs.dilations.join(", ")}`, wanted: "1 in average pooling" });
  }
  return poolAxes(where, shape, attrs);
}

/** The uniform and constants of shaders/pool/divisor. */
function divisorOf(axes: readonly [PoolAxis, PoolAxis], { countIncludePad, divisorOverride }: AvgPoolAttrs) {
  const fixed = divisorOverride ?? windowSize(axes);
  // Windows differ where they reach beyond what counts.
  const varying = axes.some(({ size, out, kernel, stride, before, after, clipped }) =>
    countIncludePad ? (out - 1) * stride + kernel > size + before + after : clipped,
  );
  const [rows, columns] = axes;
  return {
    fixed,
    constants: { VARYING: varying && divisorOverride === undefined ? 1 : 0, COUNT_PADDING: countIncludePad ? 1 : 0 },
    params: { divisor: { fixed, bottom: rows.after, right: columns.after } },
  };
}

function windowSize([rows, columns]: readonly [PoolAxis, PoolAxis]): number {
  return rows.kernel * columns.kernel;
}

export interface AdaptiveAttrs {
  readonly outputSize: readonly [height: number, width: number];
}

/**
 * y[n, oh, ow, c] = mean of x over rows floor(oh H / OH) to ceil((oh + 1) H / OH), columns alike: windows of nearly
 * equal size that cover the image whatever OH and OW are. x: [N, H, W, C] -> [N, OH, OW, C].
 */
export const adaptiveAvgPool2dOp: OpDef<AdaptiveAttrs> = {
  name: "adaptiveAvgPool2d",
  epilogue: true,
  infer([given], { outputSize: [height, width] }, where) {
    const x = wantImages(where, "x", given);
    return [tensorType([x.shape[0] ?? 0, height, width, x.shape[3] ?? 0])];
  },
  grad({ inputs: [x], gradients: [dY] }) {
    return [x && dY ? applyOne(adaptiveAvgPool2dBackwardOp, [dY], { shape: x.type.shape }) : null];
  },
  lower({ inputs: [x], outputs: [y], epilogue }) {
    if (!x || !y) return [];
    const lanes = lanesFor(x.type.shape[3] ?? 1);
    const count = sizeOf(y.type.shape) / lanes;
    const fused = epilogueOf(epilogue, y, lanes);
    return [
      {
        name: "adaptiveAvgPool2d",
        shaders: [laneShader(lanes), ...fused.shaders, adaptiveShader],
        params: { ...planesOf(x.type.shape, y.type.shape, lanes, count), ...fused.params },
        operands: { x, y, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: sizeOf(x.type.shape),
      },
    ];
  },
};

/** dX[n, h, w, c] = sum of dY[n, oh, ow, c] / count(oh, ow) over the windows that cover (h, w). */
export const adaptiveAvgPool2dBackwardOp: OpDef<{ readonly shape: Shape }> = {
  name: "adaptiveAvgPool2dBackward",
  epilogue: true,
  infer([given], { shape }, where) {
    const dY = wantImages(where, "dY", given);
    wantSameShape(where, "dY", dY, [shape[0] ?? 0, dY.shape[1] ?? 0, dY.shape[2] ?? 0, shape[3] ?? 0]);
    return [tensorType(shape)];
  },
  // Linear: its own gradient is the pooling.
  grad({ inputs: [dY], gradients: [d] }) {
    const [, height = 0, width = 0] = dY?.type.shape ?? [];
    return [d ? applyOne(adaptiveAvgPool2dOp, [d], { outputSize: [height, width] }) : null];
  },
  lower({ inputs: [dY], outputs: [dX], epilogue }) {
    if (!dY || !dX) return [];
    const name = "adaptiveAvgPool2dBackward";
    const lanes = lanesFor(dX.type.shape[3] ?? 1);
    const count = sizeOf(dX.type.shape) / lanes;
    const fused = epilogueOf(epilogue, dX, lanes);
    return [
      {
        name,
        shaders: [laneShader(lanes), ...fused.shaders, adaptiveBackwardShader],
        params: { ...planesOf(dX.type.shape, dY.type.shape, lanes, count), ...fused.params },
        operands: { dY, dX, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: sizeOf(dX.type.shape),
      },
    ];
  },
};
