import type { BenchNetwork, LayerSpec } from "./network.ts";

/** Forward flops of a layer on one example: multiplication and addition are two. Normalization counts for nothing. */
function forwardFlops(layer: LayerSpec): number {
  switch (layer.kind) {
    case "conv":
    case "convTranspose":
      return 2 * layer.side ** 2 * layer.kernel ** 2 * layer.inputs * layer.outputs;
    case "dense":
      return 2 * layer.inputs * layer.outputs;
    case "norm":
      return 0;
  }
}

/**
 * Flops of a training step, the same count for every engine whatever it computes: multiply-adds of convolutions and
 * dense layers times 2, forward, gradient by the weights, and gradient by the input but for the first layer's.
 */
export function stepFlops({ layers }: Pick<BenchNetwork, "layers">, batch: number): number {
  const each = layers.map(forwardFlops);
  const forward = each.reduce((sum, flops) => sum + flops, 0);
  return batch * (3 * forward - (each[0] ?? 0));
}
