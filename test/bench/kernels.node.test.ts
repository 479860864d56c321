import { expect, test } from "vitest";
import { columns } from "../../bench/columns.ts";
import { listCases } from "../../bench/kernels/cases.ts";
import { convCases } from "../../bench/kernels/convCases.ts";
import { caseId, seeded } from "../../bench/kernels/kernelCase.ts";
import { references } from "../../bench/kernels/references.ts";
import { ceilingsOf, rowOf } from "../../bench/kernels/row.ts";
import { measured, type Sample } from "../../bench/kernels/sample.ts";
import { kernelTable } from "../../bench/kernels/table.ts";
import { spreadOf } from "../../bench/spread.ts";
import { checkPattern } from "../../bench/sweep/pattern.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { leavesOf, makeGraph } from "../../src/core/graph.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { CommandError } from "../../tools/cli.ts";

const every = /(?:)/;

test("case ids are distinct, and each reference is that of a case", () => {
  const ids = listCases(every, false).map(caseId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(references).filter((id) => !ids.includes(id))).toEqual([]);
});

test("every convolution of the three networks has a reference, but for the 1x1 head", () => {
  const ids = listCases(/^(unet|lenet|mnist) (conv|up)/, true).map(caseId);
  const without = ids.filter((id) => !id.startsWith("ceiling") && !references[id]);
  expect(without).toEqual(["fwd", "dX", "dW"].map((pass) => `unet conv 128,16->2 1x1 b4 ${pass}`));
});

test("a filter keeps the ceilings; a software adapter is spared the largest product", () => {
  expect(listCases(/gemm 256/, true).map(caseId)).toEqual([
    "ceiling fma fwd",
    "ceiling stream 4 MiB fwd",
    "ceiling stream 64 MiB fwd",
    "gemm 256 fwd",
  ]);
  expect(listCases(/gemm 4096/, false)).toHaveLength(4);
  expect(listCases(/ceiling fma/, true)).toHaveLength(3);
});

test("a filter that finds nothing is an error that names some cases", () => {
  expect(() => listCases(/gemm 4096/, true)).toThrow(/--only gemm 4096 finds none of \d+ cases, such as ceiling fma/);
});

test("every case can be planned, and plans a dispatch to time", () => {
  const software = { ...defaultTarget, software: true };
  for (const kernelCase of listCases(/b4|b64|b128|dense|128x10|adam 482449/, true)) {
    const { before = {}, outputs, updates } = kernelCase.build(software);
    const graph = makeGraph("case", { ...before, ...outputs }, updates);
    const variables = leavesOf(graph).flatMap(({ source }) => (source.kind === "variable" ? [source.variable] : []));
    const skipped = plan(makeGraph("before", before), layVariables(variables), software).calls.length;
    const { calls } = plan(graph, layVariables(variables), software);
    expect(calls.length - skipped, caseId(kernelCase)).toBeGreaterThan(kernelCase.part ? 1 : 0);
  }
});

test("flops are those of the mathematics: 2 x pixels x filter, for strides and transposed convolutions too", () => {
  const shape = { model: "m", batch: 2, side: 8, channels: 3, filters: 5, kernel: 2, padding: "valid" } as const;
  const flops = (more: object) => convCases({ ...shape, ...more })[0]?.flops;
  expect(flops({})).toBe(2 * 2 * 7 * 7 * (2 * 2 * 3 * 5));
  expect(flops({ stride: 2 })).toBe(2 * 2 * 4 * 4 * (2 * 2 * 3 * 5));
  expect(flops({ stride: 2, transposed: true })).toBe(2 * 2 * 8 * 8 * (2 * 2 * 3 * 5));
  expect(flops({ filters: 3, depthwise: true })).toBe(2 * 2 * 7 * 7 * (2 * 2 * 3));
});

test("the numbers that fill tensors lie in [-1, 1) and repeat", () => {
  const data = seeded(65_521 + 7);
  expect(Math.min(...data)).toBe(-1);
  expect(Math.max(...data)).toBeLessThan(1);
  expect([...data.slice(65_521)]).toEqual([...data.slice(0, 7)]);
});

test("the spread of an even count has its median between two", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

const sample = (id: string, parts: Partial<Sample>): Sample => ({
  id,
  family: "conv",
  flops: null,
  bytes: 0,
  ms: { median: 1, min: 1, max: 1 },
  runs: 10,
  dispatches: 1,
  pipelines: 1,
  compileMs: 5,
  kernels: [],
  ...parts,
});
const ceilings = [
  sample("ceiling fma fwd", { family: "ceiling", flops: 40e6, bytes: 1 }),
  sample("ceiling stream 64 MiB fwd", { family: "ceiling", bytes: 100e6, ms: { median: 50, min: 50, max: 50 } }),
  sample("ceiling stream 4 MiB fwd", { family: "ceiling", bytes: 8e6, ms: { median: 2, min: 2, max: 2 } }),
];

test("rates are shares of the ceilings: of the stream that moves about as much", () => {
  const found = ceilingsOf(ceilings);
  expect(found).toEqual({
    gflops: 40,
    streams: [
      { bytes: 8e6, gbs: 4 },
      { bytes: 100e6, gbs: 2 },
    ],
  });
  const near = rowOf(sample("relu 4 MiB fwd", { family: "memory", bytes: 2e6 }), found, true);
  expect(near).toMatchObject({ gflops: null, fmaShare: null, gbs: 2, streamShare: 0.5 });
  const far = rowOf(sample("x", { flops: 10e6, bytes: 90e6 }), found, true);
  expect(far).toMatchObject({ gflops: 10, fmaShare: 0.25, gbs: 90, streamShare: 45, reference: null, reached: null });
});

test("marks are shares of earlier rates, on a software adapter alone", () => {
  const found = ceilingsOf(ceilings);
  const reached = sample("gemm 512 fwd", { family: "gemm", flops: 7.36e6 * 0.76 });
  expect(rowOf(reached, found, true)).toMatchObject({ reached: true, reference: { rate: 7.36 } });
  expect(rowOf({ ...reached, flops: 7.36e6 * 0.74 }, found, true).reached).toBe(false);
  expect(rowOf(reached, found, false)).toMatchObject({ reached: null, reference: null });
  const memory = sample("relu 4 MiB fwd", { family: "memory", bytes: 5.3e6 * 0.79 });
  expect(rowOf(memory, found, true).reached).toBe(false);
});

test("without ceilings there are no rows", () => {
  expect(() => ceilingsOf([])).toThrow(RangeError);
});

test("a case that failed is a line below the table", () => {
  const [gemm] = listCases(/gemm 256/, true).slice(3);
  if (!gemm) throw new Error("no such case");
  const failed = measured(gemm, [], "no room");
  expect(failed).toMatchObject({ ms: null, failure: "no room", dispatches: 0 });
  const found = ceilingsOf(ceilings);
  const table = kernelTable([rowOf(failed, found, true)], found);
  expect(table).toContain("FAILED gemm 256 fwd: no room");
  expect(table).toContain("40.0 GFLOP/s, 4.00 GB/s over 7.6");
});

test("columns: first and last to the left, the others to the right", () => {
  expect(
    columns([
      ["a", "bb", "c"],
      ["aaa", "b", "cc"],
    ]),
  ).toBe("a    bb  c\naaa   b  cc");
});

test("a pattern that is no regular expression is a mistake of the command's user", () => {
  expect(checkPattern("conv|gemm")).toBe("conv|gemm");
  expect(() => checkPattern("(")).toThrow(CommandError);
});
