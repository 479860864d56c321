import alone from "../../shaders/crossEntropy/alone.wgsl";
import backward from "../../shaders/crossEntropy/backward.wgsl";
import evenSamples from "../../shaders/crossEntropy/evenSamples.wgsl";
import fromMean from "../../shaders/crossEntropy/fromMean.wgsl";
import fromRows from "../../shaders/crossEntropy/fromRows.wgsl";
import indices from "../../shaders/crossEntropy/indices.wgsl";
import partialsKernel from "../../shaders/crossEntropy/partials.wgsl";
import probabilities from "../../shaders/crossEntropy/probabilities.wgsl";
import rowsKernel from "../../shaders/crossEntropy/rows.wgsl";
import sampleWeightsFile from "../../shaders/crossEntropy/sampleWeights.wgsl";
import totalKernel from "../../shaders/crossEntropy/total.wgsl";
import unweighted from "../../shaders/crossEntropy/unweighted.wgsl";
import weighted from "../../shaders/crossEntropy/weighted.wgsl";
import { type KernelCall, type Operand, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { LowerContext } from "../core/op.ts";
import { sizeOf, tensorType } from "../core/types.ts";
import type { CrossEntropyAttrs } from "./crossEntropy.ts";

/** The kernels of crossEntropy.ts: which of shaders/crossEntropy run, and how many rows an invocation takes. */

/** The label of rows that are not there. */
export const defaultIgnoreIndex = -100;

/** At most so many invocations share the rows of a sum; each adds up every so manieth. */
const maxPartials = 16_384;
/** Of up to so many rows one workgroup makes loss and gradient. */
const maxRowsAlone = 256;
const workgroupSize = 64;
/** Bits of a quiet NaN. */
const nan = 0x7fc0_0000;

/** The loss, and under a reduction the sum of the weights: rows, or partial sums and their total. */
export function lowerForward({
  attrs,
  inputs,
  outputs: [loss, weightSum],
}: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const [scores, labels, ...weights] = inputs;
  if (!scores || !labels || !loss) return [];
  const row = rowParts(attrs, scores, labels, weights);
  const flops = 6 * sizeOf(scores.type.shape);
  const { rows } = row.params.params;
  if (!weightSum) {
    const name = "rows";
    const operands = { ...row.operands, losses: loss };
    const shaders = [rowsKernel, ...row.shaders];
    return [{ ...row, name, shaders, operands, workgroups: workgroupsFor(rows, workgroupSize), flops }];
  }
  const count = Math.min(rows, maxPartials);
  const partials = scratch(tensorType([count, 2]));
  return [
    {
      ...row,
      name: "partials",
      shaders: [partialsKernel, ...row.shaders],
      params: { ...row.params, partialParams: { count } },
      operands: { ...row.operands, partials },
      workgroups: workgroupsFor(count, workgroupSize),
      flops,
    },
    {
      name: "total",
      shaders: [totalKernel],
      constants: { MEAN: attrs.reduction === "mean" ? 1 : 0 },
      params: { params: { count, nan } },
      operands: { partials, loss, weightSum },
      workgroups: 1,
      flops: 2 * count,
    },
  ];
}

/** The gradient by the scores, a row an invocation. */
export function lowerBackward({ attrs, inputs, outputs: [dScores] }: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const mean = attrs.reduction === "mean";
  const [scores, labels, ...rest] = inputs;
  const weights = rest.slice(0, attrs.weights.length);
  const [dy, weightSum] = rest.slice(weights.length);
  if (!scores || !labels || !dy || !dScores) return [];
  const row = rowParts(attrs, scores, labels, weights);
  const sum = mean && weightSum;
  return [
    {
      ...row,
      name: "backward",
      shaders: [backward, ...row.shaders, sum ? fromMean : fromRows],
      constants: { ...row.constants, ...(sum ? {} : { PER_ROW: attrs.reduction === "none" ? 1 : 0 }) },
      operands: { ...row.operands, dScores, dy, ...(sum ? { weightSum: sum } : {}) },
      workgroups: workgroupsFor(row.params.params.rows, workgroupSize),
      flops: 6 * sizeOf(scores.type.shape),
    },
  ];
}

/** Gradient and loss: of few rows by one workgroup, of many in the stages of the two. */
export function lowerJoint({ attrs, inputs, outputs, ...rest }: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const [scores, labels, ...others] = inputs;
  const [dScores, loss] = outputs;
  const weights = others.slice(0, attrs.weights.length);
  const dy = others[weights.length];
  if (!scores || !labels || !dy || !dScores || !loss) return [];
  const row = rowParts(attrs, scores, labels, weights);
  if (row.params.params.rows > maxRowsAlone) {
    const weightSum = scratch(tensorType([]));
    const forward = { ...rest, attrs, inputs: [scores, labels, ...weights], outputs: [loss, weightSum] };
    const backward = { ...rest, attrs, inputs: [...inputs, weightSum], outputs: [dScores] };
    return [...lowerForward(forward), ...lowerBackward(backward)];
  }
  return [
    {
      ...row,
      name: "lossAndGradient",
      shaders: [alone, ...row.shaders],
      constants: { ...row.constants, MEAN: attrs.reduction === "mean" ? 1 : 0 },
      operands: { ...row.operands, dScores, dy, loss },
      workgroups: 1,
      flops: 12 * sizeOf(scores.type.shape),
    },
  ];
}

/** What shaders/crossEntropy/row.wgsl and the files chosen beside it need of a call. */
function rowParts(attrs: CrossEntropyAttrs, scores: Value, labels: Value, weights: readonly Value[]) {
  const classes = scores.type.shape.at(-1) ?? 1;
  const byIndex = labels.type.dtype === "i32";
  const byClass = attrs.weights.includes("class");
  const bySample = attrs.weights.includes("sample");
  const operands: Record<string, Operand> = {
    scores,
    labels,
    ...Object.fromEntries(weights.map((value, i) => [`${attrs.weights[i]}Weights`, value])),
  };
  return {
    shaders: [
      byIndex ? indices : probabilities,
      byClass ? weighted : unweighted,
      bySample ? sampleWeightsFile : evenSamples,
    ],
    constants: { FROM_LOGITS: attrs.from === "logits" ? 1 : 0, FOCAL: attrs.gamma > 0 ? 1 : 0 },
    params: {
      params: {
        rows: sizeOf(scores.type.shape) / classes,
        classes,
        keep: 1 - attrs.labelSmoothing,
        spread: attrs.labelSmoothing / classes,
        gamma: attrs.gamma,
        nan,
      },
      ...(byIndex ? { labelParams: { ignoreIndex: attrs.ignoreIndex, absentIndex: defaultIgnoreIndex } } : {}),
    },
    operands,
  };
}
