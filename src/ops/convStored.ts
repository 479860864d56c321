import col2imShader from "../../shaders/conv/col2im.wgsl";
import im2colShader from "../../shaders/conv/im2col.wgsl";
import type { KernelCall, Target } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { sizeOf, tensorType } from "../core/types.ts";
import { type ConvSizes, windowParams } from "./convGeometry.ts";
import { lowerGemm, oneBatch, stridedA } from "./gemm.ts";
import { laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";

/*
 * Convolution over a stored matrix of patches: the readable baseline, and the oracle of the other kernels. Asked for by
 * the target's `force: { conv: "im2col" }`.
 */

/** The explicit matrix of patches [N OH OW, KH KW C]. */
export function im2col(x: Value, sizes: ConvSizes): { patches: Value; call: KernelCall } {
  const stored = scratch(tensorType([sizes.n * sizes.oh * sizes.ow, sizes.taps * sizes.c]));
  return { patches: stored, call: patchCall("im2col", im2colShader, { x, patches: stored }, stored, sizes) };
}

/** dX through the explicit matrix: dPatches = dY kernel', then col2im. */
export function lowerInputGradientStored(
  dY: Value,
  kernel: Value,
  dX: Value,
  sizes: ConvSizes,
  epilogue: BoundProgram | null,
  target: Target,
): KernelCall[] {
  const { n, oh, ow, c, f, taps } = sizes;
  const m = n * oh * ow;
  const dPatches = scratch(tensorType([m, taps * c]));
  const ending = epilogueOf(epilogue, dX, lanesFor(c));
  const gather = patchCall("col2im", col2imShader, { patches: dPatches, x: dX }, dX, sizes);
  return [
    ...lowerGemm(
      {
        name: "conv2dInputGradient",
        m,
        n: taps * c,
        segments: 1,
        depth: f,
        batch: 1,
        a: stridedA({ value: dY, rowStride: f, depthStride: 1, rows: m, depth: f, batches: oneBatch }),
        b: { value: kernel, columnStride: f, depthStride: 1, segmentStride: 0, batches: oneBatch },
        y: dPatches,
        rowStride: taps * c,
        batchStride: 0,
        epilogue: null,
      },
      target,
    ),
    {
      ...gather,
      shaders: [...gather.shaders, ...ending.shaders],
      params: { ...gather.params, ...ending.params },
      operands: { ...gather.operands, ...ending.operands },
    },
  ];
}

function patchCall(
  name: string,
  shader: KernelCall["shaders"][number],
  operands: KernelCall["operands"],
  result: Value,
  sizes: ConvSizes,
): KernelCall {
  const lanes = lanesFor(sizes.c);
  const count = sizeOf(result.type.shape) / lanes;
  const params = {
    ...windowParams(sizes),
    height: sizes.h,
    width: sizes.w,
    outHeight: sizes.oh,
    outWidth: sizes.ow,
    taps: sizes.taps,
    channels: sizes.c / lanes,
    count,
  };
  return {
    name,
    shaders: [shader, laneShader(lanes)],
    params: { params },
    operands,
    workgroups: Math.ceil(count / 64),
    flops: 0,
  };
}
