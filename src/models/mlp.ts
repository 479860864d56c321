import { checkNames } from "../core/options.ts";
import type { Shape } from "../core/types.ts";
import type { ActivationName } from "../nn/activations.ts";
import { dense, dropout, flatten } from "../nn/layers.ts";
import { type Model, sequential } from "../nn/model.ts";

export interface MlpOptions {
  /** Number of inputs, or the shape of an example, which is flattened: [28, 28, 1]. */
  readonly inputs: number | Shape;
  /** Of each layer; those of the last are the outputs, to which no activation is applied. */
  readonly units: readonly number[];
  /** Between the layers. Default "relu". */
  readonly activation?: ActivationName;
  /** Rate of dropout after each layer but the last. Default 0: none. */
  readonly dropout?: number;
}

/**
 * Multi-layer perceptron. `mlp({ inputs: 784, units: [16, 16, 10] })` is the network of 002: 13,002 parameters.
 *
 *     layer             output   parameters
 *     input             784
 *     fc1   16, relu    16           12,560
 *     fc2   16, relu    16              272
 *     fc3   10 logits   10              170
 *
 * Those of 004 are `{ inputs: [28, 28, 1], units: [10] }` and `{ .., units: [128, 10], dropout: 0.2 }`.
 * @example
 * mlp({ inputs: [28, 28, 1], units: [128, 10], dropout: 0.2 }).parameterCount; // => 101770
 */
export function mlp(options: MlpOptions): Model {
  checkNames("mlp", options, ["inputs", "units", "activation", "dropout"]);
  const { inputs, units, activation = "relu", dropout: rate = 0 } = options;
  const hidden = units
    .slice(0, -1)
    .flatMap((count, i) => [
      dense({ name: `fc${i + 1}`, units: count, activation, kernelInitializer: "heNormal" }),
      ...(rate > 0 ? [dropout({ name: `dropout${i + 1}`, rate })] : []),
    ]);
  return sequential({
    name: "mlp",
    inputShape: typeof inputs === "number" ? [inputs] : inputs,
    layers: [
      ...(typeof inputs === "number" ? [] : [flatten({ name: "flatten" })]),
      ...hidden,
      dense({ name: `fc${units.length}`, units: units.at(-1) ?? 0 }),
    ],
  });
}
