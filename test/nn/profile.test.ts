import { beforeAll, expect, test } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { slotBytes } from "../../src/core/plan.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { saveCheckpoint } from "../../src/nn/checkpoint.ts";
import type { Model } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { profileStep } from "../../src/nn/profileStep.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

const loss = "sparseCategoricalCrossentropy";
const batchSize = 16;
let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = imageDataset(gpu, drawDigits({ count: 64, seed: 1 }), { height: 32, width: 32 });
});

function compiled(model: Model, on = gpu): Promise<Model> {
  return model.compile({ gpu: on, optimizer: adam({ learningRate: 0.01 }), loss, seed: 1 });
}

test("a profile of LeNet-5's step", async () => {
  const model = await compiled(lenet5());
  const trainer = await model.trainer(data, { batchSize });
  const { adapter, steps, ceilings, dispatches, layers, total, memory, clockMs } = await profileStep(trainer);
  const plan = model.trainPlan(data, batchSize);
  expect(adapter).toEqual(gpu.adapter);
  expect(steps).toBeGreaterThanOrEqual(5);
  expect(clockMs).toBeLessThanOrEqual(0.1);
  expect(dispatches.map(({ label }) => label)).toEqual(plan.calls.map(({ label }) => label));
  for (const { ms } of dispatches) expect(ms).toBeGreaterThanOrEqual(0);
  expect(total.ms).toBeGreaterThan(0);
  expect(total.flops).toBe(plan.flops);

  // Every layer that has a kernel of its own: flatten is a view.
  const names = layers.map(({ name }) => name);
  for (const layer of ["conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "fc3"]) {
    expect(names).toContain(`lenet5/${layer}`);
  }
  for (const { name, ms } of layers) expect(ms, name).toBeGreaterThan(0);

  expect(memory.fixedBytes + memory.slotBytes).toBe(plan.peakBytes);
  expect(memory.slotBytes).toBe(slotBytes(plan));
  expect(memory.peakLiveBytes).toBe(Math.max(...dispatches.map(({ liveBytes }) => liveBytes)));
  expect(memory.peakLiveBytes).toBeLessThanOrEqual(memory.slotBytes);

  // No kernel does more multiply-adds than the one that does nothing else: a sign of a wrong ceiling.
  for (const { gflops, ms, label } of dispatches) if (ms > 1) expect(gflops, label).toBeLessThan(ceilings.gflops);
  expect(ceilings.gbs).toBeGreaterThan(0.1);
  model.dispose();
});

test("training goes on as if no profile had been made, bit for bit", async () => {
  const [plain, profiled] = [await compiled(tinyNetwork()), await compiled(tinyNetwork())];
  const digits = digitSet(gpu, 70, 3);
  const trainers = [await plain.trainer(digits), await profiled.trainer(digits)] as const;
  for (const trainer of trainers) trainer.step();
  const profile = profileStep(trainers[1], { steps: 3 });
  // Steps between those of the profile are not lost.
  for (let step = 0; step < 6; step++) {
    for (const trainer of trainers) trainer.step();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await profile).steps).toBe(3);
  for (const trainer of trainers) trainer.step();
  expect(profiled.stepsDone).toBe(plain.stepsDone);
  expect(await trainers[1].loss()).toBe(await trainers[0].loss());
  expect(await saveCheckpoint(profiled)).toEqual(await saveCheckpoint(plain));
  for (const { compiled } of [plain, profiled]) {
    // Two batches of the third epoch.
    expect([...(await compiled.store.read(compiled.state.trainTotals.counts))][1]).toBe(64);
  }
  plain.dispose();
  profiled.dispose();
  digits.dispose();
});

test("a device without timestamps is an error that names the feature and the flag", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter?.requestDevice();
  if (!device) throw new Error("no device");
  const bare = Gpu.from(device);
  const model = await compiled(tinyNetwork(), bare);
  const digits = digitSet(bare, 8);
  const trainer = await model.trainer(digits);
  const error = await profileStep(trainer).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as DeviceError).message).toMatch(/timestamp-query.*requiredFeatures.*--enable-unsafe-webgpu/);
  trainer.step();
  expect(await trainer.loss()).toBeGreaterThan(0);
  await expect(profileStep(trainer, { steps: 0 })).rejects.toThrow("profileStep: steps 0");
  await expect(profileStep(trainer, { rounds: 3 } as object)).rejects.toThrow("profileStep: option rounds");
  model.dispose();
  digits.dispose();
  device.destroy();
});
