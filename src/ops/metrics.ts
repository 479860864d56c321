import unweighted from "../../shaders/crossEntropy/unweighted.wgsl";
import weightedKernel from "../../shaders/crossEntropy/weighted.wgsl";
import accumulate from "../../shaders/metrics/accumulate.wgsl";
import byRow from "../../shaders/metrics/byRow.wgsl";
import byShare from "../../shaders/metrics/byShare.wgsl";
import confusionKernel from "../../shaders/metrics/confusion.wgsl";
import elements from "../../shaders/metrics/elements.wgsl";
import noConfusion from "../../shaders/metrics/noConfusion.wgsl";
import noRing from "../../shaders/metrics/noRing.wgsl";
import ofPartials from "../../shaders/metrics/ofPartials.wgsl";
import partialsKernel from "../../shaders/metrics/partials.wgsl";
import ringKernel from "../../shaders/metrics/ring.wgsl";
import rowKernel from "../../shaders/metrics/row.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { ShapeError } from "../core/errors.ts";
import { makeVariable, scratch, type Value, type Variable } from "../core/graph.ts";
import { apply, type LowerContext, type OpDef } from "../core/op.ts";
import { checkNumber } from "../core/options.ts";
import {
  type DType,
  type Shape,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";

/**
 * Totals of a whole evaluation, gathered on the GPU step by step: the sum of the losses and of what they weigh, how many
 * rows were answered right and how many there were, and, where wanted, the confusion matrix. The counts are exact, and
 * the float sums are made in a fixed order: two runs give the same bits.
 *
 * A row is a vector of scores [C] with a class index: the largest score is the answer. Rows with the ignored label, or with
 * -100, take no part; a label out of range counts as a wrong answer. Where labels are numbers, one for each score, every
 * score is a row of its own: yes above the threshold, right where the label is above 1/2.
 */
export interface ClassificationTotals {
  /** f32 [2]: the losses of all rows, each times its weight, and the weights; their ratio is the mean. */
  readonly lossSum: Variable;
  /** u32 [2]: right answers, rows. */
  readonly counts: Variable;
  /** u32 [C, C]: row = label, column = prediction; of labels that are numbers the first 2 of each, no and yes. */
  readonly confusion?: Variable;
}

/** Where the scalar losses of the last steps are kept, so that a reading of every n-th step still sees them all. */
export interface LossRing {
  /** u32 []: this step. Its loss goes to place `step mod n`. */
  readonly step: Value;
  /** f32 [n]. */
  readonly history: Variable;
}

export interface AccumulateAttrs {
  /** Of class indices. */
  readonly ignoreIndex: number;
  /** Of labels that are numbers; null where nothing is right or wrong, and rows are only counted. */
  readonly threshold: number | null;
  /** Whether classes have weights. */
  readonly weighted: boolean;
  /** Whether the loss is a mean of other parts than rows. */
  readonly shared: boolean;
  /** Whether the loss is kept in a ring. */
  readonly ring: boolean;
}

export interface AccumulateOptions {
  /** As in `AccumulateAttrs`. Default: -100. */
  readonly ignoreIndex?: number | undefined;
  /** As in `AccumulateAttrs`. Default: 0. */
  readonly threshold?: number | null;
  /** Of class indices, f32 [C]: what a row weighs. Default: 1. */
  readonly classWeights?: Value | undefined;
  /** f32 [], for a loss that is the mean of other parts than rows: 1 / how many; 0 for none. */
  readonly share?: Value | undefined;
  readonly ring?: LossRing | undefined;
}

/** The variables for the totals, zeros; with `classes`, a confusion matrix too. */
export function classificationTotals(name: string, classes?: number): ClassificationTotals {
  const total = (part: string, shape: Shape, dtype: DType) =>
    makeVariable({
      name: `${name}/${part}`,
      role: "metric",
      type: tensorType(shape, dtype),
      initial: { kind: "constant", value: 0 },
    });
  return {
    lossSum: total("lossSum", [2], "f32"),
    counts: total("counts", [2], "u32"),
    ...(classes === undefined ? {} : { confusion: total("confusion", [classes, classes], "u32") }),
  };
}

/**
 * Adds a batch to the totals; returns the updates. logits [.., C]; labels i32 [..] or f32 [.., C]; loss f32, one a row or
 * one scalar, the mean over the batch, which then counts for each row: with the weights that the mean was made with, or
 * the share that each of its parts has in it, the totals are those of any other batches of the same rows.
 */
export function accumulateClassification(
  logits: Value,
  labels: Value,
  loss: Value,
  { lossSum, counts, confusion }: ClassificationTotals,
  { ignoreIndex = defaultIgnoreIndex, threshold = 0, classWeights, share, ring }: AccumulateOptions = {},
): readonly Value[] {
  const overwritten = [...(ring ? [ring.history] : []), lossSum, counts, ...(confusion ? [confusion] : [])];
  const given = [logits, labels, loss, classWeights, share, ring?.step].flatMap((value) => value ?? []);
  const attrs = { ignoreIndex, threshold, weighted: !!classWeights, shared: !!share, ring: !!ring };
  return apply(accumulateClassificationOp, [...given, ...overwritten.map(({ value }) => value)], attrs);
}

/** The inputs by name: class weights and share, where there are any, and under `ring` step and history stand before the totals. */
function named<T>([logits, labels, loss, ...rest]: readonly T[], { weighted, shared, ring }: AccumulateAttrs) {
  const [classWeights] = weighted ? rest.splice(0, 1) : [];
  const [share] = shared ? rest.splice(0, 1) : [];
  const [step, history] = ring ? rest.splice(0, 2) : [];
  const [lossSum, counts, confusion] = rest;
  return { logits, labels, loss, classWeights, share, step, history, lossSum, counts, confusion };
}

export const accumulateClassificationOp: OpDef<AccumulateAttrs> = {
  name: "accumulateClassification",
  infer(types, attrs, where) {
    const { ignoreIndex, threshold } = attrs;
    const { logits, labels, loss, classWeights, history, lossSum, counts, confusion } = named(types, attrs);
    if (!logits || !labels || !loss || !lossSum || !counts) return [];
    wantDType(where, "logits", logits, "f32");
    const rows = logits.shape.slice(0, -1);
    const classes = logits.shape.at(-1) ?? 0;
    if (logits.shape.length < 1 || classes < 1 || sizeOf(rows) < 1) {
      throw new ShapeError({
        where,
        seen: `logits ${showType(logits)}`,
        wanted: "[.., C], one row and class at least",
      });
    }
    const byClass = labels.dtype !== "f32";
    const answers = byClass ? rows : logits.shape;
    wantType(where, "labels", labels, byClass ? "i32" : "f32", answers);
    wantType(where, "loss", loss, "f32", loss.shape.length === 0 ? [] : answers);
    if (classWeights) wantType(where, "classWeights", classWeights, "f32", [classes]);
    if (confusion) {
      const side = byClass ? classes : Math.max(2, confusion.shape[0] ?? 0);
      wantType(where, "confusion", confusion, "u32", [side, side]);
    }
    if (threshold !== null) checkNumber(where, "threshold", threshold, Number.isFinite, "a finite number");
    checkNumber(where, "ignoreIndex", ignoreIndex, (index) => index === (index | 0), "a whole number");
    return [...(history ? [history] : []), lossSum, counts, ...(confusion ? [confusion] : [])];
  },
  inPlace(inputCount, { weighted, shared, ring }) {
    const first = 3 + Number(weighted) + Number(shared) + Number(ring);
    return Array.from({ length: inputCount - first }, (_, i) => [i, first + i]);
  },
  lower: lowerAccumulate,
  noGradient: "Totals are read, not trained.",
};

function wantType(where: string, name: string, type: TensorType, dtype: DType, shape: Shape): void {
  wantDType(where, name, type, dtype);
  if (!sameShape(type.shape, shape)) {
    throw new ShapeError({ where, seen: `${name} ${showType(type)}`, wanted: showShape(shape) });
  }
}

/** Up to so many rows one workgroup of 64 does alone. */
const maxRowsAlone = 1024;
/** Beyond, at most so many invocations share the rows. */
const maxThreads = 16_384;

function lowerAccumulate({ attrs, inputs }: LowerContext<AccumulateAttrs>): KernelCall[] {
  const { ignoreIndex, threshold } = attrs;
  const { logits, labels, loss, classWeights, share, step, history, lossSum, counts, confusion } = named(inputs, attrs);
  if (!logits || !labels || !loss || !lossSum || !counts) return [];
  const classes = logits.type.shape.at(-1) ?? 1;
  const rows = sizeOf(labels.type.shape);
  const flops = sizeOf(logits.type.shape);
  const byClass = labels.type.dtype === "i32";
  const constants = { LOSS_PER_ROW: loss.type.shape.length > 0 ? 1 : 0 };
  const row = {
    shaders: [
      ...(byClass ? [rowKernel, classWeights ? weightedKernel : unweighted] : [elements]),
      confusion ? confusionKernel : noConfusion,
    ],
    constants: byClass ? constants : { ...constants, COMPARE: threshold === null ? 0 : 1 },
    params: {
      rowParams: byClass
        ? { classes, ignoreIndex, absentIndex: defaultIgnoreIndex }
        : { threshold: threshold ?? 0, classes: confusion?.type.shape[0] ?? 2 },
    } as Record<string, Record<string, number>>,
    operands: { logits, labels, loss, ...(classWeights ? { classWeights } : {}), ...(confusion ? { confusion } : {}) },
  };
  const kept = step && history;
  const totals = {
    shaders: [accumulate, share ? byShare : byRow, kept ? ringKernel : noRing],
    operands: { lossSum, counts, ...(share ? { share } : {}), ...(kept ? { step, history } : {}) },
  };
  const totalParams = (tallies: number) => ({
    params: { tallies },
    ...(kept ? { ring: { length: sizeOf(history.type.shape) } } : {}),
  });
  if (rows <= maxRowsAlone) {
    return [
      {
        ...row,
        name: "accumulate",
        shaders: [...row.shaders, ...totals.shaders],
        params: { ...row.params, ...totalParams(rows) },
        operands: { ...row.operands, ...totals.operands },
        workgroups: 1,
        flops,
      },
    ];
  }
  const threads = Math.min(rows, maxThreads);
  const partialCounts = scratch(tensorType([threads, 2], "u32"));
  const partialLosses = scratch(tensorType([threads, 2]));
  return [
    {
      ...row,
      name: "partials",
      shaders: [...row.shaders, partialsKernel],
      params: { ...row.params, params: { rows, threads } },
      operands: { ...row.operands, partialCounts, partialLosses },
      workgroups: workgroupsFor(threads, 64),
      flops,
    },
    {
      name: "accumulate",
      shaders: [ofPartials, ...totals.shaders],
      params: totalParams(threads),
      operands: { partialCounts, partialLosses, loss, ...totals.operands },
      workgroups: 1,
      flops: threads,
    },
  ];
}
