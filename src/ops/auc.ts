import classes from "../../shaders/auc/classes.wgsl";
import histogramKernel from "../../shaders/auc/histogram.wgsl";
import values from "../../shaders/auc/values.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { makeVariable, type Value, type Variable } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, whereIs } from "../core/options.ts";
import { sameShape, showShape, showType, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";

/**
 * Scores of an evaluation by class, gathered on the GPU step by step: u32 [2, bins], the histogram of the negatives and
 * that of the positives, from which `aucOf` (src/nn/auc.ts) makes the area under the ROC curve. Scores are
 * probabilities [.., C] of which one channel counts: the positive class; labels are class indices i32 [..], or numbers f32
 * [.., C], positive above 1/2. The counts are exact: two runs give the same bits.
 */
export interface AccumulateAucOptions {
  /** The positive class, and channel of the scores. Default: the last channel; a single one is that of class 1. */
  readonly positiveClass?: number;
  /** Rows with this label take no part, nor do those with -100. */
  readonly ignoreIndex?: number | undefined;
}

export interface AucAttrs {
  readonly channel: number;
  readonly positive: number;
  readonly ignoreIndex: number;
}

/** Bins of a histogram: neighbouring scores that differ by more than 1 / 1024 keep their order. */
export const aucBins = 1024;

/** The variable for the histograms, zeros. */
export function aucHistogram(name: string): Variable {
  return makeVariable({
    name: `${name}/auc`,
    role: "metric",
    type: tensorType([2, aucBins], "u32"),
    initial: { kind: "constant", value: 0 },
  });
}

/** Adds a batch to the histograms; returns the update. */
export function accumulateAuc(
  scores: Value,
  labels: Value,
  histogram: Variable,
  options: AccumulateAucOptions = {},
): Value {
  const where = whereIs("accumulateAuc");
  checkNames(where, options, ["positiveClass", "ignoreIndex"]);
  const channels = scores.type.shape.at(-1) ?? 1;
  const single = channels === 1;
  const { positiveClass = single ? 1 : channels - 1, ignoreIndex = defaultIgnoreIndex } = options;
  const channel = single ? 0 : positiveClass;
  return applyOne(aucOp, [scores, labels, histogram.value], { channel, positive: positiveClass, ignoreIndex });
}

export const aucOp: OpDef<AucAttrs> = {
  name: "accumulateAuc",
  infer([scores, labels, histogram], { channel, positive, ignoreIndex }, where) {
    if (!scores || !labels || !histogram) {
      throw new GraphError({ where, seen: "too few inputs", wanted: "scores, labels, histogram" });
    }
    wantDType(where, "scores", scores, "f32");
    wantDType(where, "labels", labels, "i32", "f32");
    wantDType(where, "histogram", histogram, "u32");
    const channels = scores.shape.at(-1) ?? 0;
    if (scores.shape.length < 1 || sizeOf(scores.shape) === 0) {
      throw new ShapeError({
        where,
        seen: `scores ${showType(scores)}`,
        wanted: "[.., C], one row and channel at least",
      });
    }
    const fitting = labels.dtype === "i32" ? scores.shape.slice(0, -1) : scores.shape;
    if (!sameShape(labels.shape, fitting)) {
      throw new ShapeError({ where, seen: `labels ${showType(labels)}`, wanted: showShape(fitting) });
    }
    if (histogram.shape.length !== 2 || histogram.shape[0] !== 2 || sizeOf(histogram.shape) === 0) {
      throw new ShapeError({ where, seen: `histogram ${showType(histogram)}`, wanted: "[2, bins]" });
    }
    const isChannel = (index: number) => Number.isInteger(index) && index >= 0 && index < channels;
    checkNumber(where, "positiveClass", channel, isChannel, `a channel from 0 to ${channels - 1}`);
    for (const [name, index] of Object.entries({ positiveClass: positive, ignoreIndex })) {
      checkNumber(where, name, index, (value) => value === (value | 0), "a whole number");
    }
    return [histogram];
  },
  inPlace: () => [[0, 2]],
  lower({ attrs: { channel, positive, ignoreIndex }, inputs: [scores, labels, histogram] }) {
    if (!scores || !labels || !histogram) return [];
    const channels = scores.type.shape.at(-1) ?? 1;
    const rows = sizeOf(scores.type.shape) / channels;
    const bins = histogram.type.shape[1] ?? 1;
    const params = { rows, channels, channel, bins, positive, ignoreIndex, absentIndex: defaultIgnoreIndex };
    return [
      {
        name: "accumulateAuc",
        shaders: [histogramKernel, labels.type.dtype === "i32" ? classes : values],
        params: { params },
        operands: { scores, labels, histogram },
        workgroups: workgroupsFor(rows, 64),
        flops: rows,
      },
    ];
  },
  noGradient: "A score of the whole evaluation is read, not trained.",
};
