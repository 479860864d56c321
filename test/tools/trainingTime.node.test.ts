import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Progress } from "../../src/nn/fit.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { trainingTime } from "../../tools/pages/trainingTime.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

const tenMinutes = { length: { minutes: 10 }, learningRate: 0.01 };
const minutes = (count: number) => vi.advanceTimersByTime(60_000 * count);

test("epochs: one cycle over their steps, wherever it is taken up", () => {
  const length = { epochs: 4 };
  const [fresh, later] = [null, { epoch: 3, share: 0 }].map((resume) =>
    trainingTime({ length, learningRate: 0.01 }, resume),
  );
  for (const step of [0, 59, 150, 199]) {
    expect(rateAt(later?.learningRate ?? 0, step)).toBe(rateAt(fresh?.learningRate ?? 1, step));
  }
  expect(fresh?.notes()).toEqual({});
});

test("minutes: a training that goes on takes the rest of its time, and of its cycle", () => {
  const first = trainingTime(tenMinutes, null);
  minutes(1);
  // Compiling took a minute: the cycle begins now, and has nine.
  expect(rateAt(first.learningRate, 0)).toBeCloseTo(0.01 / 25, 8);
  minutes(4.5);
  const before = rateAt(first.learningRate, 100);
  expect(first.notes()).toEqual({ share: "0.5" });

  minutes(60);
  const second = trainingTime(tenMinutes, { epoch: 2, share: Number(first.notes().share) });
  expect(second.notes()).toEqual({ share: "1" });
  const half = trainingTime(tenMinutes, { epoch: 2, share: 0.5 });
  minutes(1);
  expect(rateAt(half.learningRate, 100)).toBeCloseTo(before, 12);
  expect(half.signal.aborted).toBe(false);
  minutes(2.5);
  // 2 epochs of 50 steps before, 20 steps in the first half of the time that is left: 20 more are to come.
  const reading = { epoch: 3, step: 20, steps: 50, epochs: 10_000 } as Progress;
  expect(half.estimate(reading)).toMatchObject({ epochs: 3, secondsLeft: 150 });
  expect(half.estimate({ ...reading, step: 40 })).toMatchObject({ epochs: 4 });
  expect(half.notes()).toEqual({ share: "0.75" });
  minutes(2.5);
  rateAt(half.learningRate, 200);
  expect(half.signal.aborted).toBe(true);
});
