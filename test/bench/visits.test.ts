import { expect, test } from "vitest";
import { listCases } from "../../bench/kernels/cases.ts";
import { caseId, type KernelCase } from "../../bench/kernels/kernelCase.ts";
import { visit } from "../../bench/kernels/visit.ts";
import { visitPoint } from "../../bench/scale/visit.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { testGpu } from "../support/run.ts";

function caseOf(id: string): KernelCase {
  const found = listCases(/(?:)/, true).find((kernelCase) => caseId(kernelCase) === id);
  if (!found) throw new Error(`no case ${id}`);
  return found;
}

test("a visit times one case in blocks that are long enough, and tells what ran", async () => {
  const gpu = await Gpu.create();
  const first = await visit(gpu, caseOf("lenet dense 64x84->10 fwd"));
  expect(first.ms * first.runs).toBeGreaterThanOrEqual(100);
  expect(first.calls.map(({ call }) => call.name)).toContain("dense");
  expect(first.pipelines).toBeGreaterThan(0);
  expect(first.compileMs).toBeGreaterThan(0);
  const second = await visit(gpu, caseOf("lenet dense 64x84->10 fwd"));
  expect(second).toMatchObject({ pipelines: 0, compileMs: 0 });
  gpu.dispose();
});

test("dispatches of an earlier pass run once and are not timed", async () => {
  const gpu = await testGpu();
  const { calls } = await visit(gpu, caseOf("max pool 2x2 128x128x16 b4 dX"));
  expect(calls.map(({ call }) => call.name)).toEqual(["maxPool2dBackward"]);
});

test("the parts of a kernel are all of it", async () => {
  const gpu = await testGpu();
  const norm = async (pass: string) => (await visit(gpu, caseOf(`batch norm 32x32x64 b4 ${pass}`))).calls.length;
  expect((await norm("statistics")) + (await norm("apply+relu"))).toBe(await norm("fwd+relu"));
});

test("a growing network is trained for a block of steps", async () => {
  const gpu = await testGpu();
  const found = await visitPoint(gpu, { model: "unet", batch: 1, side: 16, base: 4, depth: 1 });
  expect(found.msStep * found.steps).toBeGreaterThan(10);
  expect(found.jsMs).toBeLessThan(found.msStep);
  expect(found.dispatches).toBeGreaterThan(10);
  expect(found.peakBytes).toBeGreaterThan(16 * 16 * 4);
});
