import { GraphError, ShapeError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkNames } from "../../core/options.ts";
import { type Shape, showShape } from "../../core/types.ts";
import type { Padding, Sides } from "../../ops/window.ts";
import { type Activation, type ActivationName, activationOf } from "../activations.ts";
import type { Constraint } from "../constraints.ts";
import { fansOf, type Initializer, type InitializerName, initializerOf } from "../initializers.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";

export interface LayerOptions {
  /** By which summaries, errors and weight files know it. Default: its kind, numbered in the model. */
  readonly name?: string;
}

export interface KernelOptions extends LayerOptions {
  /** Applied to the result; fused into the kernel that computes it. Default "linear". */
  readonly activation?: ActivationName | Activation;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default "glorotUniform". */
  readonly kernelInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  readonly biasInitializer?: InitializerName | Initializer;
  /** Penalties that join the loss. */
  readonly kernelRegularizer?: Regularizer;
  /** As `kernelRegularizer`, of the bias. */
  readonly biasRegularizer?: Regularizer;
  /** Hold after each update. */
  readonly kernelConstraint?: Constraint;
  /** As `kernelConstraint`, of the bias. */
  readonly biasConstraint?: Constraint;
}

/** Spatial axes of a layer's input. */
export type Rank = 1 | 2 | 3;
/** One T for each axis: of two axes [height, width], of three [depth, height, width]. */
export type ForEach<N extends Rank, T = number> = N extends 1
  ? readonly [T]
  : N extends 2
    ? readonly [T, T]
    : readonly [T, T, T];
/** A whole number for all axes, or one for each. */
export type PerAxis<N extends Rank> = number | ForEach<N>;
/** `Padding` over so many axes. */
export type PaddingOf<N extends Rank> = Extract<Padding, string | number> | ForEach<N, number | Sides>;

export const kernelOptionNames = [
  "name",
  "activation",
  "useBias",
  "kernelInitializer",
  "biasInitializer",
  "kernelRegularizer",
  "biasRegularizer",
  "kernelConstraint",
  "biasConstraint",
];

/** What dense and convolution share: a kernel, a bias, an activation. */
export abstract class KernelLayer extends Layer {
  readonly kind: string;
  protected readonly activation: Activation;
  protected kernel: Weight | undefined;
  protected bias: Weight | undefined;
  readonly #options: KernelOptions;

  constructor(kind: string, options: KernelOptions, optionNames: readonly string[]) {
    super(options);
    this.kind = kind;
    this.#options = options;
    checkNames(this.name ?? kind, options, [...kernelOptionNames, ...optionNames]);
    this.activation = activationOf(this.name ?? kind, options.activation ?? "linear");
  }

  protected addKernel(shape: Shape, outputs: number, fans = fansOf(shape), name = "kernel"): Weight {
    const { kernelInitializer = "glorotUniform", kernelRegularizer, kernelConstraint } = this.#options;
    const initial = initializerOf(this.name ?? this.kind, kernelInitializer)(fans);
    const rules = { regularizer: kernelRegularizer, constraint: kernelConstraint };
    const kernel = this.addWeight(name, shape, initial, "parameter", rules);
    this.kernel ??= kernel;
    if (outputs > 0) this.addBias(outputs, fans);
    return kernel;
  }

  protected addBias(outputs: number, fans: { readonly fanIn: number; readonly fanOut: number }): void {
    const { biasInitializer = "zeros", useBias = true, biasRegularizer, biasConstraint } = this.#options;
    if (!useBias) return;
    const initial = initializerOf(this.name ?? this.kind, biasInitializer)(fans);
    const rules = { regularizer: biasRegularizer, constraint: biasConstraint };
    this.bias = this.addWeight("bias", [outputs], initial, "parameter", rules);
  }

  call([x, ...more]: readonly Value[], context: CallContext): Value {
    const { kernel, bias } = this;
    const where = this.name ?? this.kind;
    if (!kernel) throw new GraphError({ where, seen: "a call before build", wanted: "build first" });
    if (!x || more.length > 0) throw new GraphError({ where, seen: `${more.length + 1} inputs`, wanted: "one" });
    return this.activation(this.multiply(x, context.weight(kernel), bias ? context.weight(bias) : null, context));
  }

  protected abstract multiply(x: Value, kernel: Value, bias: Value | null, context: CallContext): Value;
}

/** A layer without weights: a name and a function. */
export class Lambda extends Layer {
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

/** A layer of one input without weights. `names` are its options beside the name; any other is an error. */
export function oneInput(
  kind: string,
  options: LayerOptions,
  names: readonly string[],
  body: (x: Value, context: CallContext) => Value,
): Layer {
  const where = options?.name ?? kind;
  checkNames(where, options, ["name", ...names]);
  return new Lambda(kind, options, ([x, ...more], context) => {
    if (!x || more.length > 0) throw new GraphError({ where, seen: `${more.length + 1} inputs`, wanted: "one" });
    return body(x, context);
  });
}

/** The same for an input [.., channels] of so many spatial axes; any other rank is an error. */
export function spatialInput(
  kind: string,
  options: LayerOptions,
  names: readonly string[],
  axes: number,
  body: (x: Value, context: CallContext) => Value,
): Layer {
  const where = options?.name ?? kind;
  return oneInput(kind, options, names, (x, context) => {
    channelsOf(where, x.type.shape.slice(1), axes);
    return body(x, context);
  });
}

const sideNames = ["", "length", "height, width", "depth, height, width"];

/** The channels of an input of so many spatial axes, shape without the batch. */
export function channelsOf(where: string, shape: Shape | undefined, axes: number): number {
  if (shape?.length !== axes + 1) {
    throw new ShapeError({
      where,
      seen: `input ${showShape(shape ?? [])}`,
      wanted: `[${sideNames[axes]}, channels]`,
      mend: axes === 2 ? "Reshape to add the channel axis: a grey image is [h, w, 1]." : "Channels are the last axis.",
    });
  }
  return shape[axes] ?? 0;
}
