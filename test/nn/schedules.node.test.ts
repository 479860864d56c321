import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import * as schedules from "../../src/nn/schedules.ts";
import { rateAt } from "../../src/nn/schedules.ts";

function values(schedule: schedules.Schedule, ...steps: number[]): number[] {
  return steps.map((step) => Number(schedule(step).toPrecision(9)));
}

test("constant and step", () => {
  expect(values(schedules.constant(0.1), 0, 1, 1000)).toEqual([0.1, 0.1, 0.1]);
  const step = schedules.stepDecay({ learningRate: 1, stepSize: 10, factor: 0.5 });
  expect(values(step, 0, 9, 10, 19, 20)).toEqual([1, 1, 0.5, 0.5, 0.25]);
});

test("exponential, smooth and in stairs", () => {
  const options = { learningRate: 1, decaySteps: 2, decayRate: 0.25 };
  expect(values(schedules.exponentialDecay(options), 0, 1, 2, 3)).toEqual([1, 0.5, 0.25, 0.125]);
  expect(values(schedules.exponentialDecay({ ...options, staircase: true }), 0, 1, 2, 3)).toEqual([1, 1, 0.25, 0.25]);
});

test("polynomial", () => {
  const options = { learningRate: 1, decaySteps: 4, endLearningRate: 0.2 };
  expect(values(schedules.polynomialDecay(options), 0, 1, 4, 9)).toEqual([1, 0.8, 0.2, 0.2]);
  expect(values(schedules.polynomialDecay({ ...options, power: 2 }), 2)).toEqual([0.4]);
});

test("cosine", () => {
  const cosine = schedules.cosineDecay({ learningRate: 1, decaySteps: 4, endLearningRate: 0.5 });
  expect(values(cosine, 0, 2, 4, 100)).toEqual([1, 0.75, 0.5, 0.5]);
});

test("cosine with restarts: periods of 4, 8, 16, each starting at half", () => {
  const cosine = schedules.cosineRestarts({ learningRate: 1, firstDecaySteps: 4, mMul: 0.5 });
  expect(values(cosine, 0, 2, 4, 8, 12, 20)).toEqual([1, 0.5, 0.5, 0.25, 0.25, 0.125]);
  const even = schedules.cosineRestarts({ learningRate: 1, firstDecaySteps: 4, tMul: 1 });
  expect(values(even, 0, 2, 4, 6, 4_000_002)).toEqual([1, 0.5, 1, 0.5, 0.5]);
});

test("one cycle: the numbers of PyTorch's OneCycleLR(max_lr=1, total_steps=10)", () => {
  const cycle = schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10 });
  // First rate 1/25, the peak after 0.3 * 10 - 1 = 2 steps, the last 1/250,000 after 9.
  expect(values(cycle, 0, 1, 2, 9, 50)).toEqual([0.04, 0.52, 1, 4e-6, 4e-6]);
  expect(cycle(5.5)).toBeCloseTo(0.500002, 9);
});

test("one cycle of one step, and one without a way up, give numbers", () => {
  expect(schedules.oneCycle({ maxLearningRate: 1, totalSteps: 1 })(0)).toBeCloseTo(4e-6, 12);
  const down = schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10, warmupShare: 0.1 });
  expect(down(0)).toBe(1);
});

test("warm-up, then anything, whose own count starts afterwards", () => {
  const after = schedules.stepDecay({ learningRate: 1, stepSize: 2, factor: 0.5 });
  expect(values(schedules.warmup({ steps: 4, after }), 0, 1, 3, 4, 5, 6)).toEqual([0.25, 0.5, 1, 1, 1, 0.5]);
  expect(values(schedules.warmup({ steps: 2, after: 0.1 }), 0, 1, 2)).toEqual([0.05, 0.1, 0.1]);
});

describe("wrong options", () => {
  test.each<[() => unknown, RegExp]>([
    [() => schedules.constant(-1), /constant: learningRate -1; wanted learningRate to be 0 or more/],
    [() => schedules.stepDecay({ learningRate: 1, stepSize: 0 }), /stepSize 0; wanted stepSize to be a number above 0/],
    [() => schedules.cosineRestarts({ learningRate: 1, firstDecaySteps: 4, tMul: 0.5 }), /tMul 0.5/],
    [() => schedules.oneCycle({ maxLearningRate: 1, totalSteps: 2.5 }), /totalSteps 2.5/],
    [() => schedules.warmup({ steps: 0, after: 1 }), /steps 0/],
    [() => rateAt(() => Number.NaN, 7), /learningRate: NaN at step 7/],
    [() => rateAt(-1, 0), /-1 at step 0/],
  ])("%s", (make, message) => {
    expect(make).toThrow(GraphError);
    expect(make).toThrow(message);
  });
});
