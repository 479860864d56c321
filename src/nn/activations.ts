import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import {
  elu,
  gelu,
  leakyRelu,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
} from "../ops/activations.ts";
import { softmax } from "../ops/softmax.ts";

/** Activations that a layer takes by name. Others are functions: `activation: (x) => leakyRelu(x, { .. })`. */
export const activations = {
  linear: (x: Value) => x,
  relu,
  relu6,
  leakyRelu: (x: Value) => leakyRelu(x),
  elu: (x: Value) => elu(x),
  selu,
  gelu: (x: Value) => gelu(x),
  sigmoid,
  tanh,
  silu,
  swish: silu,
  softplus: (x: Value) => softplus(x),
  softsign,
  mish,
  softmax: (x: Value) => softmax(x),
} as const;

export type ActivationName = keyof typeof activations;
export type Activation = (x: Value) => Value;

export function activationOf(where: string, choice: ActivationName | Activation): Activation {
  if (typeof choice === "function") return choice;
  const found = activations[choice];
  if (!found) {
    throw new GraphError({
      where,
      seen: `activation "${choice}"`,
      wanted: `one of ${Object.keys(activations).join(", ")}, or a function`,
    });
  }
  return found;
}
