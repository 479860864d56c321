import { FormatError } from "../../../src/core/errors.ts";
import type { Value } from "../../../src/core/graph.ts";
import { type NllOptions, nllLoss, softmaxCrossEntropy } from "../../../src/ops/crossEntropy.ts";
import { focalLoss } from "../../../src/ops/focalLoss.ts";
import * as losses from "../../../src/ops/losses.ts";
import { diceLoss, softIouLoss } from "../../../src/ops/overlapLosses.ts";
import type { Adapter, CaseAttrs, CaseInputs } from "../adapter.ts";
import { channelsLast, targetLayout } from "../layout.ts";

const reductionOf = (attrs: CaseAttrs) => attrs.word("reduction", "mean", "sum", "none");

/** A loss of x and target element by element. */
function pairwise(op: (x: Value, target: Value, attrs: CaseAttrs, inputs: CaseInputs) => Value): Adapter {
  return { build: (inputs, attrs) => op(inputs.get("x"), inputs.get("target"), attrs, inputs) };
}

/** A loss of areas. The mode says what the target's type says already. */
function areal(op: typeof diceLoss): Adapter {
  return {
    layouts: { x: channelsLast, target: targetLayout },
    build(inputs, attrs) {
      checkMode(inputs, attrs);
      return op(inputs.get("x"), inputs.get("target"), {
        smooth: attrs.number("smooth", 1),
        reduction: reductionOf(attrs),
      });
    },
  };
}

function checkMode(inputs: CaseInputs, attrs: CaseAttrs): void {
  const { dtype } = inputs.get("target").type;
  const wanted = attrs.word("mode", "binary", "multiclass") === "multiclass" ? "i32" : "f32";
  if (dtype !== wanted) throw new FormatError({ where: "target", seen: dtype, wanted });
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
  dice_loss: areal(diceLoss),
  soft_iou_loss: areal(softIouLoss),
  focal_loss: {
    layouts: { x: channelsLast, target: targetLayout },
    build(inputs, attrs) {
      checkMode(inputs, attrs);
      const alpha = attrs.has("alpha") ? { alpha: attrs.number("alpha") } : {};
      const options = { gamma: attrs.number("gamma", 2), reduction: reductionOf(attrs), ...alpha };
      return focalLoss(inputs.get("x"), inputs.get("target"), options);
    },
  },
  nll_loss: {
    layouts: { x: channelsLast },
    build: (inputs, attrs) => nllLoss(inputs.get("x"), inputs.get("target"), nllOptions(inputs, attrs)),
  },
};
