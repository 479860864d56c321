import { GraphError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkNames, checkWhole } from "../../core/options.ts";
import type { Shape } from "../../core/types.ts";
import { prelu as preluOp, swish as swishOp } from "../../ops/activations.ts";
import { dense as denseOp } from "../../ops/matmul.ts";
import { type Activation, type ActivationName, activationOf } from "../activations.ts";
import { type Initializer, type InitializerName, initializerOf } from "../initializers.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { KernelLayer, type KernelOptions, type LayerOptions, oneInput } from "./base.ts";

export interface DenseOptions extends KernelOptions {
  /** Number of outputs. */
  readonly units: number;
}

class Dense extends KernelLayer {
  readonly #units: number;

  constructor(options: DenseOptions) {
    super("dense", options, ["units"]);
    this.#units = checkWhole(options.name ?? "dense", "units", options.units);
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    this.addKernel([shape?.at(-1) ?? 0, this.#units], this.#units);
  }

  protected multiply(x: Value, kernel: Value, bias: Value | null): Value {
    return denseOp(x, kernel, bias);
  }
}

/**
 * Fully connected, x kernel + bias: [.., k] -> [.., units]; kernel [k, units], bias [units].
 * @example
 * dense({ units: 10 }).apply(input([64])).shape; // => [10]
 * dense({ units: 84, activation: "tanh" }).apply(flatten().apply(image)).shape; // => [84]
 */
export function dense(options: DenseOptions): Layer {
  return new Dense(options);
}

export interface ActivationOptions extends LayerOptions {
  /** By name, or a function. */
  readonly activation: ActivationName | Activation;
}

/**
 * An activation as a layer of its own: by name, or any function from value to value. Elementwise, but for `"softmax"`,
 * which runs over the last axis.
 * @example
 * activation({ activation: "relu" }).apply(image).shape; // => [28, 28, 1]
 */
export function activation(options: ActivationOptions): Layer {
  const body = activationOf(options.name ?? "activation", options.activation);
  return oneInput("activation", options, ["activation"], (x) => body(x));
}

export interface LearnedActivationOptions extends LayerOptions {
  /** Of the learned number of each channel. */
  readonly initializer?: InitializerName | Initializer;
}

/** An activation with one learned number for each channel, the last axis. */
class LearnedActivation extends Layer {
  readonly kind: string;
  readonly #initializer: Initializer;
  readonly #body: (x: Value, learned: Value) => Value;
  #learned: Weight | undefined;

  constructor(
    kind: string,
    options: LearnedActivationOptions,
    otherwise: Initializer,
    body: (x: Value, learned: Value) => Value,
  ) {
    super(options);
    this.kind = kind;
    const where = options.name ?? kind;
    checkNames(where, options, ["name", "initializer"]);
    this.#initializer = initializerOf(where, options.initializer ?? otherwise);
    this.#body = body;
  }

  protected override makeWeights([shape]: readonly Shape[]): void {
    const channels = shape?.at(-1) ?? 1;
    this.#learned = this.addWeight("alpha", [channels], this.#initializer({ fanIn: channels, fanOut: channels }));
  }

  call([x, ...more]: readonly Value[], context: CallContext): Value {
    const weight = this.#learned;
    if (!x || !weight || more.length > 0) {
      throw new GraphError({ where: this.name ?? this.kind, seen: `${more.length + 1} inputs`, wanted: "one" });
    }
    return this.#body(x, context.weight(weight));
  }
}

/**
 * x where x > 0, else alpha x, with a learned alpha for each channel, at first 0.25 (He et al. 2015).
 * @example
 * prelu().apply(image).shape; // => [28, 28, 1]
 */
export function prelu(options: LearnedActivationOptions = {}): Layer {
  return new LearnedActivation("prelu", options, () => ({ kind: "constant", value: 0.25 }), preluOp);
}

/**
 * x sigmoid(alpha x), with a learned alpha for each channel, at first 1 (Ramachandran et al. 2017).
 * @example
 * swish().apply(image).shape; // => [28, 28, 1]
 */
export function swish(options: LearnedActivationOptions = {}): Layer {
  return new LearnedActivation("swish", options, () => ({ kind: "constant", value: 1 }), swishOp);
}
