import { beforeAll, describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { lenet5, unet } from "../../src/models/index.ts";
import type { CompileOptions } from "../../src/nn/compile.ts";
import {
  activation,
  conv2d,
  dense,
  dropout,
  flatten,
  gaussianNoise,
  groupNormalization,
  layerNormalization,
  maxPooling2d,
  spatialDropout2d,
} from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { recompute } from "../../src/nn/recompute.ts";
import { summary } from "../../src/nn/summary.ts";
import { testGpu } from "../support/run.ts";
import { train } from "../support/training.ts";

const side = 32;
const loss = "sparseCategoricalCrossentropy";
const segmenting = () =>
  unet({ inputShape: [side, side, 1], padding: "same", batchNormalization: true, base: 4, depth: 2, dropout: 0.3 });

/** Each kind of layer that draws numbers or normalizes by what it sees. */
function noisy(): Model {
  return sequential({
    name: "noisy",
    inputShape: [side, side, 1],
    layers: [
      conv2d({ filters: 8, kernelSize: 3 }),
      groupNormalization({ groups: 2 }),
      activation({ activation: "tanh" }),
      spatialDropout2d({ rate: 0.2 }),
      conv2d({ filters: 8, kernelSize: 3, activation: "relu" }),
      gaussianNoise({ stddev: 0.1 }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 8, kernelSize: 3, activation: "swish" }),
      layerNormalization(),
      flatten(),
      dropout({ rate: 0.4 }),
      dense({ units: 10 }),
    ],
  });
}

let gpu: Gpu;
let digits: Dataset;
let cells: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  digits = imageDataset(gpu, drawDigits({ count: 24, seed: 1 }), { height: side, width: side });
  cells = segmentationDataset(gpu, drawCells({ count: 12, seed: 1, size: side }), { size: side });
});

describe("activations that are made again train as those that are kept, bit for bit", () => {
  test.each([
    ["LeNet-5", () => lenet5(), () => digits, 8],
    ["a U-Net with batch normalization and dropout", segmenting, () => cells, 4],
    ["a network of noise and normalization", noisy, () => digits, 8],
  ] as const)("%s", async (_, make, data, batchSize) => {
    const options = { optimizer: adam({ learningRate: 0.01 }), batchSize, steps: 3, seed: 5, poison: true };
    const kept = await train(make(), data(), options);
    expect(kept.losses.every(Number.isFinite)).toBe(true);
    for (const policy of ["cheap", "all"] as const) {
      const again = await train(make(), data(), { ...options, recompute: recompute(policy) });
      expect(again.dispatches, policy).toBeGreaterThan(kept.dispatches);
      expect(again.losses, policy).toEqual(kept.losses);
      expect(again.weights, policy).toEqual(kept.weights);
    }
  });
});

describe("compile with recompute", () => {
  test("fits in less memory, and the summary says what that saves and costs", async () => {
    const [kept, again] = [segmenting(), segmenting()];
    const options = { gpu, optimizer: adam(), loss, seed: 1 } as const;
    await kept.compile(options);
    await again.compile({ ...options, recompute: recompute() });
    const [plan, lean] = [kept.trainPlan(cells, 4), again.trainPlan(cells, 4)];
    expect(lean.peakBytes).toBeLessThan(plan.peakBytes);
    expect(lean.flops).toBeGreaterThan(plan.flops);
    const [step, saving] = summary(again, { batchSize: 4 }).split("\n").slice(-2);
    expect(step).toMatch(/^a training step on 4 examples: \d+ dispatches/);
    expect(saving).toMatch(
      /^recompute "cheap": peak \d+\.\d [KM]iB -> \d+\.\d [KM]iB \(-[\d.]+ %\), [\d.]+ Mflop -> [\d.]+ Mflop \(\+[\d.]+ %\)$/,
    );
    expect(summary(kept)).not.toContain("recompute");
    const [plain, remade] = [
      await kept.fit(cells, { epochs: 2, batchSize: 4 }),
      await again.fit(cells, { epochs: 2, batchSize: 4 }),
    ];
    expect(remade.losses).toEqual(plain.losses);
    kept.dispose();
    again.dispose();
  });

  test("refuses what is no policy, or not made by recompute()", async () => {
    expect(() => recompute("some" as "all")).toThrow(
      new GraphError({ where: "recompute", seen: 'policy "some"', wanted: "one of cheap, all" }),
    );
    const options = { gpu, optimizer: adam(), loss, recompute: "all" } as object;
    await expect(segmenting().compile(options as CompileOptions)).rejects.toThrow(
      'compile: recompute "all"; wanted what recompute() gives. Import { recompute } from "wgrad"',
    );
  });
});
