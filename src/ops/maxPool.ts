import index1 from "../../shaders/pool/index1.wgsl";
import index2 from "../../shaders/pool/index2.wgsl";
import index4 from "../../shaders/pool/index4.wgsl";
import maxShader from "../../shaders/pool/max.wgsl";
import backwardShader from "../../shaders/pool/maxBackward.wgsl";
import tilesShader from "../../shaders/pool/maxBackwardTiles.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { applyOne, type LowerContext, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { type Shape, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { blockFor, type Lanes, laneShader, lanesFor } from "./lanes.ts";
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

/**
 * y[n, oh, ow, c] = largest (or smallest) x[n, oh s - p + kh d, ow s - p + kw d, c] over the window; what lies outside
 * the image is left out. Second output: where it was, i32, row * W + column. Of equal values the first in row-major
 * order counts. x: [N, H, W, C]; outputs: [N, OH, OW, C] with OH = floor or ceil((H + pads - extent) / s) + 1.
 */
function extremePool(name: string, sign: 1 | -1): OpDef<PoolWindow> {
  return {
    name,
    epilogue: true,
    infer([given], attrs, where) {
      const x = wantImages(where, "x", given);
      const [rows, columns] = poolAxes(where, x.shape, attrs);
      const shape = [x.shape[0] ?? 0, rows.out, columns.out, x.shape[3] ?? 0];
      return [tensorType(shape), tensorType(shape, "i32")];
    },
    // The indices say all: the gradient of a minimum is that of a maximum.
    grad({ attrs, inputs: [x], outputs: [, indices], gradients: [dY] }) {
      if (!x || !indices || !dY) return [null];
      return [applyOne(maxPool2dBackwardOp, [dY, indices], { ...attrs, shape: x.type.shape })];
    },
    lower: (context) => lowerForward(context, name, sign),
  };
}

export const maxPool2dOp = /* @__PURE__ */ extremePool("maxPool2d", 1);
export const minPool2dOp = /* @__PURE__ */ extremePool("minPool2d", -1);

function lowerForward(context: LowerContext<PoolWindow>, name: string, sign: 1 | -1): KernelCall[] {
  const { attrs, epilogue, target } = context;
  const [x] = context.inputs;
  const [y, indices] = context.outputs;
  if (!x || !y || !indices) return [];
  const axes = poolAxes(name, x.type.shape, attrs);
  const [, , , c = 1] = x.type.shape;
  const lanes = lanesFor(c);
  const block = blockFor(target, 2, c);
  const count = sizeOf(y.type.shape) / lanes / block;
  const taps = tapsOf(axes);
  const fused = epilogueOf(epilogue, y, lanes);
  return [
    {
      name,
      shaders: [laneShader(lanes), indexShader(lanes), ...fused.shaders, ...taps.shaders, maxShader],
      constants: { SIGN: sign, BLOCK: block, ...taps.constants },
      params: { ...planesOf(x.type.shape, y.type.shape, lanes * block, count), ...taps.params, ...fused.params },
      operands: { x, y, indices, ...fused.operands },
      workgroups: workgroupsFor(count, poolWorkgroup),
      flops: sizeOf(y.type.shape) * windowSize(axes),
    },
  ];
}

export interface MaxPoolBackwardAttrs extends PoolWindow {
  /** Of x. */
  readonly shape: Shape;
}

/** dX[n, h, w, c] = sum of dY[n, oh, ow, c] over the windows whose index is (h, w). Gathered: no atomics, fixed order. */
export const maxPool2dBackwardOp: OpDef<MaxPoolBackwardAttrs> = {
  name: "maxPool2dBackward",
  epilogue: true,
  noGradient: noSecondDerivatives,
  infer([dY, indices], attrs, where) {
    const x = tensorType(attrs.shape);
    const [rows, columns] = poolAxes(where, x.shape, attrs);
    const small = [x.shape[0] ?? 0, rows.out, columns.out, x.shape[3] ?? 0];
    wantSameShape(where, "dY", dY, small);
    wantSameShape(where, "indices", indices, small);
    if (indices) wantDType(where, "indices", indices, "i32");
    return [x];
  },
  lower({ attrs, inputs: [dY, indices], outputs: [dX], epilogue }) {
    if (!dY || !indices || !dX) return [];
    const name = "maxPool2dBackward";
    const axes = poolAxes(name, attrs.shape, attrs);
    const [n = 0, , , c = 0] = attrs.shape;
    const lanes = lanesFor(c);
    const tiles = tilesOf(axes);
    const fused = epilogueOf(epilogue, dX, lanes);
    const count = (tiles ? n * tiles.perImage * c : sizeOf(attrs.shape)) / lanes;
    const planes = planesOf(attrs.shape, dY.type.shape, lanes, count);
    const windows = windowsOf(axes);
    const own: Pick<KernelCall, "shaders" | "params" | "constants"> = tiles
      ? { shaders: [tilesShader], params: {}, constants: tiles.constants }
      : { ...windows, shaders: [...windows.shaders, backwardShader] };
    return [
      {
        name,
        shaders: [laneShader(lanes), indexShader(lanes), ...fused.shaders, ...own.shaders],
        ...(own.constants ? { constants: own.constants } : {}),
        params: { ...planes, ...own.params, ...fused.params },
        operands: { dY, indices, dX, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: sizeOf(dY.type.shape) * windowSize(axes),
      },
    ];
  },
};

function indexShader(lanes: Lanes) {
  return { 1: index1, 2: index2, 4: index4 }[lanes];
}

function windowSize([rows, columns]: readonly [PoolAxis, PoolAxis]): number {
  return rows.kernel * columns.kernel;
}
