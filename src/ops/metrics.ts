import accumulate from "../../shaders/metrics/accumulate.wgsl";
import confusionKernel from "../../shaders/metrics/confusion.wgsl";
import noConfusion from "../../shaders/metrics/noConfusion.wgsl";
import ofPartials from "../../shaders/metrics/ofPartials.wgsl";
import partialsKernel from "../../shaders/metrics/partials.wgsl";
import rowKernel from "../../shaders/metrics/row.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { makeVariable, scratch, type Value, type Variable } from "../core/graph.ts";
import { apply, type LowerContext, type OpDef } from "../core/op.ts";
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
import { checkNumber } from "./options.ts";

/**
 * Totals of a whole evaluation, gathered on the GPU step by step: the sum of the losses, how many rows were answered
 * right and how many there were, and, where wanted, the confusion matrix. The counts are exact, and the float sum is
 * made in a fixed order: two runs give the same bits. Rows with the ignored label take no part; a label out of range
 * counts as a wrong answer.
 */
export interface ClassificationTotals {
  /** f32 []: sum of the losses of all rows. */
  readonly lossSum: Variable;
  /** u32 [2]: right answers, rows. */
  readonly counts: Variable;
  /** u32 [C, C]: row = label, column = prediction. */
  readonly confusion?: Variable;
}

export interface AccumulateAttrs {
  readonly ignoreIndex: number;
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
    lossSum: total("lossSum", [], "f32"),
    counts: total("counts", [2], "u32"),
    ...(classes === undefined ? {} : { confusion: total("confusion", [classes, classes], "u32") }),
  };
}

/**
 * Adds a batch to the totals; returns the updates. logits [.., C]; labels i32 [..]; loss f32, one a row or one scalar, the
 * mean over the batch, which then counts once for each row.
 */
export function accumulateClassification(
  logits: Value,
  labels: Value,
  loss: Value,
  { lossSum, counts, confusion }: ClassificationTotals,
  { ignoreIndex = defaultIgnoreIndex }: Partial<AccumulateAttrs> = {},
): readonly Value[] {
  const totals = [lossSum, counts, ...(confusion ? [confusion] : [])];
  const inputs = [logits, labels, loss, ...totals.map(({ value }) => value)];
  return apply(accumulateClassificationOp, inputs, { ignoreIndex });
}

export const accumulateClassificationOp: OpDef<AccumulateAttrs> = {
  name: "accumulateClassification",
  doc: "Sum of losses, right answers, rows and confusion matrix over an evaluation",
  infer([logits, labels, loss, lossSum, counts, confusion], { ignoreIndex }, where) {
    if (!logits || !labels || !loss || !lossSum || !counts) {
      throw new GraphError({ where, seen: "too few inputs", wanted: "logits, labels, loss, lossSum, counts" });
    }
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
    wantType(where, "labels", labels, "i32", rows);
    wantType(where, "loss", loss, "f32", loss.shape.length === 0 ? [] : rows);
    wantType(where, "lossSum", lossSum, "f32", []);
    wantType(where, "counts", counts, "u32", [2]);
    if (confusion) wantType(where, "confusion", confusion, "u32", [classes, classes]);
    checkNumber(where, "ignoreIndex", ignoreIndex, (index) => index === (index | 0), "a whole number");
    return [lossSum, counts, ...(confusion ? [confusion] : [])];
  },
  inPlace: (inputCount) => Array.from({ length: inputCount - 3 }, (_, i) => [i, 3 + i]),
  lower: lowerAccumulate,
  noGradient: "totals are read, not trained",
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

function lowerAccumulate({ attrs: { ignoreIndex }, inputs }: LowerContext<AccumulateAttrs>): KernelCall[] {
  const [logits, labels, loss, lossSum, counts, confusion] = inputs;
  if (!logits || !labels || !loss || !lossSum || !counts) return [];
  const classes = logits.type.shape.at(-1) ?? 1;
  const rows = sizeOf(labels.type.shape);
  const flops = sizeOf(logits.type.shape);
  const row = {
    shaders: [rowKernel, confusion ? confusionKernel : noConfusion],
    constants: { LOSS_PER_ROW: loss.type.shape.length > 0 ? 1 : 0 },
    params: { rowParams: { classes, ignoreIndex } },
    operands: { logits, labels, loss, ...(confusion ? { confusion } : {}) },
  };
  if (rows <= maxRowsAlone) {
    return [
      {
        ...row,
        name: "accumulate",
        shaders: [...row.shaders, accumulate],
        params: { ...row.params, params: { tallies: rows } },
        operands: { ...row.operands, lossSum, counts },
        workgroups: 1,
        flops,
      },
    ];
  }
  const threads = Math.min(rows, maxThreads);
  const partialCounts = scratch(tensorType([threads, 2], "u32"));
  const partialLosses = scratch(tensorType([threads]));
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
      shaders: [ofPartials, accumulate],
      params: { params: { tallies: threads } },
      operands: { partialCounts, partialLosses, lossSum, counts },
      workgroups: 1,
      flops: threads,
    },
  ];
}
