import { describe, expect, test } from "vitest";
import { makeGraph } from "../../src/core/graph.ts";
import { liveBytes, slotBytes } from "../../src/core/plan.ts";
import { chain, x } from "../support/graphs.ts";
import { lenet5Plan, planOf } from "../support/trainStep.ts";

describe("liveBytes", () => {
  test("a chain needs what it reads and what it writes; its input lies in no slot", () => {
    const plan = planOf(makeGraph("g", { y: chain(x("x", 1024), 4) }));
    expect(liveBytes(plan)).toEqual([4096, 8192, 8192, 8192]);
    expect(slotBytes(plan)).toBe(8192);
    expect(plan.peakBytes).toBe(8192 + 4096);
  });

  test("an output is alive from its call to the end", () => {
    const early = chain(x("x", 1024), 1);
    const plan = planOf(makeGraph("g", { early, late: chain(early, 3) }), {}, { fuse: false });
    expect(liveBytes(plan)).toEqual([4096, 8192, 12_288, 12_288]);
  });

  test("a call over flat tensors and variables alone needs nothing of the slots", () => {
    const plan = lenet5Plan(8);
    const update = plan.calls.findIndex(({ call }) => call.name === "update");
    const touched = plan.slotTensors.filter(({ from, to }) => from === update || to === update);
    expect(touched).toEqual([]);
  });

  test.each([1, 64])(
    "LeNet-5's step on %i examples: never more than the slots, and hardly less at its peak",
    (batch) => {
      const plan = lenet5Plan(batch);
      const live = liveBytes(plan);
      expect(live).toHaveLength(plan.calls.length);
      expect(Math.min(...live)).toBeGreaterThanOrEqual(0);
      const share = Math.max(...live) / slotBytes(plan);
      expect(share).toBeLessThanOrEqual(1);
      expect(share).toBeGreaterThan(0.75);
      expect(slotBytes(lenet5Plan(batch, {}, { share: false }))).toBe(
        plan.slotTensors.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    },
  );
});
