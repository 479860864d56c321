import { describe, expect, test } from "vitest";
import { printPlan } from "../../src/core/plan.ts";
import { printGraph } from "../../src/core/print.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { optimize } from "../../src/passes/index.ts";
import { lenet5Graphs, lenet5Plan, withoutIds } from "../support/trainStep.ts";

describe("LeNet-5 is Table 7.2 of 001", () => {
  const model = lenet5();

  test("its shapes", () => {
    const shapes = model.symbols.map(({ shape }) => shape.join("x"));
    expect(shapes).toEqual(["28x28x6", "14x14x6", "10x10x16", "5x5x16", "400", "120", "84", "10"]);
  });

  test("its 61,706 parameters", () => {
    const counts = [...model.layers.keys()].map((layer) => layer.parameterCount);
    expect(counts).toEqual([156, 0, 2416, 0, 0, 48_120, 10_164, 850]);
    expect(model.parameterCount).toBe(61_706);
  });
});

describe("LeNet-5 as text", () => {
  const { forward, train } = lenet5Graphs(64);

  test("its forward pass", async () => {
    await expect(printGraph(forward)).toMatchFileSnapshot("snapshots/lenet5-forward.txt");
  });

  test("its training step as built", async () => {
    await expect(printGraph(train)).toMatchFileSnapshot("snapshots/lenet5-train.txt");
  });

  test("its training step after the passes", async () => {
    await expect(printGraph(optimize(train))).toMatchFileSnapshot("snapshots/lenet5-train-optimized.txt");
  });

  test("two builds print the same", () => {
    expect(printGraph(lenet5Graphs(64).train)).toBe(printGraph(train));
  });
});

describe("the plan of LeNet-5's training step", () => {
  test("as text, for the least that WebGPU promises", async () => {
    const text = withoutIds(printPlan(lenet5Plan(64)));
    await expect(text).toMatchFileSnapshot("snapshots/lenet5-plan.txt");
  });

  test.each([
    ["a GPU", {}],
    ["a GPU with subgroups", { subgroups: true }],
    ["a software adapter", { software: true }],
    ["a software adapter with subgroups", { software: true, subgroups: true }],
  ])("takes at most 30 dispatches on %s", (_, target) => {
    expect(lenet5Plan(64, target).calls.length).toBeLessThanOrEqual(30);
  });

  test("knows its bytes and flops before there is a GPU", () => {
    const { buffers, calls, flops, peakBytes, unsharedBytes } = lenet5Plan(64);
    expect(peakBytes).toBe(buffers.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(peakBytes).toBeLessThan(unsharedBytes);
    expect(flops).toBe(calls.reduce((sum, { call }) => sum + call.flops, 0));
    // Multiplications and additions of the five layers: forward, by the weights, and by the inputs of all but the first.
    const dense = 400 * 120 + 120 * 84 + 84 * 10;
    const forward = 28 * 28 * 25 * 6 + 10 * 10 * 150 * 16 + dense;
    const byInputs = 14 * 14 * 25 * 16 * 6 + dense;
    const products = 2 * 64 * (2 * forward + byInputs);
    expect(flops).toBeGreaterThan(products);
    expect(flops).toBeLessThan(1.02 * products);
  });
});
