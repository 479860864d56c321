import { GraphError, ShapeError } from "../core/errors.ts";
import { constant, type Value } from "../core/graph.ts";
import { apply, type LowerContext, noSecondDerivatives, type OpDef, type Prologue } from "../core/op.ts";
import { checkNames, checkNumber, whereIs } from "../core/options.ts";
import { sameShape, showShape, showType, sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { add, addScalar, div, mul, sqrt, sub } from "./elementwise.ts";
import {
  applyCall,
  type BackwardParts,
  lowerNormalize,
  lowerNormalizeGradient,
  type NormView,
  normView,
  statisticsShape,
} from "./normalize.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";

/**
 * Batch normalization (Ioffe and Szegedy 2015) of x [.., C], whatever the axes before the last:
 *
 *     y = (x - mean_c) / sqrt(variance_c + epsilon) weight_c + bias_c
 *
 * In training, mean and biased variance are those of the batch, and running statistics, if given, are overwritten:
 * running = momentum * running + (1 - momentum) * batch, with the unbiased variance. In evaluation they are the running
 * ones; that is plain elementwise arithmetic, which fuses into the convolution before it.
 */
export interface BatchNormAttrs {
  readonly epsilon: number;
  /** What is kept of the running statistics in one step. */
  readonly momentum: number;
  /** Whether there are any. */
  readonly running: boolean;
}

/** x, statistics -> y of batchNorm. */
export const batchNormApplyOp: OpDef<BatchNormAttrs> = {
  name: "batchNormApply",
  noGradient: "A pass adds it to graphs that are differentiated already.",
  epilogue: true,
  infer([x, statistics], _, where) {
    const view = checkBatchNorm(where, x, [], []);
    if (!x || !statistics || !sameShape(statistics.shape, statisticsShape(view))) {
      const seen = `statistics ${statistics ? showType(statistics) : "missing"}`;
      throw new ShapeError({ where, seen, wanted: showShape(statisticsShape(view)) });
    }
    return [x];
  },
  lower({ inputs: [x, statistics], outputs: [y], epilogue, target }) {
    if (!x || !statistics || !y) return [];
    return [applyCall("batchNorm", { view: viewOf(x.type), x, y, statistics, epilogue }, target)];
  },
};

/** x, weight, bias[, running mean, running variance] -> y, statistics [5, 1, C][, new running mean and variance]. */
export const batchNormOp: OpDef<BatchNormAttrs> = {
  name: "batchNorm",
  epilogue: true,
  infer([x, ...perChannel], attrs, where) {
    const view = checkBatchNorm(where, x, perChannel, ["weight", "bias", "running mean", "running variance"]);
    if (perChannel.length !== 2 && perChannel.length !== 4) {
      throw new GraphError({
        where,
        seen: `${perChannel.length + 1} inputs`,
        wanted: "3, or 5 with running statistics",
      });
    }
    checkNumbers(where, attrs);
    if (view.steps < 2) {
      throw new ShapeError({
        where,
        seen: `x ${showShape(x?.shape ?? [])}, one value in each channel`,
        wanted: "two or more, so that they have a variance",
        mend: "Use a larger batch, or normalize by running statistics.",
      });
    }
    return [x as TensorType, tensorType(statisticsShape(view)), ...perChannel.slice(2)];
  },
  inPlace: (_, { running }) => (running ? runningPairs : []),
  again: {
    op: batchNormApplyOp,
    inputs: ([x], [, statistics]) => (x && statistics ? [x, statistics] : []),
  },
  grad({ attrs, inputs: [x], outputs: [, statistics], gradients: [dY, ...others], needs }) {
    if (!x || !statistics) return [];
    if (others.some(Boolean)) {
      throw new GraphError({
        where: whereIs("batchNorm"),
        seen: "a loss that depends on the batch's statistics",
        wanted: "a loss that depends on y alone",
        mend: "Compute them by mean() and variance(), which have gradients.",
      });
    }
    if (!dY) return [];
    const op = needs[0] ? batchNormGradientOp : batchNormWeightGradientOp;
    const results = apply(op, [dY, x, statistics], { epsilon: attrs.epsilon });
    return needs[0] ? results : [null, ...results];
  },
  lower({ attrs, inputs: [x, weight, bias], outputs: [y, statistics, mean, variance], epilogue, target }) {
    if (!x || !weight || !bias || !y || !statistics) return [];
    const running = mean && variance ? { mean, variance, momentum: attrs.momentum } : null;
    const parts = { view: viewOf(x.type), epsilon: attrs.epsilon, x, y, statistics, epilogue };
    return lowerNormalize("batchNorm", { ...parts, affine: { weight, bias }, running }, target);
  },
};

/** Outputs 2 and 3 overwrite inputs 3 and 4. */
const runningPairs = [
  [2, 3],
  [3, 4],
] as const;

interface BatchNormGradientAttrs {
  readonly epsilon: number;
}

/** The derivative of an activation behind y: y is x and two of the statistics. */
const prologue: Prologue = { forward: 2 };

/**
 * dY, x, statistics -> dX, dWeight, dBias. With z = (x - mean) / sqrt(variance + epsilon), over n values:
 * dBias = sum dY, dWeight = sum dY z, dX = weight / sqrt(variance + epsilon) (dY - dBias / n - z dWeight / n).
 */
export const batchNormGradientOp: OpDef<BatchNormGradientAttrs> = {
  name: "batchNormGradient",
  noGradient: noSecondDerivatives,
  epilogue: true,
  prologue,
  infer(types, _, where) {
    const [dX, perChannel] = checkGradient(where, types);
    return [dX, perChannel, perChannel];
  },
  lower(context) {
    const [dX, weightGradient, biasGradient] = context.outputs;
    return dX && weightGradient && biasGradient ? lowerGradient(context, dX, { weightGradient, biasGradient }) : [];
  },
};

/** As batchNormGradient, without dX: for a normalization right behind the data. */
export const batchNormWeightGradientOp: OpDef<BatchNormGradientAttrs> = {
  name: "batchNormWeightGradient",
  noGradient: noSecondDerivatives,
  prologue,
  infer(types, _, where) {
    const [, perChannel] = checkGradient(where, types);
    return [perChannel, perChannel];
  },
  lower(context) {
    const [weightGradient, biasGradient] = context.outputs;
    return weightGradient && biasGradient ? lowerGradient(context, null, { weightGradient, biasGradient }) : [];
  },
};

function lowerGradient(
  { attrs, inputs: [dY, x, statistics], prologue, epilogue, target }: LowerContext<BatchNormGradientAttrs>,
  dX: Value | null,
  affine: BackwardParts["affine"],
) {
  if (!dY || !x || !statistics) return [];
  const parts = { ...attrs, view: viewOf(x.type), x, dY, statistics, dX, affine, prologue, epilogue };
  return lowerNormalizeGradient("batchNormGradient", parts, target);
}

/** Types of dX and of the gradients by weight and bias. */
function checkGradient(where: string, [dY, x, statistics]: readonly TensorType[]): [TensorType, TensorType] {
  const view = checkBatchNorm(where, x, [], []);
  const fits = dY && x && sameShape(dY.shape, x.shape);
  if (!fits || !statistics || !sameShape(statistics.shape, statisticsShape(view))) {
    const seen = `dY ${dY ? showType(dY) : "missing"}, statistics ${statistics ? showType(statistics) : "missing"}`;
    throw new ShapeError({ where, seen, wanted: "those of batchNorm on x" });
  }
  return [dY, tensorType([view.channels])];
}

function viewOf({ shape }: TensorType): NormView {
  const channels = shape.at(-1) ?? 1;
  return normView(1, sizeOf(shape.slice(0, -1)), channels, channels);
}

function checkBatchNorm(
  where: string,
  x: TensorType | undefined,
  perChannel: readonly TensorType[],
  names: readonly string[],
): NormView {
  if (!x || x.shape.length < 2 || sizeOf(x.shape) === 0) {
    const seen = x ? `x ${showType(x)}` : "no x";
    throw new ShapeError({ where, seen, wanted: "[.., C] with a batch axis, and no axis of side 0" });
  }
  wantDType(where, "x", x, "f32");
  const channels = x.shape.at(-1) ?? 1;
  perChannel.forEach((type, i) => {
    wantDType(where, names[i] ?? "input", type, "f32");
    if (!sameShape(type.shape, [channels])) {
      throw new ShapeError({
        where,
        seen: `${names[i]} ${showShape(type.shape)} for x ${showShape(x.shape)}`,
        wanted: `[${channels}], one number for each channel`,
        mend: "Channels are the last axis here.",
      });
    }
  });
  return viewOf(x);
}

function checkNumbers(where: string, { epsilon, momentum }: BatchNormAttrs): void {
  checkNumber(where, "epsilon", epsilon, (value) => value >= 0, "0 or more");
  checkNumber(where, "momentum", momentum, (value) => value >= 0 && value <= 1, "from 0 to 1");
}

export interface BatchNormOptions {
  /** [C]; 1 unless given. */
  readonly weight?: Value | null;
  /** [C]; 0 unless given. */
  readonly bias?: Value | null;
  /** [C], both or neither: variables, which are overwritten. */
  readonly runningMean?: Value | null;
  readonly runningVariance?: Value | null;
  /** Default 1e-3, as in Keras. */
  readonly epsilon?: number;
  /** What is kept of the running statistics in one step. Default 0.99, as in Keras; PyTorch's momentum is 1 - this. */
  readonly momentum?: number;
}

export interface BatchNormResult {
  readonly y: Value;
  /** [C], of the batch; the variance is the biased one. */
  readonly mean: Value;
  readonly variance: Value;
  /** New running statistics: updates of the graph. Empty without running statistics. */
  readonly updates: readonly Value[];
}

/** Normalizes by the statistics of the batch: x [.., C]. */
export function batchNorm(x: Value, options: BatchNormOptions = {}): BatchNormResult {
  const where = whereIs("batchNorm");
  checkNames(where, options, ["weight", "bias", "runningMean", "runningVariance", "epsilon", "momentum"]);
  const { runningMean, runningVariance, epsilon = 1e-3, momentum = 0.99 } = options;
  if (!runningMean !== !runningVariance) {
    throw new GraphError({ where, seen: "one running statistic", wanted: "running mean and variance, or neither" });
  }
  const channels = x.type.shape.at(-1) ?? 1;
  const filled = (value: number) => constant(tensorType([channels]), new Float32Array(channels).fill(value));
  const perChannel = [options.weight ?? filled(1), options.bias ?? filled(0)];
  const running = runningMean && runningVariance ? [runningMean, runningVariance] : [];
  const [y, statistics, ...updates] = apply(batchNormOp, [x, ...perChannel, ...running], {
    epsilon,
    momentum,
    running: running.length > 0,
  });
  if (!y || !statistics) throw new GraphError({ where, seen: "no result", wanted: "y and statistics" });
  const row = (index: number) => reshape(slice(statistics, [index, 0, 0], [index + 1, 1, channels]), [channels]);
  return { y, mean: row(0), variance: row(2), updates };
}

export interface BatchNormEvalOptions {
  readonly mean: Value;
  readonly variance: Value;
  readonly weight?: Value | null;
  readonly bias?: Value | null;
  /** Default 1e-3, as in Keras. */
  readonly epsilon?: number;
}

/** Normalizes by given statistics [C]: x [.., C] -> y of its shape. */
export function batchNormEval(x: Value, options: BatchNormEvalOptions): Value {
  const where = whereIs("batchNormEval");
  checkNames(where, options, ["mean", "variance", "weight", "bias", "epsilon"]);
  const { mean, variance, weight, bias, epsilon = 1e-3 } = options;
  const given = [mean, variance, ...(weight ? [weight] : []), ...(bias ? [bias] : [])].map((value) => value.type);
  const names = ["mean", "variance", ...(weight ? ["weight"] : []), ...(bias ? ["bias"] : [])];
  checkBatchNorm(where, x.type, given, names);
  checkNumber(where, "epsilon", epsilon, (value) => value >= 0, "0 or more");
  const one = constant(tensorType([1]), Float32Array.of(1));
  const scaled = mul(sub(x, mean), div(weight ?? one, sqrt(addScalar(variance, epsilon))));
  return bias ? add(scaled, bias) : scaled;
}
