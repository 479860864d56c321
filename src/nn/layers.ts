import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { type Shape, showShape } from "../core/types.ts";
import { conv2d as conv2dOp } from "../ops/conv.ts";
import { dense as denseOp } from "../ops/matmul.ts";
import { avgPool2d, globalAveragePool2d, maxPool2d } from "../ops/pool.ts";
import { flatten as flattenOp, pad, reshape as reshapeOp } from "../ops/shape.ts";
import { type Padding, perAxis } from "../ops/window.ts";
import { type Activation, type ActivationName, activationOf } from "./activations.ts";
import { fansOf, type Initializer, type InitializerName, initializerOf } from "./initializers.ts";
import { type CallContext, Layer, type Weight } from "./layer.ts";

interface LayerOptions {
  readonly name?: string;
}

interface KernelOptions extends LayerOptions {
  /** Applied to the result; fused into the kernel that computes it. Default "linear". */
  readonly activation?: ActivationName | Activation;
  readonly useBias?: boolean;
  /** Default "glorotUniform". */
  readonly kernelInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  readonly biasInitializer?: InitializerName | Initializer;
}

/** What dense and convolution share: a kernel, a bias, an activation. */
abstract class KernelLayer extends Layer {
  protected readonly activation: Activation;
  protected kernel: Weight | undefined;
  protected bias: Weight | undefined;
  readonly #options: KernelOptions;

  constructor(kind: string, options: KernelOptions) {
    super(options);
    this.#options = options;
    this.activation = activationOf(options.name ?? kind, options.activation ?? "linear");
  }

  protected addKernel(shape: Shape, outputs: number): void {
    const { kernelInitializer = "glorotUniform", biasInitializer = "zeros", useBias = true } = this.#options;
    const where = this.name ?? this.kind;
    const fans = fansOf(shape);
    this.kernel = this.addWeight("kernel", shape, initializerOf(where, kernelInitializer)(fans));
    if (useBias) this.bias = this.addWeight("bias", [outputs], initializerOf(where, biasInitializer)(fans));
  }

  call([x]: readonly Value[], context: CallContext): Value {
    const { kernel, bias } = this;
    if (!x || !kernel)
      throw new GraphError({ where: this.name ?? this.kind, seen: "a call before build", wanted: "build first" });
    return this.activation(this.multiply(x, context.weight(kernel), bias ? context.weight(bias) : null));
  }

  protected abstract multiply(x: Value, kernel: Value, bias: Value | null): Value;
}

export interface DenseOptions extends KernelOptions {
  /** Number of outputs. */
  readonly units: number;
}

class Dense extends KernelLayer {
  readonly kind = "dense";
  readonly #units: number;

  constructor(options: DenseOptions) {
    super("dense", options);
    this.#units = wholeNumber(options.name ?? "dense", "units", options.units);
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    this.addKernel([shape?.at(-1) ?? 0, this.#units], this.#units);
  }

  protected multiply(x: Value, kernel: Value, bias: Value | null): Value {
    return denseOp(x, kernel, bias);
  }
}

export interface Conv2dOptions extends KernelOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** One number, or [height, width]. */
  readonly kernelSize: number | readonly number[];
  readonly strides?: number | readonly number[];
  /** Default "valid". */
  readonly padding?: Padding;
  readonly dilationRate?: number | readonly number[];
  readonly groups?: number;
}

class Conv2d extends KernelLayer {
  readonly kind = "conv2d";
  readonly #options: Conv2dOptions;
  readonly #kernelSize: readonly number[];

  constructor(options: Conv2dOptions) {
    super("conv2d", options);
    const where = options.name ?? "conv2d";
    wholeNumber(where, "filters", options.filters);
    this.#options = options;
    this.#kernelSize = perAxis(where, "kernelSize", options.kernelSize, 2);
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    const { filters, groups = 1 } = this.#options;
    if (shape?.length !== 3) {
      throw new ShapeError({
        where: this.name ?? this.kind,
        seen: `input ${showShape(shape ?? [])}`,
        wanted: "[height, width, channels]",
        mend: "Reshape to add the channel axis: a grey image is [h, w, 1].",
      });
    }
    this.addKernel([...this.#kernelSize, Math.floor((shape[2] ?? 0) / groups), filters], filters);
  }

  protected multiply(x: Value, kernel: Value, bias: Value | null): Value {
    const { strides = 1, padding = "valid", dilationRate = 1, groups = 1 } = this.#options;
    return conv2dOp(x, kernel, bias, { strides, padding, dilations: dilationRate, groups });
  }
}

/** A layer without weights: a name and a function. */
class Lambda extends Layer {
  readonly kind: string;
  readonly #body: (inputs: readonly Value[], context: CallContext) => Value;

  constructor(kind: string, options: LayerOptions, body: (inputs: readonly Value[], context: CallContext) => Value) {
    super(options);
    this.kind = kind;
    this.#body = body;
  }

  call(inputs: readonly Value[], context: CallContext): Value {
    return this.#body(inputs, context);
  }
}

function oneInput(kind: string, options: LayerOptions, body: (x: Value) => Value): Layer {
  return new Lambda(kind, options, ([x, ...more]) => {
    if (!x || more.length > 0)
      throw new GraphError({ where: options.name ?? kind, seen: `${more.length + 1} inputs`, wanted: "one" });
    return body(x);
  });
}

/** Fully connected: [.., k] -> [.., units]. */
export function dense(options: DenseOptions): Layer {
  return new Dense(options);
}

/** 2-D convolution: [h, w, c] -> [oh, ow, filters]. */
export function conv2d(options: Conv2dOptions): Layer {
  return new Conv2d(options);
}

export interface PoolOptions extends LayerOptions {
  /** One number, or [height, width]. */
  readonly poolSize: number | readonly number[];
  /** Default: the pool size. */
  readonly strides?: number | readonly number[];
  /** Default "valid". */
  readonly padding?: Padding;
}

export function maxPooling2d(options: PoolOptions): Layer {
  return oneInput("maxPooling2d", options, (x) => maxPool2d(x, poolWindow(options)));
}

export function averagePooling2d(options: PoolOptions): Layer {
  // As in Keras, padded pixels do not count in the mean.
  return oneInput("averagePooling2d", options, (x) => avgPool2d(x, { ...poolWindow(options), countIncludePad: false }));
}

function poolWindow({ poolSize, strides = poolSize, padding = "valid" }: PoolOptions) {
  return { kernelSize: poolSize, strides, padding };
}

/** [h, w, c] -> [c]. */
export function globalAveragePooling2d(options: LayerOptions = {}): Layer {
  return oneInput("globalAveragePooling2d", options, (x) => globalAveragePool2d(x));
}

/** All axes but the batch become one. */
export function flatten(options: LayerOptions = {}): Layer {
  return oneInput("flatten", options, flattenOp);
}

export interface ReshapeOptions extends LayerOptions {
  /** Without the batch. */
  readonly targetShape: Shape;
}

export function reshape(options: ReshapeOptions): Layer {
  return oneInput("reshape", options, (x) => reshapeOp(x, [x.type.shape[0] ?? 1, ...options.targetShape]));
}

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationName | Activation;
}

export function activation(options: ActivationOptions): Layer {
  const body = activationOf(options.name ?? "activation", options.activation);
  return oneInput("activation", options, body);
}

export interface ZeroPaddingOptions extends LayerOptions {
  /** One number, or [top, bottom, left, right]. */
  readonly padding: number | readonly [number, number, number, number];
}

export function zeroPadding2d(options: ZeroPaddingOptions): Layer {
  const { padding: p } = options;
  const [top, bottom, left, right] = typeof p === "number" ? [p, p, p, p] : p;
  return oneInput("zeroPadding2d", options, (x) =>
    pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]),
  );
}

function wholeNumber(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new GraphError({ where, seen: `${name}: ${value}`, wanted: "a whole number of at least 1" });
  }
  return value;
}
