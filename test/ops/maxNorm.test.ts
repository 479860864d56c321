import { expect, test } from "vitest";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, makeVariable } from "../../src/core/graph.ts";
import { sizeOf, stridesOf, tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { limitNorms } from "../../src/ops/maxNorm.ts";
import { plan } from "../../src/passes/index.ts";
import { numbers, randomTensor, testGpu } from "../support/run.ts";

test.each([
  { shape: [1], axis: -1, maxValue: 0.25 },
  { shape: [7, 5], axis: -1, maxValue: 1.5 },
  { shape: [7, 65], axis: 0, maxValue: 4.5 },
  { shape: [3, 3, 4, 130], axis: 3, maxValue: 3.5 },
  { shape: [3, 2, 5, 4], axis: 2, maxValue: 2.7 },
])("norms of $shape along axis $axis are at most $maxValue; those below stay as they are", async (problem) => {
  const { shape, axis, maxValue } = problem;
  const data = numbers(sizeOf(shape), 1);
  const initial = { kind: "values", data } as const;
  // Neighbours in the same arena must not be touched.
  const [before, weights, after] = ["before", "weights", "after"].map((name) =>
    makeVariable({ name, role: "parameter", type: tensorType(shape), initial }),
  );
  if (!before || !weights || !after) throw new Error("three variables");
  const store = new Variables(await testGpu(), [before, weights, after]);
  const update = limitNorms(weights.value, { maxValue, axis });
  const commands = await CommandGraph.compile(
    plan(makeGraph("limit", {}, [update]), store.layout, store.gpu.target),
    store,
  );
  commands.run();
  const got = await store.read(weights);
  expect([...(await store.read(before))]).toEqual([...data]);
  expect([...(await store.read(after))]).toEqual([...data]);
  commands.dispose();
  store.dispose();

  const at = axis < 0 ? axis + shape.length : axis;
  const stride = stridesOf(shape)[at] ?? 1;
  const unitOf = (i: number) => Math.floor(i / stride) % (shape[at] ?? 1);
  const norms = new Array<number>(shape[at] ?? 1).fill(0);
  data.forEach((w, i) => {
    norms[unitOf(i)] = Math.hypot(norms[unitOf(i)] ?? 0, w);
  });
  let shrunk = 0;
  data.forEach((w, i) => {
    const norm = norms[unitOf(i)] ?? 0;
    if (norm > maxValue) shrunk++;
    const want = norm > maxValue ? (w * maxValue) / norm : w;
    expect(Math.abs((got[i] ?? Number.NaN) - want)).toBeLessThanOrEqual(norm > maxValue ? 1e-6 : 0);
  });
  expect(shrunk).toBeGreaterThan(0);
});

test("wrong input", () => {
  expect(() => limitNorms(randomTensor([3, 4], 1), { maxValue: 1, axis: 2 })).toThrow(ShapeError);
  expect(() => limitNorms(randomTensor([3, 4], 1), { maxValue: 0, axis: 0 })).toThrow(GraphError);
});
