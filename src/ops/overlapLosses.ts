import backward from "../../shaders/overlap/backward.wgsl";
import classes from "../../shaders/overlap/classes.wgsl";
import fromAreas from "../../shaders/overlap/fromAreas.wgsl";
import fromMean from "../../shaders/overlap/fromMean.wgsl";
import meanKernel from "../../shaders/overlap/mean.wgsl";
import partialsKernel from "../../shaders/overlap/partials.wgsl";
import totalKernel from "../../shaders/overlap/total.wgsl";
import unweighted from "../../shaders/overlap/unweighted.wgsl";
import values from "../../shaders/overlap/values.wgsl";
import weighted from "../../shaders/overlap/weighted.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { scratch, type Value } from "../core/graph.ts";
import { applyOne, type LowerContext, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWord, type Reduction, reductions, whereIs } from "../core/options.ts";
import { sameShape, showShape, showType, sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { sigmoid } from "./activations.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";
import { epilogueOf } from "./map.ts";
import { softmax } from "./softmax.ts";

/**
 * Losses of a segmentation that compare areas, for x [N, .., C] with sums over the axes between first and last:
 *
 *     dice:      1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s)
 *     soft IoU:  1 - (sum(p t) + s) / (sum(p) + sum(t) - sum(p t) + s)
 *
 * one for each example and channel, and their mean. Targets that are numbers (f32, of x's shape) make each channel a
 * question of its own, p = sigmoid(x); class indices (i32 [N, ..]) make the channels classes, p = softmax(x), t
 * one-hot. A label out of range makes the losses of its example NaN. The label -100 marks pixels that are not there.
 */
export interface OverlapLossOptions {
  /** Default: `"mean"`, over the channels of the examples of which a pixel counts, 0 over none. `"none"`: [N, C]. */
  readonly reduction?: Reduction;
  /** s, 0 or more: what keeps the ratio of empty areas defined. Default: 1. */
  readonly smooth?: number;
  /** What x is. Default: `"logits"`. */
  readonly from?: "logits" | "probabilities";
  /** [N, ..], a factor for each pixel, 0 or more. No gradient flows to it. */
  readonly sampleWeight?: Value | undefined;
  /** Class indices alone: pixels with this label take no part, nor do those with -100. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * 1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth), for x and target as in `OverlapLossOptions`.
 * @throws ShapeError where x and target do not fit; GraphError on an option out of range
 * @example
 * const loss = diceLoss(x, sigmoid(x), { from: "logits" });
 */
export function diceLoss(x: Value, target: Value, options: OverlapLossOptions = {}): Value {
  return overlapLoss("diceLoss", "dice", x, target, options);
}

/**
 * 1 - (sum(p t) + smooth) / (sum(p) + sum(t) - sum(p t) + smooth), for x and target as in `OverlapLossOptions`.
 * @throws ShapeError where x and target do not fit; GraphError on an option out of range
 * @example
 * softIouLoss(x, sigmoid(x), { reduction: "none" }).type.shape; // => [2, 4]
 */
export function softIouLoss(x: Value, target: Value, options: OverlapLossOptions = {}): Value {
  return overlapLoss("softIouLoss", "iou", x, target, options);
}

function overlapLoss(
  name: string,
  kind: OverlapLossAttrs["kind"],
  x: Value,
  target: Value,
  options: OverlapLossOptions,
): Value {
  const where = whereIs(name);
  checkNames(where, options, ["reduction", "smooth", "from", "sampleWeight", "ignoreIndex"]);
  const { reduction = "mean", smooth = 1, from = "logits", sampleWeight, ignoreIndex } = options;
  checkWord(where, "from", from, ["logits", "probabilities"]);
  const byClass = target.type.dtype === "i32";
  if (ignoreIndex !== undefined && !byClass) {
    throw new GraphError({ where, seen: "ignoreIndex with targets that are numbers", wanted: "class indices (i32)" });
  }
  const p = from === "probabilities" ? x : byClass ? softmax(x) : sigmoid(x);
  return applyOne(overlapLossOp, sampleWeight ? [p, target, sampleWeight] : [p, target], {
    kind,
    smooth,
    reduction,
    ignoreIndex: ignoreIndex ?? defaultIgnoreIndex,
    weighted: sampleWeight !== undefined,
  });
}

/** What each area that counts has in a loss that is their mean, f32 []: 1 / how many there are, 0 for none. */
export function shareOfArea({ source }: Value): Value | undefined {
  return source.kind === "node" && source.node.op === overlapLossOp ? source.node.outputs[2] : undefined;
}

export interface OverlapLossAttrs {
  readonly kind: "dice" | "iou";
  readonly smooth: number;
  readonly reduction: Reduction;
  readonly ignoreIndex: number;
  /** A third input weighs the pixels. */
  readonly weighted: boolean;
}

/**
 * Inputs: probabilities, targets, weights where there are any. Outputs: the loss; its derivatives [N, C, 2] by the sums
 * of p t and p; under a reduction the derivative [] of the result by the loss of an area.
 */
export const overlapLossOp: OpDef<OverlapLossAttrs> = {
  name: "overlapLoss",
  infer(types, { smooth, reduction, ignoreIndex, weighted }, where) {
    const areas = inferAreas(types, weighted, where);
    checkWord(where, "reduction", reduction, reductions);
    checkNumber(where, "smooth", smooth, (value) => value >= 0, "0 or more");
    checkNumber(where, "ignoreIndex", ignoreIndex, (index) => index === (index | 0), "a whole number");
    const slopes = tensorType([...areas, 2]);
    return reduction === "none" ? [tensorType(areas), slopes] : [tensorType([]), slopes, tensorType([])];
  },
  grad({ attrs, inputs, outputs: [, ...kept], gradients: [dy], needs }) {
    if (needs.slice(1).includes(true)) {
      throw new GraphError({
        where: whereIs("overlapLoss"),
        seen: `${needs[1] ? "targets" : "weights"} that depend on a parameter`,
        wanted: "constants",
        mend: "Wrap them in stopGradient().",
      });
    }
    return dy ? [applyOne(overlapLossGradientOp, [...inputs, ...kept, dy], attrs)] : [null];
  },
  lower: lowerForward,
};

/** Inputs: those of overlapLoss, its outputs but the first, and the gradient by the first. */
export const overlapLossGradientOp: OpDef<OverlapLossAttrs> = {
  name: "overlapLossGradient",
  epilogue: true,
  infer: ([probabilities]) => (probabilities ? [tensorType(probabilities.shape)] : []),
  lower: lowerBackward,
  noGradient: noSecondDerivatives,
};

/** [N, C] */
function inferAreas([scores, targets, weights]: readonly TensorType[], weighted: boolean, where: string): number[] {
  if (!scores || !targets || weighted !== Boolean(weights)) {
    const wanted = weighted ? "scores, targets and weights" : "scores and targets";
    throw new GraphError({ where, seen: "inputs missing or too many", wanted });
  }
  wantDType(where, "scores", scores, "f32");
  wantDType(where, "targets", targets, "f32", "i32");
  const { shape } = scores;
  if (shape.length < 2 || sizeOf(shape) === 0) {
    const wanted = "[N, .., C], one example, pixel and channel at least";
    throw new ShapeError({ where, seen: `scores ${showType(scores)}`, wanted });
  }
  const rows = shape.slice(0, -1);
  const channels = shape.at(-1) ?? 1;
  if (targets.dtype === "i32" && channels === 1) {
    throw new ShapeError({
      where,
      seen: `class indices ${showType(targets)} for scores ${showType(scores)}`,
      wanted: "a channel for each of 2 or more classes",
      mend: `One channel takes its truth as numbers from 0 to 1: f32${showShape(shape)}.`,
    });
  }
  if (!sameShape(targets.shape, targets.dtype === "i32" ? rows : shape)) {
    throw new ShapeError({
      where,
      seen: `targets ${showType(targets)} for scores ${showType(scores)}`,
      wanted: `i32${showShape(rows)} class indices or f32${showShape(shape)}`,
      mend: "Masks have the sides of the output, not of the input.",
    });
  }
  if (weights) {
    wantDType(where, "weights", weights, "f32");
    if (!sameShape(weights.shape, rows)) {
      throw new ShapeError({ where, seen: `weights ${showType(weights)}`, wanted: showShape(rows) });
    }
  }
  return [shape[0] ?? 1, channels];
}

/** Each invocation of the first stage walks about so many pixels, */
const pixelsEach = 16;
/** or more, so that at most so many share those of one example and channel. */
const maxChunks = 1024;
/** Bits of a quiet NaN. */
const nan = 0x7fc0_0000;

function lowerForward({ attrs, inputs, outputs }: LowerContext<OverlapLossAttrs>): KernelCall[] {
  const [loss, slopes, share] = outputs;
  const row = rowParts(attrs, inputs);
  if (!row || !loss || !slopes) return [];
  const { examples, channels, chunks, pixels } = row.params.params;
  const count = examples * channels;
  const partials = scratch(tensorType([examples, chunks, channels, 4]));
  const losses = share ? scratch(tensorType([count])) : loss;
  const present = scratch(tensorType([count]));
  const sums: KernelCall[] = [
    {
      ...row,
      name: "partials",
      shaders: [partialsKernel, ...row.shaders],
      operands: { ...row.operands, partials },
      workgroups: workgroupsFor(count * chunks, 64),
      flops: 6 * count * pixels,
    },
    {
      name: "total",
      shaders: [totalKernel],
      constants: { IOU: attrs.kind === "iou" ? 1 : 0 },
      params: { params: { count, channels, chunks, smoothing: attrs.smooth } },
      operands: { partials, losses, slopes, present },
      workgroups: count,
      flops: 4 * count * chunks,
    },
  ];
  if (!share) return sums;
  return [
    ...sums,
    {
      name: "mean",
      shaders: [meanKernel],
      constants: { MEAN: attrs.reduction === "mean" ? 1 : 0 },
      params: { params: { count } },
      operands: { losses, present, loss, share },
      workgroups: 1,
      flops: 2 * count,
    },
  ];
}

function lowerBackward({ attrs, inputs, outputs: [y], epilogue }: LowerContext<OverlapLossAttrs>): KernelCall[] {
  const row = rowParts(attrs, inputs);
  const [slopes, ...rest] = inputs.slice(attrs.weighted ? 3 : 2);
  const dy = rest.at(-1);
  const share = rest.length > 1 ? rest[0] : undefined;
  if (!row || !y || !slopes || !dy) return [];
  const end = epilogueOf(epilogue, y, 1);
  return [
    {
      name: "backward",
      shaders: [backward, ...row.shaders, share ? fromMean : fromAreas, ...end.shaders],
      params: { ...row.params, ...end.params },
      operands: { ...row.operands, slopes, y, dy, ...(share ? { share } : {}), ...end.operands },
      workgroups: workgroupsFor(sizeOf(y.type.shape), 256),
      flops: 4 * sizeOf(y.type.shape),
    },
  ];
}

/** What shaders/overlap/row.wgsl and the files chosen beside it need of a call. */
function rowParts(attrs: OverlapLossAttrs, [scores, targets, third]: readonly Value[]) {
  if (!scores || !targets) return null;
  const { shape } = scores.type;
  const pixels = sizeOf(shape.slice(1, -1));
  return {
    shaders: [targets.type.dtype === "i32" ? classes : values, attrs.weighted ? weighted : unweighted],
    params: {
      params: {
        examples: shape[0] ?? 1,
        pixels,
        channels: shape.at(-1) ?? 1,
        chunks: Math.min(maxChunks, Math.ceil(pixels / pixelsEach)),
        ignoreIndex: attrs.ignoreIndex,
        absentIndex: defaultIgnoreIndex,
        nan,
      },
    },
    operands: { scores, targets, ...(attrs.weighted && third ? { weights: third } : {}) },
  };
}
