import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { Plateau } from "../../src/nn/plateau.ts";
import { reduceOnPlateau } from "../../src/nn/schedules.ts";

describe("reduceOnPlateau", () => {
  test("after so many epochs that are no better, the rate falls, and again after as many", () => {
    const plateau = reduceOnPlateau({ factor: 0.5, patience: 2, minDelta: 0 });
    const rates = [1, 0.9, 0.9, 0.95, 0.9, 0.9, 0.8, 0.8].map((loss) => {
      plateau.onEpochEnd(loss);
      return plateau.rate(0.4);
    });
    expect(rates).toEqual([0.4, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.1]);
  });

  test("a loss must be better by more than minDelta", () => {
    const plateau = reduceOnPlateau({ factor: 0.1, patience: 1, minDelta: 0.1 });
    expect([1, 0.95, 0.8, 0.75].map((loss) => plateau.onEpochEnd(loss))).toEqual([false, true, false, true]);
  });

  test("in the cooldown no epoch is counted", () => {
    const plateau = reduceOnPlateau({ factor: 0.5, patience: 1, cooldown: 2, minDelta: 0 });
    const drops = [1, 1, 1, 1, 1, 1].map((loss) => plateau.onEpochEnd(loss));
    expect(drops).toEqual([false, true, false, false, true, false]);
  });

  test("the rate stays above its least, unless the schedule goes below by itself", () => {
    const plateau = reduceOnPlateau({ factor: 0.1, patience: 0, minLearningRate: 0.01, minDelta: 0 });
    for (let i = 0; i < 5; i++) plateau.onEpochEnd(1);
    expect(plateau.rate(0.5)).toBe(0.01);
    expect(plateau.rate(0.005)).toBe(0.005);
  });

  test("a loss that is no number is no better", () => {
    const plateau = reduceOnPlateau({ patience: 1 });
    expect([1, Number.NaN].map((loss) => plateau.onEpochEnd(loss))).toEqual([false, true]);
  });

  test("options out of range", () => {
    expect(() => reduceOnPlateau({ factor: 1 })).toThrow(GraphError);
    expect(() => reduceOnPlateau({ patience: 0.5 })).toThrow(/patience/);
    expect(() => reduceOnPlateau({ minLearningRate: -1 })).toThrow(/minLearningRate/);
    expect(() => reduceOnPlateau({ wait: 1 } as object)).toThrow(/option wait/);
  });
});

test("patience of 0 ends with the first epoch that is no better, of 3 with the third", () => {
  for (const [patience, ends] of [
    [0, [false, false, true, true]],
    [3, [false, false, false, false, true]],
  ] as const) {
    const plateau = new Plateau("test", { patience });
    const seen = ends.map((_, i) => {
      plateau.improves(i < 2 ? 1 - i / 10 : 0.95);
      return plateau.isOver;
    });
    expect(seen).toEqual(ends);
  }
});
