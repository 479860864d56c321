import { ShapeError } from "../core/errors.ts";
import { isCount } from "../core/options.ts";
import { type Shape, sameShape, showShape, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { outputSides, type Padding, perAxis, resolvePads, type Window } from "./window.ts";

export interface ConvOptions {
  /** One number, or one for each axis. Default 1. */
  readonly strides?: number | readonly number[];
  /** Default "valid". */
  readonly padding?: Padding;
  /** One number, or one for each axis. Default 1. */
  readonly dilations?: number | readonly number[];
  /** The channels fall into so many groups, each with filters of its own. Default 1. */
  readonly groups?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  /**
   * Rows and columns added at the end, below the stride: several inputs of a strided convolution have one output. Not
   * with padding "same", which says how large the output is.
   */
  readonly outputPadding?: number | readonly number[];
}

/** Names of the axes that a convolution slides over. */
export type Axes = readonly string[];

/** A resolved convolution. The kernel is [K.., C / groups, F], with a K for each axis. */
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

/** The options of a convolution over so many axes, resolved for x and a kernel. */
export function convAttrs(where: string, axes: number, x: Shape, kernel: Shape, options: ConvOptions): ConvAttrs {
  const window = {
    kernel: kernel.slice(0, axes),
    strides: perAxis(where, "strides", options.strides ?? 1, axes),
    dilations: perAxis(where, "dilations", options.dilations ?? 1, axes),
  };
  const pads = resolvePads(where, options.padding ?? "valid", x.slice(1, axes + 1), window);
  return { ...window, pads, groups: options.groups ?? 1 };
}

/** @throws ShapeError unless x is [N, ..axes, C] and the kernel has a side for each axis, and two others */
export function checkRanks(where: string, axes: Axes, x: Shape, kernel: Shape, others = "C / groups, F"): void {
  const rank = axes.length + 2;
  if (x.length === rank && kernel.length === rank) return;
  throw new ShapeError({
    where,
    seen: `x ${showShape(x)} and kernel ${showShape(kernel)}`,
    wanted: `x [N, ${axes.join(", ")}, C] and a kernel [${axes.map((axis) => `K${axis}`).join(", ")}, ${others}]`,
  });
}

/**
 * The type of a convolution [N, .., F] of x by a kernel, with a bias or without.
 * @throws ShapeError where they do not fit; DTypeError on what is no f32
 */
export function inferConv(
  where: string,
  axes: Axes,
  [x, kernel, bias]: readonly TensorType[],
  attrs: ConvAttrs,
): TensorType[] {
  checkConv(where, axes, x, kernel, attrs);
  const f = kernel?.shape.at(-1) ?? 0;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== f)) {
    throw new ShapeError({ where, seen: `bias ${showShape(bias.shape)}`, wanted: `[${f}], one for each filter` });
  }
  const sides = outputSides(where, x?.shape.slice(1, -1) ?? [], attrs);
  return [tensorType([x?.shape[0] ?? 0, ...sides, f])];
}

/** The type of x, from the gradient dY of its convolution. @throws as `inferConv`; ShapeError on another dY */
export function inferInputGradient(
  where: string,
  axes: Axes,
  [dY, kernel]: readonly TensorType[],
  attrs: ConvAttrs & { readonly shape: Shape },
): TensorType[] {
  const x: TensorType = { shape: attrs.shape, dtype: "f32" };
  const [wanted] = inferConv(where, axes, kernel ? [x, kernel] : [x], attrs);
  if (!dY || !wanted || !sameShape(dY.shape, wanted.shape)) {
    throw new ShapeError({ where, seen: `dY ${showShape(dY?.shape ?? [])}`, wanted: showShape(wanted?.shape ?? []) });
  }
  return [tensorType(attrs.shape)];
}

/** @throws ShapeError where ranks, groups or channels do not fit; DTypeError on what is no f32 */
function checkConv(
  where: string,
  axes: Axes,
  x: TensorType | undefined,
  kernel: TensorType | undefined,
  { groups }: ConvAttrs,
): void {
  checkRanks(where, axes, x?.shape ?? [], kernel?.shape ?? []);
  if (!x || !kernel) return;
  wantDType(where, "x", x, "f32");
  wantDType(where, "kernel", kernel, "f32");
  const c = x.shape.at(-1) ?? 0;
  const [kernelC = 0, f = 0] = kernel.shape.slice(-2);
  if (!isCount(groups) || c % groups !== 0 || f % groups !== 0) {
    throw new ShapeError({
      where,
      seen: `${groups} groups for ${c} channels and ${f} filters`,
      wanted: "a number of groups that divides both",
      mend: `Take channels and filters that are multiples of ${groups}, or fewer groups.`,
    });
  }
  if (kernelC * groups !== c) {
    throw new ShapeError({
      where,
      seen: `x ${showShape(x.shape)} with ${c} channels and kernel ${showShape(kernel.shape)} for ${kernelC * groups}`,
      wanted: "as many channels in the kernel as in x",
      mend: "Channels are the last axis of x here.",
    });
  }
}
