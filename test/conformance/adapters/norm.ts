import { FormatError } from "../../../src/core/errors.ts";
import { makeVariable, type Value } from "../../../src/core/graph.ts";
import { batchNorm, batchNormEval } from "../../../src/ops/batchNorm.ts";
import { groupNorm, instanceNorm, layerNorm } from "../../../src/ops/norm.ts";
import type { Adapter, CaseAttrs, CaseInputs } from "../adapter.ts";
import { channelsLast } from "../layout.ts";

const layouts = { x: channelsLast, y: channelsLast };

function affineOf(inputs: CaseInputs, attrs: CaseAttrs) {
  return { weight: inputs.maybe("weight"), bias: inputs.maybe("bias"), epsilon: attrs.number("eps", 1e-5) };
}

/** A running statistic as a variable with the case's numbers: training overwrites it. */
function statistic(inputs: CaseInputs, name: string): Value | null {
  const value = inputs.maybe(name);
  if (!value) return null;
  if (value.source.kind !== "constant") throw new FormatError({ seen: `${name} computed`, wanted: "numbers" });
  const initial = { kind: "values", data: value.source.data } as const;
  return makeVariable({ name, role: "statistic", type: value.type, initial }).value;
}

/** Normalizations. PyTorch's momentum is the share of the new statistics. */
export const normAdapters: Readonly<Record<string, Adapter>> = {
  batch_norm: {
    layouts,
    build(inputs, attrs): Record<string, Value> {
      const x = inputs.get("x");
      const affine = affineOf(inputs, attrs);
      const momentum = 1 - attrs.number("momentum", 0.1);
      if (!attrs.boolean("training", true)) {
        return {
          y: batchNormEval(x, { ...affine, mean: inputs.get("running_mean"), variance: inputs.get("running_var") }),
        };
      }
      const runningMean = statistic(inputs, "running_mean");
      const runningVariance = statistic(inputs, "running_var");
      const { y, updates } = batchNorm(x, { ...affine, runningMean, runningVariance, momentum });
      const [new_running_mean, new_running_var] = updates;
      return { y, ...(new_running_mean && new_running_var ? { new_running_mean, new_running_var } : {}) };
    },
  },
  layer_norm: {
    build(inputs, attrs) {
      const axes = attrs.numbers("normalized_shape").length;
      return layerNorm(inputs.get("x"), { ...affineOf(inputs, attrs), axes });
    },
  },
  group_norm: {
    layouts,
    build: (inputs, attrs) =>
      groupNorm(inputs.get("x"), { ...affineOf(inputs, attrs), groups: attrs.number("num_groups") }),
  },
  instance_norm: {
    layouts,
    build: (inputs, attrs) => instanceNorm(inputs.get("x"), affineOf(inputs, attrs)),
  },
};
