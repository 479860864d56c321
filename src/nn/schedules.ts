import { GraphError } from "../core/errors.ts";
import { checkNames, checkNumber, checkWhole } from "../core/options.ts";

export {
  type ReduceOnPlateau,
  type ReduceOnPlateauOptions,
  type ReduceOnPlateauState,
  reduceOnPlateau,
} from "./plateau.ts";

/**
 * Learning rate over time: a function of the number of updates made so far, 0 before the first. Any function will do;
 * those here are the usual ones, in Keras' and PyTorch's terms. They run on the host in float64.
 */
export type Schedule = (step: number) => number;

/**
 * The rate for the next update after `step` updates; a rate that is no number or below 0 is an error.
 * @internal
 */
export function rateAt(learningRate: number | Schedule, step: number): number {
  const rate = typeof learningRate === "number" ? learningRate : learningRate(step);
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new GraphError({
      where: "learningRate",
      seen: `${rate} at step ${step}`,
      wanted: "a finite number, 0 or more",
    });
  }
  return rate;
}

/**
 * The same rate always.
 * @example
 * schedules.constant(0.1)(1000); // => 0.1
 */
export function constant(learningRate: number): Schedule {
  check("constant", { learningRate }, notNegative);
  return () => learningRate;
}

export interface StepDecay {
  /** The first rate. */
  readonly learningRate: number;
  /** Updates between two drops. */
  readonly stepSize: number;
  /** Factor of each drop. Default: 0.1. */
  readonly factor?: number;
}

/**
 * learningRate * factor^floor(step / stepSize): PyTorch's StepLR.
 * @example
 * const rate = schedules.stepDecay({ learningRate: 1, stepSize: 100, factor: 0.5 });
 * [rate(0), rate(99), rate(100), rate(200)]; // => [1, 1, 0.5, 0.25]
 */
export function stepDecay(options: StepDecay): Schedule {
  checkNames("stepDecay", options, ["learningRate", "stepSize", "factor"]);
  const { learningRate, stepSize, factor = 0.1 } = options;
  check("stepDecay", { learningRate, factor }, notNegative);
  check("stepDecay", { stepSize }, aboveZero);
  return (step) => learningRate * factor ** Math.floor(step / stepSize);
}

export interface ExponentialDecay {
  /** The first rate. */
  readonly learningRate: number;
  /** Updates until the rate has been multiplied with `decayRate` once. */
  readonly decaySteps: number;
  /** What the rate is multiplied with. */
  readonly decayRate: number;
  /** Whole powers only. Default: false. */
  readonly staircase?: boolean;
}

/**
 * learningRate * decayRate^(step / decaySteps): Keras' ExponentialDecay.
 * @example
 * schedules.exponentialDecay({ learningRate: 1, decaySteps: 10, decayRate: 0.5 })(20); // => 0.25
 */
export function exponentialDecay(options: ExponentialDecay): Schedule {
  checkNames("exponentialDecay", options, ["learningRate", "decaySteps", "decayRate", "staircase"]);
  const { learningRate, decaySteps, decayRate, staircase = false } = options;
  check("exponentialDecay", { learningRate, decayRate }, notNegative);
  check("exponentialDecay", { decaySteps }, aboveZero);
  return (step) => {
    const power = step / decaySteps;
    return learningRate * decayRate ** (staircase ? Math.floor(power) : power);
  };
}

export interface PolynomialDecay {
  /** The first rate. */
  readonly learningRate: number;
  /** Updates until the end. */
  readonly decaySteps: number;
  /** Default: 0. */
  readonly endLearningRate?: number;
  /** Default: 1, a straight line. */
  readonly power?: number;
}

/**
 * (learningRate - end) * (1 - step / decaySteps)^power + end, then end: Keras' PolynomialDecay.
 * @example
 * schedules.polynomialDecay({ learningRate: 1, decaySteps: 100 })(25); // => 0.75
 */
export function polynomialDecay(options: PolynomialDecay): Schedule {
  checkNames("polynomialDecay", options, ["learningRate", "decaySteps", "endLearningRate", "power"]);
  const { learningRate, decaySteps, endLearningRate = 0, power = 1 } = options;
  check("polynomialDecay", { learningRate, endLearningRate }, notNegative);
  check("polynomialDecay", { decaySteps, power }, aboveZero);
  return (step) => {
    const left = 1 - Math.min(step, decaySteps) / decaySteps;
    return (learningRate - endLearningRate) * left ** power + endLearningRate;
  };
}

export interface CosineDecay {
  /** The first rate. */
  readonly learningRate: number;
  /** Updates until the end. */
  readonly decaySteps: number;
  /** The rate at the end. Default: 0. */
  readonly endLearningRate?: number;
}

/**
 * Half a cosine from the rate down to its end, then the end: end + (rate - end) (1 + cos(pi step / decaySteps)) / 2.
 * @example
 * schedules.cosineDecay({ learningRate: 1, decaySteps: 100 })(50); // => 0.5
 */
export function cosineDecay(options: CosineDecay): Schedule {
  checkNames("cosineDecay", options, ["learningRate", "decaySteps", "endLearningRate"]);
  const { learningRate, decaySteps, endLearningRate = 0 } = options;
  check("cosineDecay", { learningRate, endLearningRate }, notNegative);
  check("cosineDecay", { decaySteps }, aboveZero);
  return (step) => halfCosine(learningRate, endLearningRate, Math.min(step, decaySteps) / decaySteps);
}

export interface CosineRestarts {
  /** The first rate. */
  readonly learningRate: number;
  /** Updates of the first period. */
  readonly firstDecaySteps: number;
  /** Each period is so many times longer than the one before, 1 or more. Default: 2. */
  readonly tMul?: number;
  /** Each period starts so many times higher than the one before. Default: 1. */
  readonly mMul?: number;
  /** The rate at the end of each period. Default: 0. */
  readonly endLearningRate?: number;
}

/**
 * Cosine decay that starts anew (Loshchilov and Hutter 2017, SGDR): Keras' CosineDecayRestarts.
 * @example
 * schedules.cosineRestarts({ learningRate: 1, firstDecaySteps: 100 })(100); // => 1
 */
export function cosineRestarts(options: CosineRestarts): Schedule {
  checkNames("cosineRestarts", options, ["learningRate", "firstDecaySteps", "tMul", "mMul", "endLearningRate"]);
  const { learningRate, firstDecaySteps, tMul = 2, mMul = 1, endLearningRate = 0 } = options;
  check("cosineRestarts", { learningRate, mMul, endLearningRate }, notNegative);
  check("cosineRestarts", { firstDecaySteps }, aboveZero);
  check("cosineRestarts", { tMul }, (value) => value >= 1, "1 or more");
  return (step) => {
    let [start, length, top] = [0, firstDecaySteps, learningRate];
    if (tMul === 1) {
      const period = Math.floor(step / length);
      start = period * length;
      top *= mMul ** period;
    }
    while (step >= start + length) {
      start += length;
      length *= tMul;
      top *= mMul;
    }
    return halfCosine(top, Math.min(top, endLearningRate), (step - start) / length);
  };
}

export interface OneCycle {
  /** The highest rate. */
  readonly maxLearningRate: number;
  /** Updates until the end. */
  readonly totalSteps: number;
  /** Share of the steps that go up. Default: 0.3. */
  readonly warmupShare?: number;
  /** The first rate is the highest over this. Default: 25. */
  readonly divFactor?: number;
  /** The last rate is the first over this. Default: 10,000. */
  readonly finalDivFactor?: number;
}

/**
 * Up and down by half cosines (Smith and Topin 2018, super-convergence): PyTorch's OneCycleLR; then the last rate.
 * @example
 * const optimizer = sgd({ learningRate: schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 1000 }), momentum: 0.9 });
 */
export function oneCycle(options: OneCycle): Schedule {
  checkNames("oneCycle", options, ["maxLearningRate", "totalSteps", "warmupShare", "divFactor", "finalDivFactor"]);
  const { maxLearningRate: top, totalSteps, warmupShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  check("oneCycle", { maxLearningRate: top }, notNegative);
  check("oneCycle", { divFactor, finalDivFactor }, aboveZero);
  checkWhole("oneCycle", "totalSteps", totalSteps);
  check("oneCycle", { warmupShare }, (value) => value >= 0 && value <= 1, "a number from 0 to 1");
  const first = top / divFactor;
  const last = first / finalDivFactor;
  const peak = warmupShare * totalSteps - 1;
  const end = totalSteps - 1;
  return (step) => {
    if (step >= end) return last;
    return step < peak ? halfCosine(first, top, step / peak) : halfCosine(top, last, (step - peak) / (end - peak));
  };
}

export interface Warmup {
  /** Updates until the full rate. */
  readonly steps: number;
  /** What follows; its own count starts when the warm-up is over. */
  readonly after: number | Schedule;
}

/**
 * A straight line to the first rate of what follows: update i (from 0) of the warm-up takes (i + 1) / steps of it.
 * @example
 * const rate = schedules.warmup({ steps: 4, after: 1 });
 * [rate(0), rate(1), rate(3), rate(4)]; // => [0.25, 0.5, 1, 1]
 */
export function warmup(options: Warmup): Schedule {
  checkNames("warmup", options, ["steps", "after"]);
  const { steps, after } = options;
  checkWhole("warmup", "steps", steps);
  return (step) => (step < steps ? (rateAt(after, 0) * (step + 1)) / steps : rateAt(after, step - steps));
}

/** From one rate to another by half a cosine; `at` goes from 0 to 1. */
function halfCosine(from: number, to: number, at: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;
}

const notNegative = (value: number) => value >= 0;
const aboveZero = (value: number) => value > 0;

function check(
  where: string,
  options: Readonly<Record<string, number>>,
  fits: (value: number) => boolean,
  wanted = fits === aboveZero ? "a number above 0" : "0 or more",
): void {
  for (const [name, value] of Object.entries(options)) checkNumber(where, name, value, fits, wanted);
}
