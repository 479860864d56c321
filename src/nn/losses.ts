import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { softmaxCrossEntropy } from "../ops/crossEntropy.ts";
import { mseLoss } from "../ops/losses.ts";

/** What a model minimises: a scalar from its output and the labels. */
export interface Loss {
  readonly name: string;
  /** `classes`: one class index a row, so that accuracy makes sense. `values`: numbers. */
  readonly labels: "classes" | "values";
  call(output: Value, labels: Value): Value;
}

/** Mean of -log softmax(logits)[class]; the model's output is logits, without a softmax. */
export const sparseCategoricalCrossentropy: Loss = {
  name: "sparseCategoricalCrossentropy",
  labels: "classes",
  call: (output, labels) => softmaxCrossEntropy(output, labels),
};

/** Mean of (output - label)^2. */
export const meanSquaredError: Loss = {
  name: "meanSquaredError",
  labels: "values",
  call: (output, labels) => mseLoss(output, labels),
};

export const losses = { sparseCategoricalCrossentropy, meanSquaredError } as const;
export type LossName = keyof typeof losses;

export function lossOf(choice: LossName | Loss): Loss {
  if (typeof choice === "object") return choice;
  const found = losses[choice];
  if (!found) {
    throw new GraphError({
      where: "compile",
      seen: `loss "${choice}"`,
      wanted: `one of ${Object.keys(losses).join(", ")}, or a Loss`,
    });
  }
  return found;
}
