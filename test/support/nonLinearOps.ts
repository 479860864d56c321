import type { Value } from "../../src/core/graph.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { type CrossEntropyOptions, nllLoss, softmaxCrossEntropy, sparseFocalLoss } from "../../src/ops/crossEntropy.ts";
import { groupNorm, instanceNorm, layerNorm } from "../../src/ops/norm.ts";
import { maxPool2d, minPool2d } from "../../src/ops/pool.ts";
import { max, min } from "../../src/ops/reduce.ts";
import { type NonLinearCase, operand } from "./nonLinearCase.ts";
import { nonLinearRows } from "./nonLinearRows.ts";
import { tensor64 } from "./reference.ts";
import * as naive from "./referencePool.ts";
import { numbers, tensor } from "./run.ts";
import { type PoolShape, poolShapes } from "./shapes.ts";

/** Extreme of each window; the smallest is minus the largest of minus x. */
function pooled({ input, ...window }: PoolShape, sign: 1 | -1): NonLinearCase {
  const { countIncludePad: _, ...options } = window;
  return {
    operands: [operand(input, 81)],
    apply: (x) => (sign === 1 ? maxPool2d : minPool2d)(some(x), options),
    reference: (x = []) => {
      const signed = tensor64(
        input,
        Array.from(x, (value) => sign * value),
      );
      return naive.maxPool2d(signed, window).y.data.map((value) => sign * value);
    },
  };
}

/** Windows of images small enough for two evaluations an element. */
const windows = poolShapes(24, 43).filter(({ input }) => input.reduce((size, side) => size * side) < 400);

function extreme(op: typeof max, pick: (...values: number[]) => number): NonLinearCase {
  return {
    operands: [operand([3, 7, 2], 82)],
    apply: (x) => op(some(x), { axis: 1 }),
    reference: (x = []) =>
      Array.from({ length: 6 }, (_, i) =>
        pick(...Array.from({ length: 7 }, (_, r) => x[(i >> 1) * 14 + 2 * r + (i & 1)] ?? Number.NaN)),
      ),
  };
}

/** (x - mean) / sqrt(variance + 1e-3) weight + bias, the moments over the elements that `groupOf` puts together. */
function normalized(
  shape: readonly number[],
  affine: readonly number[],
  apply: (x: Value, weight: Value, bias: Value) => Value,
  groupOf: (at: number) => number,
): NonLinearCase {
  return {
    operands: [operand(shape, 83), operand(affine, 84), operand(affine, 85)],
    apply: (x, weight, bias) => apply(some(x), some(weight), some(bias)),
    reference: (x = [], weight = [], bias = []) => {
      const groups = new Map<number, number[]>();
      Array.from(x, (value, i) => groups.set(groupOf(i), [...(groups.get(groupOf(i)) ?? []), value]));
      const moments = new Map(
        [...groups].map(([group, values]) => {
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
          return [group, { mean, scale: 1 / Math.sqrt(variance + 1e-3) }];
        }),
      );
      return Array.from(x, (value, i) => {
        const { mean = 0, scale = 0 } = moments.get(groupOf(i)) ?? {};
        return (value - mean) * scale * (weight[i % weight.length] ?? 0) + (bias[i % bias.length] ?? 0);
      });
    },
  };
}

const [rows, classes] = [7, 5];
const labels = [0, 4, 2, 2, 1, 3, 0];
const classWeights = [0.5, 1, 2, 0.25, 1.5];
const sampleWeights = [1, 0.5, 2, 1, 0, 3, 1];

interface Loss {
  readonly smoothing?: number;
  readonly weighted?: boolean;
  readonly ignoreIndex?: number;
  readonly gamma?: number;
  readonly reduction?: "mean" | "sum" | "none";
  /** The scores are logarithms of probabilities. */
  readonly logarithms?: boolean;
}

/** Cross-entropy by its definition, with all of its factors. */
function crossEntropy64(scores: ArrayLike<number>, loss: Loss): number[] {
  const { smoothing = 0, weighted = false, ignoreIndex, gamma = 0, reduction = "mean", logarithms = false } = loss;
  let divisor = 0;
  const losses = labels.map((label, row) => {
    if (label === ignoreIndex) return 0;
    const own = Array.from({ length: classes }, (_, c) => scores[row * classes + c] ?? 0);
    const total = logarithms ? 0 : Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0));
    const truth = (c: number) => (c === label ? 1 - smoothing : 0) + smoothing / classes;
    const weight = (c: number) => (weighted ? (classWeights[c] ?? 0) : 1);
    const sum = own.reduce((sum, value, c) => sum - weight(c) * truth(c) * (value - total), 0);
    divisor += weight(label);
    const missed = 1 - Math.exp((own[label] ?? 0) - total);
    return sum * (gamma > 0 ? missed ** gamma : 1) * (weighted ? (sampleWeights[row] ?? 0) : 1);
  });
  if (reduction === "none") return losses;
  return [losses.reduce((sum, value) => sum + value, 0) / (reduction === "mean" ? divisor : 1)];
}

function crossEntropy(loss: Loss): NonLinearCase {
  const { smoothing = 0, weighted = false, ignoreIndex, gamma = 0, reduction = "mean", logarithms = false } = loss;
  return {
    operands: [operand([rows, classes], 86, (value) => 3 * value)],
    apply: (x) => {
      const options: CrossEntropyOptions = {
        reduction,
        ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
        ...(weighted
          ? { classWeights: tensor([classes], classWeights), sampleWeights: tensor([rows], sampleWeights) }
          : {}),
      };
      const truth = tensor([rows], labels, "i32");
      if (logarithms) return nllLoss(some(x), truth, options);
      if (gamma > 0) return sparseFocalLoss(some(x), truth, { ...options, gamma });
      return softmaxCrossEntropy(some(x), truth, { ...options, labelSmoothing: smoothing });
    },
    reference: (x = []) => crossEntropy64(x, loss),
  };
}

/** Probabilities as truth: the mean over rows of -sum t log softmax(x). */
function softTruth(): NonLinearCase {
  const raw = numbers(rows * classes, 87).map((value) => value + 1.25);
  return {
    operands: [operand([rows, classes], 88)],
    apply: (x) => softmaxCrossEntropy(some(x), tensor([rows, classes], raw)),
    reference: (x = []) => {
      const norm = (row: number) =>
        Math.log(
          Array.from({ length: classes }, (_, c) => Math.exp(x[row * classes + c] ?? 0)).reduce((a, b) => a + b),
        );
      return [raw.reduce((sum, t, i) => sum - (t * ((x[i] ?? 0) - norm(Math.floor(i / classes)))) / rows, 0)];
    },
  };
}

function some(value: Value | undefined): Value {
  if (!value) throw new Error("an operand is missing");
  return value;
}

/** Operators that are not linear and have a gradient, with what central differences are tried on. */
export const nonLinearOps: Readonly<Record<string, readonly NonLinearCase[]>> = {
  ...nonLinearRows,
  maxPool2d: windows.map((window) => pooled(window, 1)),
  minPool2d: windows.map((window) => pooled(window, -1)),
  max: [extreme(max, Math.max)],
  min: [extreme(min, Math.min)],
  batchNorm: [
    normalized(
      [7, 3],
      [3],
      (x, weight, bias) => batchNorm(x, { weight, bias }).y,
      (i) => i % 3,
    ),
    normalized(
      [3, 2, 5, 4],
      [4],
      (x, weight, bias) => batchNorm(x, { weight, bias }).y,
      (i) => i % 4,
    ),
  ],
  normalize: [
    normalized(
      [5, 7],
      [7],
      (x, weight, bias) => layerNorm(x, { weight, bias }),
      (i) => Math.floor(i / 7),
    ),
    normalized(
      [3, 5, 6],
      [6],
      (x, weight, bias) => groupNorm(x, { groups: 2, weight, bias }),
      (i) => Math.floor(i / 30) * 2 + Math.floor((i % 6) / 3),
    ),
    normalized(
      [2, 3, 5, 3],
      [3],
      (x, weight, bias) => instanceNorm(x, { weight, bias }),
      (i) => Math.floor(i / 45) * 3 + (i % 3),
    ),
  ],
  crossEntropy: [
    crossEntropy({}),
    crossEntropy({ reduction: "sum", smoothing: 0.2, ignoreIndex: 2 }),
    crossEntropy({ reduction: "none", weighted: true }),
    crossEntropy({ weighted: true, smoothing: 0.1, ignoreIndex: 0 }),
    crossEntropy({ gamma: 2 }),
    crossEntropy({ gamma: 0.5, weighted: true }),
    crossEntropy({ logarithms: true, weighted: true }),
    softTruth(),
  ],
};
