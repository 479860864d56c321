/** Where the remaining operators of the catalogue are proved, or why there is no gradient to prove. */

/** Not linear; the file compares them with central differences of an f64 reference. */
export const provedIn: Readonly<Record<string, string>> = {
  softmax: "test/ops/softmax.test.ts",
  logSoftmax: "test/ops/softmax.test.ts",
  lossTerms: "test/ops/losses.test.ts",
  lossGradient: "test/ops/losses.test.ts",
  overlapLoss: "test/ops/overlapLosses.test.ts",
  overlapLossGradient: "test/ops/overlapLosses.test.ts",
};

/** Neither linear nor differentiable, and why. */
export const withoutGradient: Readonly<Record<string, string>> = {
  "map.stopGradient": "lets no gradient through: that is what it is for",
  "map.fill": "has no operand",
  "map.sign": "a step: its derivative is 0 wherever it has one",
  "map.step": "a step",
  "map.equal": "a comparison",
  "map.greater": "a comparison",
  argMax: "an index jumps",
  sgd: "the end of a step, after the gradient",
  momentum: "the end of a step",
  adam: "the end of a step",
  rmsprop: "the end of a step",
  adagrad: "the end of a step",
  gradientNorm: "a square root of squares, of which only an update is scaled",
  maxNorm: "a choice between the weights and shorter ones, after the update",
  turnFilters: "a pass adds it behind the gradients; test/ops/turnFilters.test.ts compares with filters as they are",
  batchNormApply: "a pass adds it behind the gradients; test/ops/batchNorm.test.ts compares with batchNorm in bits",
  gatherBatch: "reads bytes of data",
  gatherRows: "picks data",
  gatherCrops: "reads bytes of data",
  accumulateClassification: "counts predictions",
  accumulateAuc: "counts scores by bins",
  randomFill: "random numbers, of nothing but their seed",
  constantFill: "one number",
};
