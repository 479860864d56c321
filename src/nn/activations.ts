import type { Value } from "../core/graph.ts";
import { byName } from "../core/options.ts";
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

/** Any function from value to value, of the same shape. */
export type Activation = (x: Value) => Value;

/** Activations that a layer takes by name. Others are functions: `activation: (x) => leakyRelu(x, { .. })`. */
export type ActivationName =
  | "linear"
  | "relu"
  | "relu6"
  | "leakyRelu"
  | "elu"
  | "selu"
  | "gelu"
  | "sigmoid"
  | "tanh"
  | "silu"
  | "swish"
  | "softplus"
  | "softsign"
  | "mish"
  | "softmax";

export const activations: Readonly<Record<ActivationName, Activation>> = {
  linear: (x) => x,
  relu,
  relu6,
  leakyRelu: (x) => leakyRelu(x),
  elu: (x) => elu(x),
  selu,
  gelu: (x) => gelu(x),
  sigmoid,
  tanh,
  silu,
  swish: silu,
  softplus: (x) => softplus(x),
  softsign,
  mish,
  softmax: (x) => softmax(x),
};

export function activationOf(where: string, choice: ActivationName | Activation): Activation {
  return byName(where, "activation", activations, choice);
}
