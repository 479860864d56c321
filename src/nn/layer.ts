import { GraphError, ShapeError } from "../core/errors.ts";
import { type Initial, input, type Value } from "../core/graph.ts";
import { isCount, showOption } from "../core/options.ts";
import { atPath } from "../core/scope.ts";
import { type Shape, showShape, sizeOf, tensorType } from "../core/types.ts";
import type { RandomSource } from "../ops/dropout.ts";
import type { Constraint } from "./constraints.ts";
import type { Regularizer } from "./regularizers.ts";

/** What a layer learns or keeps. The model makes a `Variable` of it when it is compiled. */
export interface Weight {
  /** `"kernel"`; the model puts the layer's name before it. */
  readonly name: string;
  readonly shape: Shape;
  /** The values that it starts from. */
  readonly initial: Initial;
  /** `statistic`: kept, not learned, such as a running mean. */
  readonly kind: "parameter" | "statistic";
  /** A penalty on it that joins the loss. */
  readonly regularizer?: Regularizer;
  /** Holds after each update. */
  readonly constraint?: Constraint;
}

/** What a parameter may have beside its values; undefined where a layer's user gave none. */
export interface WeightRules {
  readonly regularizer?: Regularizer | undefined;
  readonly constraint?: Constraint | undefined;
}

/** What a layer may ask for while its nodes are being made. */
export interface CallContext {
  /** False in evaluation and prediction. */
  readonly training: boolean;
  /** The value of a weight of this layer. */
  weight(weight: Weight): Value;
  /** Replaces a statistic after the step. */
  update(weight: Weight, value: Value): void;
  /** Random numbers for this call of this layer: others in each step. In training alone. */
  random(): RandomSource;
}

/**
 * A tensor of a model that is being described: where it comes from, and its shape without the batch. `value` is the
 * same tensor in a trial graph with two examples, so that shapes are inferred, and errors thrown, as the model is
 * written down.
 */
export interface SymbolicTensor {
  /** Without the batch. */
  readonly shape: Shape;
  readonly value: Value;
  /** What makes it; null for an input. */
  readonly layer: Layer | null;
  /** What the layer was applied to. */
  readonly inputs: readonly SymbolicTensor[];
}

/** Batch of the trial graph; two, so that statistics over the batch have something to average. */
const trialBatch = 2;

/**
 * An input of a functional model; the shape is without the batch.
 * @throws ShapeError on a side below 1
 * @example
 * const image = input([28, 28, 1]);
 * const classifier = model({ inputs: image, outputs: dense({ units: 10 }).apply(flatten().apply(image)) });
 */
export function inputLayer(shape: Shape, name = "input"): SymbolicTensor {
  if (!Array.isArray(shape)) {
    throw new ShapeError({
      where: name,
      seen: `shape ${showOption(shape)}`,
      wanted: "sides of one example, as [28, 28, 1]",
    });
  }
  if (shape.length === 0 || shape.some((side) => !isCount(side))) {
    throw new ShapeError({
      where: name,
      seen: `shape ${showShape(shape)}`,
      wanted: "sides of 1 or more, without the batch",
    });
  }
  return { shape, value: input(name, tensorType([trialBatch, ...shape])), layer: null, inputs: [] };
}

/**
 * A part of a network: it makes weights for the shape it first sees, then nodes each time it is called.
 * @example
 * class Negative extends Layer {
 *   readonly kind = "negative";
 *   call([x]: readonly Value[]): Value {
 *     if (!x) throw new GraphError({ where: this.kind, seen: "no input", wanted: "one" });
 *     return neg(x);
 *   }
 * }
 * new Negative().apply(image).shape; // => [28, 28, 1]
 */
export abstract class Layer {
  /** What it is: `"conv2d"`. */
  abstract readonly kind: string;
  /** Given by the user, else numbered by the model. */
  readonly name: string | undefined;
  #trainable = true;
  #weights: Weight[] = [];
  #built: readonly Shape[] | null = null;

  constructor(options: { readonly name?: string | undefined } = {}) {
    this.name = options.name;
  }

  /** Whether its parameters learn. Takes effect when the model is compiled (again), which keeps its weights. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    this.#trainable = trainable;
  }

  /** Whether, in training, what it makes of one example depends on the others in the batch. */
  get mixesExamples(): boolean {
    return false;
  }

  get weights(): readonly Weight[] {
    return this.#weights;
  }

  /** Number of values in its weights. */
  get parameterCount(): number {
    return this.#weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Applies the layer to symbols of a functional model. Shapes are checked here. */
  apply(...inputs: readonly SymbolicTensor[]): SymbolicTensor {
    const label = this.name ?? this.kind;
    if (inputs.length === 0) throw new GraphError({ where: label, seen: "no input", wanted: "one or more" });
    const value = atPath(label, () => {
      this.build(inputs.map((symbol) => symbol.shape));
      return this.call(
        inputs.map((symbol) => symbol.value),
        trialContext,
      );
    });
    return { shape: value.type.shape.slice(1), value, layer: this, inputs };
  }

  /** Makes the weights for inputs of these shapes (without the batch), once. */
  build(shapes: readonly Shape[]): void {
    const known = this.#built;
    if (!known) {
      this.#built = shapes;
      this.makeWeights(shapes);
    } else if (this.#weights.length > 0 && known.join(";") !== shapes.join(";")) {
      throw new ShapeError({
        where: this.name ?? this.kind,
        seen: `input ${shapes.map(showShape).join(", ")}`,
        wanted: `${known.map(showShape).join(", ")}, for which its weights were made`,
        mend: "Use a second layer for the second shape.",
      });
    }
  }

  /** Adds the layer's nodes to the graph. */
  abstract call(inputs: readonly Value[], context: CallContext): Value;

  protected makeWeights(_shapes: readonly Shape[]): void {}

  protected addWeight(
    name: string,
    shape: Shape,
    initial: Initial,
    kind: Weight["kind"] = "parameter",
    { regularizer, constraint }: WeightRules = {},
  ): Weight {
    if ((regularizer && !regularizer.penalty) || (constraint && !constraint.apply)) {
      throw new GraphError({
        where: this.name ?? this.kind,
        seen: `a rule of ${name} that is none`,
        wanted: "what regularizers.l2(), constraints.maxNorm() and the like give",
      });
    }
    const rules = { ...(regularizer ? { regularizer } : {}), ...(constraint ? { constraint } : {}) };
    const weight = Object.freeze<Weight>({ name, shape, initial, kind, ...rules });
    this.#weights.push(weight);
    return weight;
  }
}

const trialContext: CallContext = {
  training: true,
  weight: ({ name, shape }) => input(name, tensorType(shape)),
  update: () => {},
  random: () => ({ step: input("step", tensorType([], "u32")), seed: 0, stream: "trial" }),
};
