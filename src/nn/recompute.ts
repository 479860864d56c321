import { checkWord } from "../core/options.ts";
import type { Recompute } from "../passes/index.ts";
import { remake } from "../passes/recompute.ts";
import { type RecomputePolicy, recomputePolicies } from "../passes/recomputeChoice.ts";

/**
 * Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"), for `compile({ recompute })`:
 * a training step keeps fewer activations, and makes them again when their gradients are due, by the same kernels and so
 * with the same bits. `"cheap"`: those that take few flops (elementwise functions, normalization, pooling); `"all"`: any,
 * also convolutions. `summary` says what it saves and costs.
 *
 * @throws GraphError on another policy
 * @example
 * await model.compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", recompute: recompute("all") });
 * console.log(summary(model).split("\n").at(-1)); // recompute "all": peak ..
 */
export function recompute(policy: RecomputePolicy = "cheap"): Recompute {
  checkWord("recompute", "policy", policy, recomputePolicies);
  return { policy, pass: (graph, target) => remake(graph, policy, target) };
}
