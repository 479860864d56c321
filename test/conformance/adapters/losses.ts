import type { Value } from "../../../src/core/graph.ts";
import { type NllOptions, nllLoss, softmaxCrossEntropy } from "../../../src/ops/crossEntropy.ts";
import * as losses from "../../../src/ops/losses.ts";
import type { Adapter, CaseAttrs, CaseInputs } from "../adapter.ts";
import { channelsLast, targetLayout } from "../layout.ts";

const reductionOf = (attrs: CaseAttrs) => attrs.word("reduction", "mean", "sum", "none");

/** A loss of x and target element by element. */
function pairwise(op: (x: Value, target: Value, attrs: CaseAttrs, inputs: CaseInputs) => Value): Adapter {
  return { build: (inputs, attrs) => op(inputs.get("x"), inputs.get("target"), attrs, inputs) };
}

function nllOptions(inputs: CaseInputs, attrs: CaseAttrs): NllOptions {
  const classWeights = inputs.maybe("class_weight");
  return {
    reduction: reductionOf(attrs),
    ...(attrs.has("ignore_index") ? { ignoreIndex: attrs.number("ignore_index") } : {}),
    ...(classWeights ? { classWeights } : {}),
  };
}

/** Losses; a loss by element comes back in the layout of x. */
export const lossAdapters: Readonly<Record<string, Adapter>> = {
  mse_loss: pairwise((x, target, attrs) => losses.mseLoss(x, target, { reduction: reductionOf(attrs) })),
  l1_loss: pairwise((x, target, attrs) => losses.l1Loss(x, target, { reduction: reductionOf(attrs) })),
  huber_loss: pairwise((x, target, attrs) => {
    return losses.huberLoss(x, target, { reduction: reductionOf(attrs), delta: attrs.number("delta", 1) });
  }),
  smooth_l1_loss: pairwise((x, target, attrs) => {
    return losses.smoothL1Loss(x, target, { reduction: reductionOf(attrs), beta: attrs.number("beta", 1) });
  }),
  binary_cross_entropy: pairwise((x, target, attrs, inputs) => {
    const sampleWeight = inputs.maybe("sample_weight");
    const options = { reduction: reductionOf(attrs), ...(sampleWeight ? { sampleWeight } : {}) };
    return losses.binaryCrossEntropy(x, target, options);
  }),
  bce_with_logits: pairwise((x, target, attrs, inputs) => {
    const sampleWeight = inputs.maybe("sample_weight");
    const posWeight = inputs.maybe("pos_weight");
    const weights = { ...(sampleWeight ? { sampleWeight } : {}), ...(posWeight ? { posWeight } : {}) };
    return losses.bceWithLogits(x, target, { reduction: reductionOf(attrs), ...weights });
  }),
  cross_entropy: {
    layouts: { x: channelsLast, target: targetLayout },
    build(inputs, attrs) {
      const options = { ...nllOptions(inputs, attrs), labelSmoothing: attrs.number("label_smoothing", 0) };
      return softmaxCrossEntropy(inputs.get("x"), inputs.get("target"), options);
    },
  },
  nll_loss: {
    layouts: { x: channelsLast },
    build: (inputs, attrs) => nllLoss(inputs.get("x"), inputs.get("target"), nllOptions(inputs, attrs)),
  },
};
