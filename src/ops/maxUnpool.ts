import unpoolShader from "../../shaders/pool/unpool.wgsl";
import backwardShader from "../../shaders/pool/unpoolBackward.wgsl";
import claimShader from "../../shaders/pool/unpoolClaim.wgsl";
import clearShader from "../../shaders/pool/unpoolClear.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { scratch } from "../core/graph.ts";
import { applyOne, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { laneShader } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { planesOf, poolWorkgroup, wantImages, wantSameShape } from "./poolWindow.ts";

export interface MaxUnpoolAttrs {
  readonly outputSize: readonly [height: number, width: number];
}

/**
 * y[n, indices[n, oh, ow, c], c] = x[n, oh, ow, c], 0 elsewhere: each value goes back to where max pooling found it.
 * Where several name one place, the last in row-major order stays. Indices outside the plane name no place.
 * x and indices: [N, OH, OW, C] -> [N, H, W, C] with [H, W] = outputSize.
 */
export const maxUnpool2dOp: OpDef<MaxUnpoolAttrs> = {
  name: "maxUnpool2d",
  epilogue: true,
  infer([given, indices], { outputSize: [height, width] }, where) {
    const x = wantImages(where, "x", given);
    wantIndices(where, indices, x);
    return [tensorType([x.shape[0] ?? 0, height, width, x.shape[3] ?? 0])];
  },
  grad({ inputs: [, indices], gradients: [dY] }) {
    return [indices && dY ? applyOne(maxUnpool2dBackwardOp, [dY, indices], {}) : null, null];
  },
  lower({ inputs: [x, indices], outputs: [y], epilogue }) {
    if (!x || !indices || !y) return [];
    const owners = scratch(tensorType(y.type.shape, "u32"));
    const large = sizeOf(y.type.shape);
    const small = sizeOf(x.type.shape);
    const planes = (count: number) => planesOf(y.type.shape, x.type.shape, 1, count);
    const fused = epilogueOf(epilogue, y, 1);
    return [
      {
        name: "maxUnpool2d/clear",
        shaders: [clearShader],
        params: planes(large),
        operands: { owners },
        workgroups: workgroupsFor(large, poolWorkgroup),
        flops: 0,
      },
      {
        name: "maxUnpool2d/claim",
        shaders: [claimShader],
        params: planes(small),
        operands: { indices, owners },
        workgroups: workgroupsFor(small, poolWorkgroup),
        flops: 0,
      },
      {
        name: "maxUnpool2d",
        shaders: [laneShader(1), ...fused.shaders, unpoolShader],
        params: { ...planes(large), ...fused.params },
        operands: { x, owners, y, ...fused.operands },
        workgroups: workgroupsFor(large, poolWorkgroup),
        flops: 0,
      },
    ];
  },
};

/** dX[n, oh, ow, c] = dY[n, indices[n, oh, ow, c], c]. */
export const maxUnpool2dBackwardOp: OpDef<object> = {
  name: "maxUnpool2dBackward",
  epilogue: true,
  noGradient: noSecondDerivatives,
  infer([dY, indices], _, where) {
    wantImages(where, "dY", dY);
    const dX = tensorType(indices?.shape ?? []);
    wantIndices(where, indices, wantImages(where, "dX", dX));
    return [dX];
  },
  lower({ inputs: [dY, indices], outputs: [dX], epilogue }) {
    if (!dY || !indices || !dX) return [];
    const name = "maxUnpool2dBackward";
    const count = sizeOf(dX.type.shape);
    const fused = epilogueOf(epilogue, dX, 1);
    return [
      {
        name,
        shaders: [laneShader(1), ...fused.shaders, backwardShader],
        params: { ...planesOf(dY.type.shape, dX.type.shape, 1, count), ...fused.params },
        operands: { dY, indices, dX, ...fused.operands },
        workgroups: workgroupsFor(count, poolWorkgroup),
        flops: 0,
      },
    ];
  },
};

function wantIndices(where: string, indices: TensorType | undefined, x: TensorType): void {
  wantSameShape(where, "indices", indices, x.shape);
  if (indices) wantDType(where, "indices", indices, "i32");
}
