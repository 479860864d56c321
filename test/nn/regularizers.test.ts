import { beforeAll, describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { maxNorm } from "../../src/nn/constraints.ts";
import { dense, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { type Optimizer, sgd } from "../../src/nn/optimizers.ts";
import { l1, l1l2, l2, type Regularizer } from "../../src/nn/regularizers.ts";
import { fixedBatch } from "../support/fixedBatch.ts";
import { tensor, testGpu } from "../support/run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const shape = [2, 3, 4, 1];
/** Six labels of which none weighs anything: what moves the weights is the penalty alone. */
const silent = () => fixedBatch(gpu, shape, { y: tensor([2, 3], [0, 1, 0, 1, 1, 0]), weights: tensor([2], [0, 0]) });
const loud = () => fixedBatch(gpu, shape, { y: tensor([2, 3], [0, 1, 0, 1, 1, 0]) });

interface Rules {
  readonly kernelRegularizer?: Regularizer;
  readonly kernelConstraint?: ReturnType<typeof maxNorm>;
}

function network(rules: Rules, optimizer: Optimizer = sgd({ learningRate: 0.5 })): Promise<Model> {
  const layers = [flatten(), dense({ name: "hidden", units: 5, ...rules }), dense({ name: "logits", units: 3 })];
  return sequential({ inputShape: shape.slice(1), layers }).compile({
    gpu,
    optimizer,
    loss: "binaryCrossentropy",
    seed: 3,
  });
}

async function weights(model: Model): Promise<Map<string, Float32Array>> {
  const { state, store } = model.compiled;
  const read = new Map<string, Float32Array>();
  for (const variable of state.variables.values()) {
    read.set(variable.name, Float32Array.from(await store.read(variable)));
  }
  return read;
}

describe("penalties", () => {
  test.each([
    { regularizer: l2(0.1), step: (w: number) => w - 0.5 * 0.2 * w },
    { regularizer: l1(0.03), step: (w: number) => w - 0.5 * 0.03 * Math.sign(w) },
    { regularizer: l1l2({ l1: 0.02, l2: 0.3 }), step: (w: number) => w - 0.5 * (0.02 * Math.sign(w) + 0.6 * w) },
  ])("$regularizer.name moves its kernel, and nothing else", async ({ regularizer, step }) => {
    const model = await network({ kernelRegularizer: regularizer });
    const before = await weights(model);
    const history = await model.fit(silent(), { batchSize: 2, shuffle: false });
    const after = await weights(model);
    for (const [name, values] of after) {
      const want = [...(before.get(name) ?? [])].map((w) => (name === "hidden/kernel" ? step(w) : w));
      values.forEach((w, i) => {
        expect(Math.abs(w - (want[i] ?? Number.NaN))).toBeLessThan(1e-7);
      });
    }
    expect(history.losses).toEqual([0]);
    model.dispose();
  });

  test("a penalty adds to the gradient of the loss", async () => {
    const [plain, penalised] = [await network({}), await network({ kernelRegularizer: l2(0.1) })];
    const before = await weights(plain);
    for (const model of [plain, penalised]) await model.fit(loud(), { batchSize: 2, shuffle: false });
    const [without, withIt] = [await weights(plain), await weights(penalised)];
    const kernel = withIt.get("hidden/kernel") ?? new Float32Array();
    expect(kernel.length).toBe(60);
    kernel.forEach((w, i) => {
      const want = (without.get("hidden/kernel")?.[i] ?? 0) - 0.5 * 0.2 * (before.get("hidden/kernel")?.[i] ?? 0);
      expect(Math.abs(w - want)).toBeLessThan(1e-7);
    });
    plain.dispose();
    penalised.dispose();
  });

  test("options out of range", () => {
    expect(() => l2(-1)).toThrow(GraphError);
    expect(() => l1(Number.NaN)).toThrow(/factor/);
    expect(() => l1l2({ l3: 1 } as object)).toThrow(/option l3/);
  });
});

describe("max-norm", () => {
  test("holds after each update of the optimizer, for each unit of the kernel", async () => {
    const [plain, held] = [await network({}), await network({ kernelConstraint: maxNorm({ maxValue: 0.8 }) })];
    for (const model of [plain, held]) await model.fit(loud(), { batchSize: 2, shuffle: false });
    const free = (await weights(plain)).get("hidden/kernel") ?? new Float32Array();
    const kernel = (await weights(held)).get("hidden/kernel") ?? new Float32Array();
    for (let unit = 0; unit < 5; unit++) {
      const rows = Array.from({ length: 12 }, (_, row) => row * 5 + unit);
      const norm = Math.hypot(...rows.map((i) => free[i] ?? 0));
      const shrink = Math.min(1, 0.8 / norm);
      for (const i of rows) expect(Math.abs((kernel[i] ?? 9) - (free[i] ?? 0) * shrink)).toBeLessThan(1e-6);
    }
    plain.dispose();
    held.dispose();
  });

  test("it joins a penalty: one dispatch for the optimizer, one for each constraint", async () => {
    const rules = { kernelRegularizer: l2(0.1), kernelConstraint: maxNorm() };
    const [plain, both] = [await network({}), await network(rules)];
    const named = (model: Model) => model.trainPlan(loud(), 2).calls.map(({ call }) => call.name);
    expect(named(plain).filter((name) => name === "update")).toHaveLength(1);
    expect(named(plain)).not.toContain("maxNorm");
    expect(named(both).filter((name) => name === "update")).toHaveLength(1);
    expect(named(both).filter((name) => name === "maxNorm")).toHaveLength(1);
    // The gradient of the penalty joins that of the loss in one kernel.
    expect(named(both).length).toBeLessThanOrEqual(named(plain).length + 2);
    plain.dispose();
    both.dispose();
  });

  test("options out of range", () => {
    expect(() => maxNorm({ maxValue: 0 })).toThrow(GraphError);
    expect(() => maxNorm({ max: 1 } as object)).toThrow(/option max/);
  });
});
