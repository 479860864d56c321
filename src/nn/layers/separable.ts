import { GraphError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkWhole } from "../../core/options.ts";
import type { Shape } from "../../core/types.ts";
import { depthwiseConv2d as depthwiseOp, separableConv2d as separableOp } from "../../ops/separable.ts";
import { perAxis } from "../../ops/window.ts";
import { fansOf, type Initializer, type InitializerName, initializerOf } from "../initializers.ts";
import type { CallContext, Layer, Weight } from "../layer.ts";
import { channelsOf, KernelLayer, type KernelOptions, type PaddingOf, type PerAxis } from "./base.ts";

/** `kernelInitializer` is that of the depthwise kernel. */
export interface DepthwiseConv2dOptions extends KernelOptions {
  /** One number, or [height, width]. */
  readonly kernelSize: PerAxis<2>;
  /** Default 1. */
  /** Default 1. */
  readonly strides?: PerAxis<2>;
  /** Default "valid". */
  readonly padding?: PaddingOf<2>;
  /** Distance of the pixels under neighbouring taps of the kernel. Default 1. */
  /** Distance of the pixels under neighbouring taps of the kernel. Default 1. */
  readonly dilationRate?: PerAxis<2>;
  /** Filters for each channel. Default 1. */
  readonly depthMultiplier?: number;
}

const windowNames = ["kernelSize", "strides", "padding", "dilationRate", "depthMultiplier"];

class DepthwiseConv2d extends KernelLayer {
  protected readonly multiplier: number;
  readonly #options: DepthwiseConv2dOptions;
  readonly #kernelSize: readonly number[];

  constructor(kind: string, options: DepthwiseConv2dOptions, optionNames: readonly string[]) {
    super(kind, options, [...windowNames, ...optionNames]);
    const where = options.name ?? kind;
    this.#options = options;
    this.#kernelSize = perAxis(where, "kernelSize", options.kernelSize, 2);
    this.multiplier = checkWhole(where, "depthMultiplier", options.depthMultiplier ?? 1);
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    const channels = channelsOf(this.name ?? this.kind, shape, 2);
    this.addKernel(this.depthwiseShape(channels), channels * this.multiplier);
  }

  protected depthwiseShape(channels: number): Shape {
    return [...this.#kernelSize, channels, this.multiplier];
  }

  protected multiply(x: Value, kernel: Value, bias: Value | null, _context: CallContext): Value {
    return depthwiseOp(x, kernel, bias, this.window());
  }

  protected window() {
    const { strides = 1, padding = "valid", dilationRate: dilations = 1 } = this.#options;
    return { strides, padding, dilations };
  }
}

export interface SeparableConv2dOptions extends DepthwiseConv2dOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** Default "glorotUniform". */
  readonly pointwiseInitializer?: InitializerName | Initializer;
}

class SeparableConv2d extends DepthwiseConv2d {
  readonly #filters: number;
  readonly #initializer: Initializer;
  #pointwise: Weight | undefined;

  constructor(options: SeparableConv2dOptions) {
    super("separableConv2d", options, ["filters", "pointwiseInitializer"]);
    const where = options.name ?? "separableConv2d";
    this.#filters = checkWhole(where, "filters", options.filters);
    this.#initializer = initializerOf(where, options.pointwiseInitializer ?? "glorotUniform");
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    const channels = channelsOf(this.name ?? this.kind, shape, 2);
    const depthwise = this.depthwiseShape(channels);
    this.addKernel(depthwise, 0, fansOf(depthwise), "depthwiseKernel");
    const pointwise = [1, 1, channels * this.multiplier, this.#filters];
    this.#pointwise = this.addWeight("pointwiseKernel", pointwise, this.#initializer(fansOf(pointwise)));
    this.addBias(this.#filters, fansOf(pointwise));
  }

  protected override multiply(x: Value, kernel: Value, bias: Value | null, context: CallContext): Value {
    const pointwise = this.#pointwise;
    if (!pointwise) {
      throw new GraphError({ where: this.name ?? this.kind, seen: "a call before build", wanted: "build first" });
    }
    return separableOp(x, kernel, context.weight(pointwise), bias, this.window());
  }
}

/**
 * Each channel convolved by its own filters: [h, w, c] -> [oh, ow, c depthMultiplier].
 * @example
 * depthwiseConv2d({ kernelSize: 3, padding: "same" }).apply(input([28, 28, 16])).shape; // => [28, 28, 16]
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer {
  return new DepthwiseConv2d("depthwiseConv2d", options, []);
}

/**
 * Depthwise, then 1x1 convolution: [h, w, c] -> [oh, ow, filters].
 * @example
 * separableConv2d({ filters: 32, kernelSize: 3 }).apply(input([28, 28, 16])).shape; // => [26, 26, 32]
 */
export function separableConv2d(options: SeparableConv2dOptions): Layer {
  return new SeparableConv2d(options);
}
