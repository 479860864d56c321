import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { picture } from "../../bench/headToHead/picture.ts";
import { type Results, writeResults } from "../../bench/headToHead/results.ts";
import { besideEachOther, cannotRow, measuredRow } from "../../bench/headToHead/rows.ts";
import { networkTable, significant } from "../../bench/headToHead/table.ts";
import { networks } from "../../bench/networks/index.ts";

const network = networks.lenet5;
const entry = { version: "1.2.3", network, batch: 64 };

/** Blocks of two steps that took so long each. */
function measured(...stepMs: number[]) {
  const blocks = stepMs.map((ms) => ({
    steps: 2,
    ms: 2 * ms,
    jsMs: 0.2,
    dispatches: 52,
    submits: 2,
    loss: 1,
  }));
  return { firstStepMs: 1500, losses: [2.3, 2.2], peakBytes: 4_000_000, blocks };
}

const rows = besideEachOther(
  [
    measuredRow({ ...entry, peer: "wgrad" }, measured(30, 10, 20)),
    measuredRow({ ...entry, peer: "jax-js" }, measured(100, 140)),
    measuredRow({ ...entry, peer: "tfjs-webgl" }, { ...measured(200), peakBytes: null }),
    cannotRow({ ...entry, peer: "tfjs-wasm" }, "Kernel <x> not registered"),
  ],
  new Set(["tfjs-webgl"]),
);

test("a row has every field, by the step", () => {
  expect(rows[0]).toEqual({
    peer: "wgrad",
    version: "1.2.3",
    model: "lenet5",
    batch: 64,
    msStep: { median: 20, min: 10, max: 30 },
    imagesPerSecond: 3200,
    gflops: 144.89088 / 20,
    ratio: 1,
    firstStepMs: 1500,
    dispatches: 26,
    submits: 1,
    jsMs: 0.1,
    peakBytes: 4_000_000,
    losses: [2.3, 2.2],
    blocks: 3,
    stepsPerBlock: 2,
    agrees: true,
    cannot: null,
  });
  expect(rows[1]).toMatchObject({ msStep: { median: 120, min: 100, max: 140 }, ratio: 6, agrees: true });
  expect(rows[2]).toMatchObject({ ratio: 10, agrees: false, submits: null, peakBytes: null });
  expect(rows[3]).toMatchObject({ msStep: null, ratio: null, agrees: null, cannot: "Kernel <x> not registered" });
  expect(Object.keys(rows[3] ?? {}).toSorted()).toEqual(Object.keys(rows[0] ?? {}).toSorted());
});

test("without wgrad there is no ratio, and alone nothing to agree with", () => {
  const [alone] = besideEachOther([measuredRow({ ...entry, peer: "jax-js" }, measured(100))], new Set());
  expect(alone).toMatchObject({ ratio: null, agrees: null });
});

test("the table has a line an engine, and says why one cannot", () => {
  expect(networkTable("lenet5", rows).split("\n")).toEqual([
    "LeNet-5, batch 64: 61,706 parameters, 0.145 GFLOP a step",
    "engine      version  ms/step    (min - max)  images/s  GFLOP/s  ratio  first step s  dispatches  submits  JS ms  peak MB  blocks     loss       after  agrees",
    "wgrad         1.2.3     20.0  (10.0 - 30.0)      3200     7.24   1.00          1.50          26      1.0   0.10      4.0   3 x 2  2.30000  2.20000 @2  yes",
    "jax-js        1.2.3      120    (100 - 140)       533     1.21   6.00          1.50          26      1.0   0.10      4.0   2 x 2  2.30000  2.20000 @2  yes",
    "tfjs-webgl    1.2.3      200    (200 - 200)       320    0.724  10.00          1.50          26        -   0.10        -   1 x 2  2.30000  2.20000 @2  NO",
    "tfjs-wasm 1.2.3 cannot train it: Kernel <x> not registered",
  ]);
});

test("three digits", () => {
  expect([0, 0.0123456, 0.5, 9.876, 12.34, 123.4, 12345.6].map(significant)).toEqual([
    "0.00",
    "0.0123",
    "0.500",
    "9.88",
    "12.3",
    "123",
    "12346",
  ]);
});

const results: Results = {
  date: "2026-11-21T06:18:30.000Z",
  commit: "abc1234",
  machine: "2 x Some CPU",
  browser: "chromium 156",
  adapter: { vendor: "google", architecture: "swiftshader", description: "", software: true },
  rows,
};

test("bars are as long as the time, with the ratio beside; a wrong loss is shown", () => {
  const svg = picture(results);
  const widths = [...svg.matchAll(/<rect x="128" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(3);
  expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(6, 1);
  expect(svg).toContain(">120 ms, 6.0x</text>");
  expect(svg).toContain(">200 ms, 10.0x, WRONG LOSS</text>");
  expect(svg).toContain("cannot train it: Kernel &lt;x&gt; not registered");
});

test("results and picture get the name of the minute and the adapter", () => {
  const folder = mkdtempSync(join(tmpdir(), "wgrad-bench-results-"));
  try {
    const { json, svg } = writeResults(folder, results);
    expect(json).toBe(join(folder, "2026-11-21T0618-google-swiftshader.json"));
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual(results);
    expect(readFileSync(svg, "utf8")).toBe(picture(results));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
