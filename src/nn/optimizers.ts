import { GraphError } from "../core/errors.ts";
import { makeGraph, storageOf, type Value } from "../core/graph.ts";
import type { OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWhole, checkWord } from "../core/options.ts";
import { identity } from "../ops/elementwise.ts";
import { adagradOp, adamOp, applyUpdate, momentumOp, rmspropOp, sgdOp, type UpdateAttrs } from "../ops/optimizers.ts";
import { rateAt, type Schedule } from "./schedules.ts";

/**
 * How parameters move. Option names are Keras', formulas and defaults are PyTorch's (docs of torch.optim); each is one
 * dispatch over the whole network, see src/ops/optimizers.ts.
 */
export interface Optimizer {
  readonly name: string;
  /** A number, or a function of the number of updates made so far. */
  readonly learningRate: number | Schedule;
  /** States kept for each parameter, with the value that they start from. */
  readonly slots: Readonly<Record<string, number>>;
  /** Numbers that the host writes before each step. */
  readonly hyperSize: number;
  /** Those numbers for the `step`-th update, counted from 1. */
  hyper(step: number, learningRate: number): Float32Array<ArrayBuffer>;
  /**
   * The nodes of one step; all values returned are updates. `hyper` is an f32 tensor [hyperSize]; `slots` has one
   * tensor for each parameter under each name of `this.slots`.
   */
  update(
    hyper: Value,
    parameters: readonly Value[],
    gradients: readonly Value[],
    slots: Readonly<Record<string, readonly Value[]>>,
  ): readonly Value[];
}

export interface OptimizerOptions {
  /** A number, or a function of the number of updates made so far. */
  readonly learningRate?: number | Schedule;
  /** L2: this times the parameter is added to its gradient. In `adamW` it is decoupled. Default: 0. */
  readonly weightDecay?: number;
  /** Scales all gradients together so that their common norm is at most this. */
  readonly clipNorm?: number;
  /** Keeps each component of the gradients within -clipValue and clipValue. */
  readonly clipValue?: number;
}

export interface SgdOptions extends OptimizerOptions {
  /** Default: 0. */
  readonly momentum?: number;
  /** Look ahead along the velocity (Nesterov). Default: false. */
  readonly nesterov?: boolean;
  /** The gradient enters the velocity times 1 - dampening, the first one whole. Default: 0. */
  readonly dampening?: number;
  /**
   * `"sum"` (default): v = momentum v + g. `"average"`: v = momentum v + (1 - momentum) g from v = 0, the
   * textbooks' exponential average.
   */
  readonly velocity?: "sum" | "average";
}

/**
 * Gradient descent, with momentum or without: w -= rate v, v = momentum v + g. Defaults: rate 0.01, no momentum.
 * @throws GraphError on an option out of range, or options that exclude each other
 * @example
 * const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
 * await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, dampening = 0, velocity = "sum" } = options;
  const common = checkCommon("sgd", options, ["momentum", "nesterov", "dampening", "velocity"]);
  checkNumber("sgd", "momentum", momentum, (value) => value >= 0, "0 or more");
  checkNumber("sgd", "dampening", dampening, (value) => value <= 1, "at most 1");
  checkWord("sgd", "velocity", velocity, ["sum", "average"]);
  if (momentum === 0 && (nesterov || dampening !== 0 || velocity === "average")) {
    throw new GraphError({ where: "sgd", seen: "nesterov, dampening or velocity", wanted: "momentum above 0 with it" });
  }
  if (dampening !== 0 && (nesterov || velocity === "average")) {
    const seen = `dampening ${dampening} with ${nesterov ? "nesterov" : 'velocity "average"'}`;
    throw new GraphError({ where: "sgd", seen, wanted: "one of them" });
  }
  const { learningRate = 0.01, weightDecay, limit } = common;
  if (momentum === 0) {
    const hyper = (_: number, rate: number) => [limit, rate, weightDecay];
    return optimizer("sgd", sgdOp, { ...common, learningRate }, {}, hyper);
  }
  return optimizer("sgd", momentumOp, { ...common, learningRate }, { velocity: 0 }, (step, rate) => {
    const gain = velocity === "average" ? 1 - momentum : step === 1 ? 1 : 1 - dampening;
    const [ahead, along] = nesterov ? [gain, momentum] : [0, 1];
    return [limit, rate, weightDecay, momentum, gain, ahead, along];
  });
}

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the mean of the gradients. Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default: 0.999. */
  readonly beta2?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /** Divide by the largest second moment so far. Default: false. */
  readonly amsgrad?: boolean;
}

/**
 * Adam (Kingma and Ba 2015): w -= rate m / (sqrt(v) + epsilon), with m and v the corrected running means of g and g^2.
 * Default rate: 0.001.
 * @throws GraphError on an option out of range
 * @example
 * const optimizer = adam({ learningRate: schedules.cosineDecay({ learningRate: 1e-3, decaySteps: 1000 }) });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike("adam", options, 0);
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019): parameters shrink by rate * weightDecay, 0.01 unless
 * given.
 * @throws GraphError on an option out of range
 * @example
 * const optimizer = adamW({ learningRate: 3e-4, weightDecay: 0.05 });
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamLike("adamW", options, options.weightDecay ?? 0.01);
}

function adamLike(name: string, options: AdamOptions, decoupled: number): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options;
  const common = checkCommon(name, options, ["beta1", "beta2", "epsilon", "amsgrad"]);
  checkNumber(name, "beta1", beta1, isDecay, wantedDecay);
  checkNumber(name, "beta2", beta2, isDecay, wantedDecay);
  checkNumber(name, "epsilon", epsilon, isPositive, wantedPositive);
  const { learningRate = 0.001, limit } = common;
  const weightDecay = name === "adamW" ? 0 : common.weightDecay;
  const slots = { firstMoment: 0, secondMoment: 0, ...(amsgrad ? { peakMoment: 0 } : {}) };
  return optimizer(name, adamOp, { ...common, learningRate }, slots, (step, rate) => {
    const stepRate = rate / oneMinusPower(beta1, step);
    const root = 1 / Math.sqrt(oneMinusPower(beta2, step));
    return [limit, weightDecay, rate * decoupled, beta1, 1 - beta1, beta2, 1 - beta2, stepRate, root, epsilon];
  });
}

/** 1 - beta^t without cancellation. */
function oneMinusPower(beta: number, t: number): number {
  return -Math.expm1(t * Math.log(beta));
}

export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the mean of the squares, PyTorch's alpha. Default: 0.99. */
  readonly rho?: number;
  /** Default: 0. */
  readonly momentum?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /** Divide by the deviation instead of the root mean square. Default: false. */
  readonly centered?: boolean;
}

/**
 * RMSprop (Hinton 2012): w -= rate g / (sqrt(mean of g^2) + epsilon). Default rate: 0.01.
 * @throws GraphError on an option out of range
 * @example
 * const optimizer = rmsprop({ learningRate: 1e-3, rho: 0.9 });
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { rho = 0.99, momentum = 0, epsilon = 1e-8, centered = false } = options;
  const common = checkCommon("rmsprop", options, ["rho", "momentum", "epsilon", "centered"]);
  checkNumber("rmsprop", "rho", rho, isDecay, wantedDecay);
  checkNumber("rmsprop", "momentum", momentum, (value) => value >= 0, "0 or more");
  checkNumber("rmsprop", "epsilon", epsilon, isPositive, wantedPositive);
  const { learningRate = 0.01, weightDecay, limit } = common;
  const slots = {
    meanSquare: 0,
    ...(centered ? { meanGradient: 0 } : {}),
    ...(momentum > 0 ? { velocity: 0 } : {}),
  };
  const hyper = (_: number, rate: number) => [limit, rate, weightDecay, rho, 1 - rho, momentum, epsilon];
  return optimizer("rmsprop", rmspropOp, { ...common, learningRate }, slots, hyper);
}

export interface AdagradOptions extends OptimizerOptions {
  /** The rate falls as 1 / (1 + (t - 1) * learningRateDecay). Default: 0. */
  readonly learningRateDecay?: number;
  /** Default: 0. */
  readonly initialAccumulatorValue?: number;
  /** Default: 1e-10. */
  readonly epsilon?: number;
}

/**
 * Adagrad (Duchi et al. 2011): w -= rate g / (sqrt(sum of g^2) + epsilon). Default rate: 0.01.
 * @throws GraphError on an option out of range
 * @example
 * const optimizer = adagrad({ learningRate: 0.05, clipNorm: 1 });
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRateDecay = 0, initialAccumulatorValue = 0, epsilon = 1e-10 } = options;
  const common = checkCommon("adagrad", options, ["learningRateDecay", "initialAccumulatorValue", "epsilon"]);
  checkNumber("adagrad", "learningRateDecay", learningRateDecay, (value) => value >= 0, "0 or more");
  checkNumber("adagrad", "initialAccumulatorValue", initialAccumulatorValue, (value) => value >= 0, "0 or more");
  checkNumber("adagrad", "epsilon", epsilon, isPositive, wantedPositive);
  const { learningRate = 0.01, weightDecay, limit } = common;
  const slots = { accumulator: initialAccumulatorValue };
  return optimizer("adagrad", adagradOp, { ...common, learningRate }, slots, (step, rate) => {
    return [limit, rate / (1 + (step - 1) * learningRateDecay), weightDecay, epsilon];
  });
}

const isDecay = (value: number) => value > 0 && value < 1;
const wantedDecay = "between 0 and 1";
const isPositive = (value: number) => value > 0;
const wantedPositive = "above 0";

interface Common {
  readonly learningRate: number | Schedule;
  readonly clip: UpdateAttrs["clip"];
}

/** Checks the options that all optimizers have, and that there are no others than these and `own`. */
function checkCommon(name: string, options: OptimizerOptions, own: readonly string[]) {
  checkNames(name, options, ["learningRate", "weightDecay", "clipNorm", "clipValue", ...own]);
  const { learningRate, weightDecay = 0, clipNorm, clipValue } = options;
  if (learningRate !== undefined && typeof learningRate !== "function") rateAt(learningRate, 0);
  checkNumber(name, "weightDecay", weightDecay, (value) => value >= 0, "0 or more");
  if (clipNorm !== undefined) checkNumber(name, "clipNorm", clipNorm, isPositive, wantedPositive);
  if (clipValue !== undefined) checkNumber(name, "clipValue", clipValue, isPositive, wantedPositive);
  if (clipNorm !== undefined && clipValue !== undefined) {
    throw new GraphError({ where: name, seen: "clipNorm and clipValue", wanted: "one of them" });
  }
  const clip: UpdateAttrs["clip"] = clipNorm !== undefined ? "norm" : clipValue !== undefined ? "value" : "none";
  return { learningRate, weightDecay, clip, limit: clipNorm ?? clipValue ?? 0 };
}

function optimizer(
  name: string,
  op: OpDef<UpdateAttrs>,
  { learningRate, clip }: Common,
  slots: Readonly<Record<string, number>>,
  hyper: (step: number, learningRate: number) => number[],
): Optimizer {
  return Object.freeze<Optimizer>({
    name,
    learningRate,
    slots: Object.freeze({ ...slots }),
    hyperSize: hyper(1, 0).length,
    hyper(step, rate) {
      checkWhole(name, "step", step);
      return Float32Array.from(hyper(step, rate));
    },
    update(hyperValue, parameters, gradients, given) {
      checkNames(name, given, Object.keys(slots));
      const states = Object.fromEntries(Object.keys(slots).map((slot) => [slot, given[slot] ?? []]));
      return applyUpdate(op, { hyper: hyperValue, parameters, gradients: apart(gradients), states, clip });
    },
  });
}

/**
 * Gradients are laid side by side in a buffer of their own. One that cannot lie there gets a copy: an input or a
 * constant, one that is the gradient of two parameters, and one that a kernel of another gradient reads, since a kernel
 * must not read from the buffer that it writes to.
 */
function apart(gradients: readonly Value[]): Value[] {
  const { nodes } = makeGraph("gradients", Object.fromEntries(gradients.map((value, i) => [i, value])));
  const taken = new Set(nodes.filter(({ op }) => !op.view).flatMap(({ inputs }) => inputs.map(storageOf)));
  return gradients.map((value) => {
    const storage = storageOf(value);
    const free = storage.source.kind === "node" && !taken.has(storage);
    taken.add(storage);
    return free ? value : identity(value);
  });
}
