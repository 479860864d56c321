import { expect, test } from "vitest";
import { lenet5Flops, unetFlops } from "../../bench/scale/flops.ts";
import { growths, pointFlops, pointName } from "../../bench/scale/points.ts";
import { scaleTable } from "../../bench/scale/report.ts";
import { scaleRows } from "../../bench/scale/row.ts";
import type { ScaleSample } from "../../bench/scale/sweep.ts";
import { inRounds } from "../../bench/sweep/rounds.ts";

test("flops of a step are those that the head-to-head counts", () => {
  expect(64 * lenet5Flops).toBe(144_890_880);
  expect(4 * unetFlops({ side: 128, base: 16, depth: 3 })).toBe(13_790_871_552);
});

test("a growth varies one property, and its flops grow", () => {
  for (const software of [true, false]) {
    for (const { points } of growths(software)) {
      const flops = points.map(pointFlops);
      expect(flops).toEqual(flops.toSorted((a, b) => a - b));
      expect(new Set(points.map(pointName)).size).toBe(points.length);
    }
  }
});

test("a GPU times the U-Net that PyTorch is timed on", () => {
  const names = growths(false).flatMap(({ points }) => points.map(pointName));
  expect(names).toContain("unet b16 256x256 base 32 depth 3");
});

const sample = (parts: Partial<ScaleSample>): ScaleSample => ({
  model: "unet",
  varied: "batch",
  name: "unet",
  batch: 1,
  flops: 1e9,
  msStep: { median: 100, min: 90, max: 110 },
  jsMs: { median: 0.1, min: 0.1, max: 0.1 },
  dispatches: 10,
  peakBytes: 2 ** 20,
  firstStepMs: 1,
  ...parts,
});
const twice = { name: "twice", batch: 2, flops: 2e9, peakBytes: 2 ** 21 };

test("time is set against flops, within one growth", () => {
  const rows = scaleRows([
    sample({}),
    sample({ ...twice, msStep: { median: 200, min: 190, max: 210 } }),
    sample({ ...twice, varied: "side" }),
  ]);
  expect(rows.map(({ growth }) => growth)).toEqual([null, 1, null]);
  expect(rows[1]).toMatchObject({ msImage: 100, gflops: 10, byteGrowth: 1, flagged: false });
});

test("what grows faster is flagged where the quickest block grew, too", () => {
  const grown = (min: number) =>
    scaleRows([sample({}), sample({ ...twice, msStep: { median: 300, min, max: 400 } })])[1];
  expect(grown(280)).toMatchObject({ growth: 1.5, flagged: true });
  expect(grown(190)?.flagged).toBe(false);
  const row = grown(280);
  expect(scaleTable(row ? [row] : [])).toContain("by more than a quarter: twice (batch).");
});

test("a point that failed is a line below the table, and nothing is measured against it", () => {
  const rows = scaleRows([sample({ msStep: null, peakBytes: 0, failure: "no room" }), sample(twice)]);
  expect(rows[1]).toMatchObject({ growth: null, byteGrowth: null, flagged: false });
  expect(scaleTable(rows)).toContain("FAILED unet: no room");
});

test("rounds visit every case in turn, and a case that failed no more", async () => {
  const order: string[] = [];
  const found = await inRounds(["a", "b"], 3, async (name) => {
    order.push(name);
    if (name === "b" && order.length === 4) throw new Error("too much");
    return order.length;
  });
  expect(order).toEqual(["a", "b", "a", "b", "a"]);
  expect(found).toEqual([
    { visits: [1, 3, 5], failure: null },
    { visits: [2], failure: "too much" },
  ]);
});
