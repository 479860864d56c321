import type { Value } from "../../../src/core/graph.ts";
import * as ops from "../../../src/ops/reduce.ts";
import { logSoftmax, softmax } from "../../../src/ops/softmax.ts";
import type { Adapter, CaseAttrs } from "../adapter.ts";

/** `dim` is one axis or a list of them; without it all axes are reduced. */
function reduceOptions(attrs: CaseAttrs): ops.ReduceOptions {
  const keepDims = attrs.boolean("keepdim", false);
  return attrs.has("dim") ? { axis: attrs.numbers("dim"), keepDims } : { keepDims };
}

function reduction(op: (x: Value, options: ops.ReduceOptions) => Value): Adapter {
  return { build: (inputs, attrs) => op(inputs.get("x"), reduceOptions(attrs)) };
}

/** Reductions and softmax: any axes, so the layout stays. */
export const reduceAdapters: Readonly<Record<string, Adapter>> = {
  sum: reduction(ops.sum),
  mean: reduction(ops.mean),
  max: reduction(ops.max),
  min: reduction(ops.min),
  var: {
    build(inputs, attrs) {
      const correction = attrs.boolean("correction", true) ? 1 : 0;
      return ops.variance(inputs.get("x"), { ...reduceOptions(attrs), correction });
    },
  },
  argmax: {
    build(inputs, attrs) {
      return ops.argMax(inputs.get("x"), { axis: attrs.number("dim"), keepDims: attrs.boolean("keepdim", false) });
    },
  },
  softmax: { build: (inputs, attrs) => softmax(inputs.get("x"), { axis: attrs.number("dim") }) },
  log_softmax: { build: (inputs, attrs) => logSoftmax(inputs.get("x"), { axis: attrs.number("dim") }) },
};
