import { beforeAll, describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { type Initializer, type InitializerName, initializers } from "../../src/nn/initializers.ts";
import { dense } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { readWeight } from "../support/readWeight.ts";
import { testGpu } from "../support/run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const [fanIn, fanOut] = [300, 100];

/** The kernel [300, 100] and the bias of a dense layer, as they are before any training; then a layer of the same size. */
async function firstWeights(kernelInitializer: InitializerName | Initializer, seed = 1) {
  const layer = (name: string) => dense({ name, units: fanOut, kernelInitializer });
  const network = sequential({
    inputShape: [fanIn],
    layers: [layer("a"), dense({ name: "to", units: fanIn }), layer("b")],
  });
  await network.compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", seed });
  const read = await Promise.all(
    [...network.compiled.state.variables.values()].map((each) => readWeight(network, each)),
  );
  const [kernel, bias, , , twin] = read.map((values) => [...values]);
  network.dispose();
  return { kernel: kernel ?? [], bias: bias ?? [], twin: twin ?? [] };
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const central = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2 };
}

/** Variance, kurtosis (1.8 for uniform, 3 for normal, 2.37 for normal cut at two deviations), and the largest value. */
const expected: readonly (readonly [InitializerName, number, number, number])[] = [
  ["glorotUniform", 2 / (fanIn + fanOut), 1.8, Math.sqrt(6 / (fanIn + fanOut))],
  ["heUniform", 2 / fanIn, 1.8, Math.sqrt(6 / fanIn)],
  ["glorotNormal", 2 / (fanIn + fanOut), 2.37, (2 * Math.sqrt(2 / (fanIn + fanOut))) / 0.8796],
  ["heNormal", 2 / fanIn, 2.37, (2 * Math.sqrt(2 / fanIn)) / 0.8796],
  ["randomUniform", 0.05 ** 2 / 3, 1.8, 0.05],
  ["randomNormal", 0.05 ** 2, 3, 0.3],
  ["truncatedNormal", (0.05 * 0.8796) ** 2, 2.37, 0.1],
];

describe.each(expected)("%s", (name, variance, kurtosis, largest) => {
  test("has the moments that it says", async () => {
    const { kernel } = await firstWeights(name);
    const moments = momentsOf(kernel);
    const count = fanIn * fanOut;
    // Five standard errors of each moment; that of the kurtosis is at most sqrt(24 / n).
    expect(Math.abs(moments.mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    expect(Math.abs(moments.variance / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / count));
    expect(Math.abs(moments.kurtosis - kurtosis)).toBeLessThan(5 * Math.sqrt(24 / count));
    const extreme = Math.max(...kernel.map(Math.abs));
    expect(extreme).toBeLessThanOrEqual(largest * 1.0001);
    expect(extreme).toBeGreaterThan(largest * 0.6);
  });
});

describe("first weights", () => {
  test("are the same bits for the same seed, others for another", async () => {
    const [once, again, other] = [
      await firstWeights("glorotUniform"),
      await firstWeights("glorotUniform"),
      await firstWeights("glorotUniform", 2),
    ];
    expect(again).toEqual(once);
    const same = once.kernel.filter((value, i) => value === other.kernel[i]).length;
    expect(same).toBeLessThan(10);
  });

  test("of two layers of one size differ", async () => {
    const { kernel, twin } = await firstWeights("heNormal");
    expect(twin).toHaveLength(kernel.length);
    expect(kernel.filter((value, i) => value === twin[i]).length).toBeLessThan(10);
  });

  test("are 0 for a bias, and what a constant or a function says", async () => {
    expect(new Set((await firstWeights("ones")).bias)).toEqual(new Set([0]));
    expect(new Set((await firstWeights("ones")).kernel)).toEqual(new Set([1]));
    expect(new Set((await firstWeights(initializers.zeros)).kernel)).toEqual(new Set([0]));
    const own: Initializer = (fans) => ({ kind: "constant", value: fans.fanIn / fans.fanOut });
    expect(new Set((await firstWeights(own)).kernel)).toEqual(new Set([3]));
  });
});
