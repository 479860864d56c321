import { describe, expect, test, vi } from "vitest";
import type { Choice, Target } from "../../src/core/call.ts";
import { input, makeGraph, type Value } from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import { tensorType } from "../../src/core/types.ts";
import { tuneGraph } from "../../src/gpu/tune.ts";
import { tanh } from "../../src/ops/activations.ts";
import { conv2d, conv2dInputGradientOp, conv2dKernelGradientOp } from "../../src/ops/conv.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { evaluate, randomTensor, testGpu } from "../support/run.ts";

const gpu = await testGpu();
const software = { software: true, subgroups: gpu.target.subgroups };
const noVariables = layVariables([]);

/** The choices that a graph asks for. */
function choicesOf(outputs: Record<string, Value>, target: Partial<Target>): Choice[] {
  const heard: Choice[] = [];
  const listening = { ...gpu.target, ...target, onChoice: (choice: Choice) => heard.push(choice) };
  plan(makeGraph("test", outputs), noVariables, listening);
  return heard;
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    expect(Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0))).toBeLessThanOrEqual(tolerance);
  }
}

describe.each([
  ["a GPU", { software: false }],
  ["a software adapter", software],
])("every variant on %s gives the same numbers", (_, target) => {
  test.each([
    [70, 44, 36],
    [33, 7, 19],
  ])("of a product %i x %i over %i", async (m, n, k) => {
    const build = () => ({ y: matmul(randomTensor([m, k], 1), randomTensor([k, n], 2)) });
    await expectAgreement(build, 2e-6 * Math.sqrt(k) + 1e-6);
  });

  test("of a convolution and its gradients", { timeout: 120_000 }, async () => {
    const build = () => {
      const [image, kernel] = [randomTensor([2, 7, 9, 8], 1), randomTensor([3, 3, 8, 12], 2)];
      const y = conv2d(image, kernel, null, { padding: 1 });
      const attrs: object = y.source.kind === "node" ? y.source.node.attrs : {};
      const dY = randomTensor(y.type.shape, 3);
      const dX = applyOne(conv2dInputGradientOp, [dY, kernel], { ...attrs, shape: [2, 7, 9, 8] } as never);
      const shaped = { ...attrs, shape: [3, 3, 8, 12], bias: true } as never;
      const [dKernel, dBias] = apply(conv2dKernelGradientOp, [image, dY], shaped);
      return { y, dX, dKernel: dKernel as Value, dBias: dBias as Value };
    };
    await expectAgreement(build, 3e-5);
  });

  /** Runs the graph with the first to the last variant of all its choices at once. */
  async function expectAgreement(build: () => Record<string, Value>, tolerance: number): Promise<void> {
    const choices = choicesOf(build(), target);
    const most = Math.min(6, Math.max(...choices.map(({ variants }) => variants.length)));
    expect(most).toBeGreaterThan(1);
    const want = await evaluate(build(), { target });
    for (let i = 1; i < most; i++) {
      const tuned = new Map(choices.map(({ key, variants }) => [key, variants[i % variants.length] ?? ""]));
      const got = await evaluate(build(), { target: { ...target, tuned } });
      for (const [name, values] of Object.entries(want)) expectClose(got[name] ?? [], values, tolerance);
    }
  }
});

describe("tuning", () => {
  const a = input("a", tensorType([64, 24]));
  const image = input("image", tensorType([1, 8, 8, 2]));
  const build = () => ({
    product: tanh(matmul(a, randomTensor([24, 8], 1))),
    image: conv2d(image, randomTensor([3, 3, 2, 4], 2), null, { padding: 1 }),
  });
  const target: Target = { ...gpu.target, ...software };
  const parts = { gpu, graph: makeGraph("test", build()), layout: noVariables, target };

  test("times each open choice once, the one with most work first", { timeout: 120_000 }, async () => {
    const steps: string[] = [];
    const onProgress = (done: number, total: number) => steps.push(`${done}/${total}`);
    const { choices, left } = await tuneGraph({ ...parts, seconds: 60, onProgress });
    expect(left).toBe(0);
    expect(steps).toEqual(["0/2", "1/2", "2/2"]);
    const asked = choicesOf(build(), software);
    expect(choices.map(({ key }) => key.split(" ")[0])).toEqual(["gemm", "convRows"]);
    for (const { key, usual, best, usualMs, bestMs } of choices) {
      const { variants = [], taken } = asked.find((choice) => choice.key === key) ?? {};
      expect(usual).toBe(taken);
      expect(variants).toContain(best);
      expect(usualMs).toBeGreaterThan(0);
      expect(bestMs).toBeLessThanOrEqual(usualMs);
      if (best !== usual) expect(bestMs).toBeLessThanOrEqual(0.95 * usualMs);
    }

    const tuned = new Map(choices.map(({ key, best }) => [key, best]));
    expect(await tuneGraph({ ...parts, target: { ...target, tuned }, seconds: 60 })).toEqual({ choices: [], left: 0 });
  });

  test("measures nothing when there is no time", async () => {
    expect(await tuneGraph({ ...parts, seconds: 0 })).toEqual({ choices: [], left: 2 });
  });

  /** What is timed while the device hides its timestamps: by the host's clock. */
  async function withoutTimestamps<T>(work: () => Promise<T>): Promise<T> {
    const { features } = gpu.device;
    const has = features.has.bind(features);
    const hidden = (name: string) => name !== "timestamp-query" && has(name);
    Object.defineProperty(features, "has", { value: hidden, configurable: true });
    try {
      return await work();
    } finally {
      Reflect.deleteProperty(features, "has");
    }
  }
  const product = makeGraph("test", { y: matmul(a, randomTensor([24, 8], 1)) });

  test("takes whole submits where the device has no timestamps", { timeout: 120_000 }, async () => {
    const { choices } = await withoutTimestamps(() => tuneGraph({ ...parts, graph: product, seconds: 60 }));
    expect(choices.map(({ usualMs, bestMs }) => usualMs > 0 && bestMs > 0)).toEqual([true]);
  });

  test("times again what a clock of coarse steps does not show, though runs before were slow", async () => {
    let clock = 0;
    let submits = 0;
    const { submit } = GPUQueue.prototype;
    const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
    vi.spyOn(performance, "now").mockImplementation(() => Math.floor(clock * 10) / 10);
    vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups").mockImplementation(function (
      this: GPUComputePassEncoder,
      ...grid
    ) {
      clock += 0.01;
      dispatchWorkgroups.apply(this, grid);
    });
    vi.spyOn(GPUQueue.prototype, "submit").mockImplementation(function (this: GPUQueue, buffers) {
      submits++;
      if (submits <= 12) clock += 5;
      submit.call(this, buffers);
    });
    try {
      const { choices } = await withoutTimestamps(() => tuneGraph({ ...parts, graph: product, seconds: 60 }));
      expect(choices).toHaveLength(1);
      for (const { usualMs, bestMs } of choices) {
        // A dispatch or a few.
        for (const ms of [usualMs, bestMs]) expect(Math.abs(ms / 0.01 - Math.round(ms / 0.01))).toBeLessThan(0.1);
        expect(bestMs).toBeGreaterThanOrEqual(0.0099);
        expect(usualMs).toBeLessThan(0.1);
      }
    } finally {
      vi.restoreAllMocks();
    }
  });
});
