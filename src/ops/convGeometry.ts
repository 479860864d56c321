import type { Shape } from "../core/types.ts";
import type { Window } from "./window.ts";

/** A resolved 2-D convolution. The kernel is [KH, KW, C / groups, F]. */
export interface ConvAttrs extends Window {
  readonly groups: number;
}

/** Everything that the kernels' parameters are made of. */
export interface ConvSizes extends ConvAttrs {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oh: number;
  readonly ow: number;
  readonly f: number;
  readonly taps: number;
  /** Channels and filters of one group. */
  readonly groupC: number;
  readonly groupF: number;
}

export function sizesOf(x: Shape, kernel: Shape, y: Shape, attrs: ConvAttrs): ConvSizes {
  const [n = 0, h = 0, w = 0, c = 0] = x;
  const [, oh = 0, ow = 0, f = 0] = y;
  const taps = (kernel[0] ?? 1) * (kernel[1] ?? 1);
  return { ...attrs, n, h, w, c, oh, ow, f, taps, groupC: c / attrs.groups, groupF: f / attrs.groups };
}

/** The fields that all patch shaders share. */
export function windowParams({ kernel, strides, dilations, pads }: ConvSizes) {
  return {
    kernelWidth: kernel[1] ?? 1,
    strideY: strides[0] ?? 1,
    strideX: strides[1] ?? 1,
    dilationY: dilations[0] ?? 1,
    dilationX: dilations[1] ?? 1,
    padTop: pads[0]?.[0] ?? 0,
    padLeft: pads[1]?.[0] ?? 0,
  };
}
