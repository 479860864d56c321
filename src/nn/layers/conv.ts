import { ShapeError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkWhole } from "../../core/options.ts";
import { type Shape, sizeOf } from "../../core/types.ts";
import { conv2d as conv2dOp, conv2dTranspose as conv2dTransposeOp } from "../../ops/conv.ts";
import { conv1d as conv1dOp, conv1dTranspose as conv1dTransposeOp } from "../../ops/conv1d.ts";
import { conv3d as conv3dOp } from "../../ops/conv3d.ts";
import { conv3dTranspose as conv3dTransposeOp } from "../../ops/conv3dTranspose.ts";
import type { ConvTransposeOptions } from "../../ops/convGeometry.ts";
import { perAxis } from "../../ops/window.ts";
import type { Layer } from "../layer.ts";
import { channelsOf, KernelLayer, type KernelOptions, type PaddingOf, type PerAxis, type Rank } from "./base.ts";

/** Of a convolution over N spatial axes. */
export interface ConvOptions<N extends Rank = Rank> extends KernelOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** One number, or one for each axis. */
  readonly kernelSize: PerAxis<N>;
  /** Default 1. */
  readonly strides?: PerAxis<N>;
  /** Default "valid". */
  readonly padding?: PaddingOf<N>;
  /** Distance of the pixels under neighbouring taps of the kernel. Default 1. */
  readonly dilationRate?: PerAxis<N>;
  /** The channels fall into so many groups, each with filters of its own. Default 1. */
  readonly groups?: number;
}

export interface ConvTransposeLayerOptions<N extends Rank = Rank> extends ConvOptions<N> {
  /** Added at the end of each axis, below the stride; not with padding "same". Default 0. */
  readonly outputPadding?: PerAxis<N>;
}

const windowNames = ["filters", "kernelSize", "strides", "padding", "dilationRate", "groups"];

type ConvOp = (x: Value, kernel: Value, bias: Value | null, options: ConvTransposeOptions) => Value;

/** Convolution over one to three axes, or its transpose. */
class Conv extends KernelLayer {
  readonly #options: ConvTransposeLayerOptions;
  readonly #op: ConvOp;
  readonly #axes: number;
  readonly #transposed: boolean;
  readonly #kernelSize: readonly number[];

  constructor(kind: string, options: ConvTransposeLayerOptions, axes: number, op: ConvOp, transposed: boolean) {
    super(kind, options, transposed ? [...windowNames, "outputPadding"] : windowNames);
    const where = options.name ?? kind;
    checkWhole(where, "filters", options.filters);
    checkWhole(where, "groups", options.groups ?? 1);
    this.#options = options;
    this.#op = op;
    this.#axes = axes;
    this.#transposed = transposed;
    this.#kernelSize = perAxis(where, "kernelSize", options.kernelSize, axes);
  }

  /** Kernels are [.., in, out]; of a transposed convolution, which is the gradient of one, [.., out, in]. */
  protected override makeWeights([shape]: readonly Shape[]): void {
    const { filters, groups = 1 } = this.#options;
    const where = this.name ?? this.kind;
    const channels = channelsOf(where, shape, this.#axes);
    if (channels % groups !== 0 || filters % groups !== 0) {
      const seen = `${groups} groups for ${channels} channels and ${filters} filters`;
      const mend = `Take channels and filters that are multiples of ${groups}, or fewer groups.`;
      throw new ShapeError({ where, seen, wanted: "a number of groups that divides both", mend });
    }
    const taps = sizeOf(this.#kernelSize);
    if (this.#transposed) {
      const fans = { fanIn: (taps * channels) / groups, fanOut: (taps * filters) / groups };
      this.addKernel([...this.#kernelSize, filters / groups, channels], filters, fans);
    } else this.addKernel([...this.#kernelSize, channels / groups, filters], filters);
  }

  protected multiply(x: Value, kernel: Value, bias: Value | null): Value {
    const { strides = 1, padding = "valid", dilationRate: dilations = 1, groups = 1, outputPadding } = this.#options;
    const extra = outputPadding === undefined ? {} : { outputPadding };
    return this.#op(x, kernel, bias, { strides, padding, dilations, groups, ...extra });
  }
}

/**
 * 1-D convolution: [l, c] -> [ol, filters]; kernel [k, c / groups, filters], bias [filters].
 * @example
 * conv1d({ filters: 8, kernelSize: 5 }).apply(input([100, 4])).shape; // => [96, 8]
 */
export function conv1d(options: ConvOptions<1>): Layer {
  return new Conv("conv1d", options, 1, conv1dOp, false);
}

/**
 * 2-D convolution: [h, w, c] -> [oh, ow, filters]; kernel [kh, kw, c / groups, filters], bias [filters]. Padding
 * "valid": oh = floor((h - kh) / stride) + 1; "same": oh = ceil(h / stride).
 * @throws ShapeError, from `apply`, on an input of another rank, or one smaller than the kernel; GraphError on an
 * option that it does not have
 * @example
 * conv2d({ filters: 8, kernelSize: 3 }).apply(image).shape; // => [26, 26, 8]
 * conv2d({ filters: 8, kernelSize: 5, strides: 2, padding: "same" }).apply(image).shape; // => [14, 14, 8]
 */
export function conv2d(options: ConvOptions<2>): Layer {
  return new Conv("conv2d", options, 2, conv2dOp, false);
}

/**
 * 3-D convolution: [d, h, w, c] -> [od, oh, ow, filters]; kernel [kd, kh, kw, c / groups, filters], bias [filters].
 * @example
 * conv3d({ filters: 8, kernelSize: 3 }).apply(input([8, 16, 16, 1])).shape; // => [6, 14, 14, 8]
 */
export function conv3d(options: ConvOptions<3>): Layer {
  return new Conv("conv3d", options, 3, conv3dOp, false);
}

/**
 * 1-D transposed convolution: [l, c] -> [ol, filters]; with padding "same", ol = l stride.
 * @example
 * conv1dTranspose({ filters: 8, kernelSize: 2, strides: 2 }).apply(input([50, 4])).shape; // => [100, 8]
 */
export function conv1dTranspose(options: ConvTransposeLayerOptions<1>): Layer {
  return new Conv("conv1dTranspose", options, 1, conv1dTransposeOp, true);
}

/**
 * 2-D transposed convolution: [h, w, c] -> [oh, ow, filters]; with padding "same", oh = h stride.
 * @example
 * conv2dTranspose({ filters: 8, kernelSize: 2, strides: 2 }).apply(image).shape; // => [56, 56, 8]
 */
export function conv2dTranspose(options: ConvTransposeLayerOptions<2>): Layer {
  return new Conv("conv2dTranspose", options, 2, conv2dTransposeOp, true);
}

/**
 * 3-D transposed convolution: [d, h, w, c] -> [od, oh, ow, filters]; with padding "same", od = d stride.
 * @example
 * conv3dTranspose({ filters: 8, kernelSize: 2, strides: 2 }).apply(input([4, 8, 8, 2])).shape; // => [8, 16, 16, 8]
 */
export function conv3dTranspose(options: ConvTransposeLayerOptions<3>): Layer {
  return new Conv("conv3dTranspose", options, 3, conv3dTransposeOp, true);
}
