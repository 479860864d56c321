import alone from "../../shaders/crossEntropy/alone.wgsl";
import anyClasses from "../../shaders/crossEntropy/anyClasses.wgsl";
import anyGradients from "../../shaders/crossEntropy/anyGradients.wgsl";
import backward from "../../shaders/crossEntropy/backward.wgsl";
import evenSamples from "../../shaders/crossEntropy/evenSamples.wgsl";
import fewClasses from "../../shaders/crossEntropy/fewClasses.wgsl";
import fewGradients from "../../shaders/crossEntropy/fewGradients.wgsl";
import fromMean from "../../shaders/crossEntropy/fromMean.wgsl";
import fromRows from "../../shaders/crossEntropy/fromRows.wgsl";
import gradientOfTotal from "../../shaders/crossEntropy/gradientOfTotal.wgsl";
import indices from "../../shaders/crossEntropy/indices.wgsl";
import partialsKernel from "../../shaders/crossEntropy/partials.wgsl";
import probabilities from "../../shaders/crossEntropy/probabilities.wgsl";
import rowsKernel from "../../shaders/crossEntropy/rows.wgsl";
import sampleWeightsFile from "../../shaders/crossEntropy/sampleWeights.wgsl";
import totalKernel from "../../shaders/crossEntropy/total.wgsl";
import unweighted from "../../shaders/crossEntropy/unweighted.wgsl";
import weighted from "../../shaders/crossEntropy/weighted.wgsl";
import { type KernelCall, type Operand, type Target, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { LowerContext } from "../core/op.ts";
import { sizeOf, tensorType } from "../core/types.ts";
import type { CrossEntropyAttrs } from "./crossEntropy.ts";

/** The kernels of crossEntropy.ts: which of shaders/crossEntropy run, and how many rows an invocation takes. */

/** The label of rows that are not there. */
export const defaultIgnoreIndex = -100;

const workgroupSize = 64;
/** Of up to so many rows one workgroup makes the sums, or loss and gradient; of more, each as many until there are enough. */
const rowsAlone = 256;

/** Workgroups that share the sum of many rows: enough to keep a device busy, few enough for others to add up what they made. */
function workgroupsOfSum(rows: number, { software }: Target): number {
  return Math.min(Math.ceil(rows / rowsAlone), software ? 16 : 256);
}

/** Invocations that share the gradients of many rows. All of them add up the sums first, which is dear on a CPU. */
function threadsOfGradient(rows: number, { software }: Target): number {
  return Math.ceil(rows / (software ? 16 : 4));
}

/** Up to so many classes are written out. */
const mostWritten = 4;

/** Bits of a quiet NaN. */
const nan = 0x7fc0_0000;

/** The loss, and under a reduction what a unit of weight counts in it: rows, or sums over them and their total. */
export function lowerForward(context: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const { attrs, inputs, outputs } = context;
  const [scores, labels, ...weights] = inputs;
  const [loss, share] = outputs;
  if (!scores || !labels || !loss) return [];
  const row = rowParts(attrs, scores, labels, weights);
  if (!share) {
    const { rows } = row.params.params;
    const operands = { ...row.operands, losses: loss };
    const workgroups = workgroupsFor(rows, workgroupSize);
    return [{ ...row, name: "rows", shaders: [rowsKernel, ...row.shaders], operands, workgroups, flops: row.flops }];
  }
  const { call, sums, count } = sumsOfRows(row, context.target);
  return [
    call,
    {
      name: "total",
      shaders: [totalKernel],
      constants: { MEAN: attrs.reduction === "mean" ? 1 : 0 },
      params: { totalParams: { count } },
      operands: { sums, loss, share },
      workgroups: 1,
      flops: 2 * count,
    },
  ];
}

/** The first stage of a sum over rows, and what it makes. */
function sumsOfRows(row: RowParts, target: Target) {
  const count = workgroupsOfSum(row.params.params.rows, target);
  const threads = count * workgroupSize;
  const sums = scratch(tensorType([count, 2]));
  const call: KernelCall = {
    ...row,
    name: "partials",
    shaders: [partialsKernel, ...row.shaders],
    params: { ...row.params, partialParams: { threads } },
    operands: { ...row.operands, partials: scratch(tensorType([threads, 2])), sums },
    workgroups: count,
  };
  return { call, sums, count };
}

/** The gradient by the scores, a row an invocation. */
export function lowerBackward({ attrs, inputs, outputs: [dScores] }: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const [scores, labels, ...rest] = inputs;
  const weights = rest.slice(0, attrs.weights.length);
  const [dy, share] = rest.slice(weights.length);
  if (!scores || !labels || !dy || !dScores) return [];
  const row = rowParts(attrs, scores, labels, weights);
  return [
    {
      ...row,
      name: "backward",
      shaders: [backward, ...row.shaders, gradientsOf(row), share ? fromMean : fromRows],
      operands: { ...row.operands, dScores, dy, ...(share ? { share } : {}) },
      workgroups: workgroupsFor(row.params.params.rows, workgroupSize),
    },
  ];
}

/** Gradient and loss: of few rows by one workgroup, of many in two stages. */
export function lowerJoint({ attrs, inputs, outputs, target }: LowerContext<CrossEntropyAttrs>): KernelCall[] {
  const [scores, labels, ...others] = inputs;
  const [dScores, loss] = outputs;
  const weights = others.slice(0, attrs.weights.length);
  const dy = others[weights.length];
  if (!scores || !labels || !dy || !dScores || !loss) return [];
  const row = rowParts(attrs, scores, labels, weights);
  const { rows } = row.params.params;
  const constants = { ...row.constants, MEAN: attrs.reduction === "mean" ? 1 : 0 };
  const operands = { ...row.operands, dScores, dy, loss };
  if (rows <= rowsAlone) {
    const shaders = [alone, ...row.shaders, gradientsOf(row)];
    return [{ ...row, name: "lossAndGradient", shaders, constants, operands, workgroups: 1, flops: 2 * row.flops }];
  }
  const { call, sums, count } = sumsOfRows(row, target);
  const threads = threadsOfGradient(rows, target);
  return [
    call,
    {
      ...row,
      name: "lossAndGradient",
      shaders: [gradientOfTotal, ...row.shaders, gradientsOf(row)],
      constants,
      params: { ...row.params, totalParams: { count }, gradientParams: { threads } },
      operands: { ...operands, sums },
      workgroups: workgroupsFor(threads, workgroupSize),
    },
  ];
}

type RowParts = ReturnType<typeof rowParts>;

/** How gradients of a row are stored: goes over the classes as the shaders of the row do. */
function gradientsOf({ shaders }: RowParts) {
  return shaders.includes(fewClasses) ? fewGradients : anyGradients;
}

/** What shaders/crossEntropy/row.wgsl and the files chosen beside it need of a call. */
function rowParts(attrs: CrossEntropyAttrs, scores: Value, labels: Value, weights: readonly Value[]) {
  const classes = scores.type.shape.at(-1) ?? 1;
  const few = classes <= mostWritten;
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
      few ? fewClasses : anyClasses,
      byIndex ? indices : probabilities,
      byClass ? weighted : unweighted,
      bySample ? sampleWeightsFile : evenSamples,
    ],
    constants: {
      FROM_LOGITS: attrs.from === "logits" ? 1 : 0,
      FOCAL: attrs.gamma > 0 ? 1 : 0,
      ...(few ? { CLASSES: classes } : {}),
    },
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
    flops: 6 * sizeOf(scores.type.shape),
  };
}
