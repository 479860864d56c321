import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { unet } from "../../src/models/unet.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { testGpu } from "../support/run.ts";

/** On a device of the app's: default limits, no feature, and handlers that are the app's alone. */

let device: GPUDevice;
beforeAll(async () => {
  const adapter = await navigator.gpu.requestAdapter();
  device = (await adapter?.requestDevice()) as GPUDevice;
});
afterEach(() => vi.restoreAllMocks());

/** Two networks with their data. */
const trainings = {
  "LeNet-5": (gpu: Gpu) => ({
    model: lenet5(),
    data: imageDataset(gpu, drawDigits({ count: 16, seed: 1 }), { height: 32, width: 32 }),
  }),
  "U-Net": (gpu: Gpu) => ({
    model: unet({ inputShape: [32, 32, 1], padding: "same", batchNormalization: true, base: 4, depth: 2 }),
    data: segmentationDataset(gpu, drawCells({ count: 2, size: 64, seed: 1 }), { size: 32 }),
  }),
};

/** Loss of the second step. */
async function train(gpu: Gpu, network: keyof typeof trainings): Promise<number> {
  const { model, data } = trainings[network](gpu);
  await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
  const trainer = await model.trainer(data, { batchSize: 4 });
  trainer.step();
  trainer.step();
  const loss = await trainer.loss();
  model.dispose();
  data.dispose();
  return loss;
}

/** An error of the app's, as its handler sees it. */
async function errorOfTheApp(): Promise<GPUUncapturedErrorEvent | undefined> {
  const handler = vi.fn<(event: GPUUncapturedErrorEvent) => void>();
  device.onuncapturederror = handler;
  device.createBuffer({ label: "the app's", size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE });
  await device.queue.onSubmittedWorkDone();
  await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce());
  return handler.mock.lastCall?.[0];
}

describe("a device with default limits and no feature", () => {
  test.each(Object.keys(trainings) as (keyof typeof trainings)[])("trains %s as our own does", async (network) => {
    expect(device.features.has("subgroups")).toBe(false);
    expect(device.limits.maxStorageBuffersPerShaderStage).toBe(8);
    const loss = await train(Gpu.from(device), network);
    expect(loss).toBeGreaterThan(0);
    expect(loss).toBeCloseTo(await train(await testGpu(), network), 3);
  });
});

describe("the app's errors are the app's", () => {
  test("its handler stays, sees its errors as they are, and training does not mind them", async () => {
    const handler = () => {};
    device.onuncapturederror = handler;
    const listen = vi.spyOn(device, "addEventListener");
    const gpu = Gpu.from(device);
    await train(gpu, "LeNet-5");
    expect(device.onuncapturederror).toBe(handler);
    expect(listen).not.toHaveBeenCalled();
    const event = await errorOfTheApp();
    expect(event?.error.message).toMatch(/map_?write/i);
    expect(event?.defaultPrevented).toBe(false);
    gpu.check();
    expect(await train(gpu, "LeNet-5")).toBeGreaterThan(0);
    device.onuncapturederror = null;
  });

  test("its error scopes are as deep as before, and hold nothing of ours", async () => {
    device.pushErrorScope("validation");
    await train(Gpu.from(device), "U-Net");
    expect(await device.popErrorScope()).toBeNull();
    await expect(device.popErrorScope()).rejects.toMatchObject({ name: "OperationError" });
  });

  test("ours is thrown, and is not the app's", async () => {
    const app = vi.fn();
    device.onuncapturederror = app;
    const gpu = Gpu.from(device);
    gpu.createBuffer("ours", 256, GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE);
    await expect(gpu.idle()).rejects.toThrow(DeviceError);
    expect(() => gpu.check()).toThrow("WebGPU refused a command:");
    // Nor does it hold for the others on the device.
    Gpu.from(device).check();
    expect(app).not.toHaveBeenCalled();
    device.onuncapturederror = null;
  });
});

describe("several on one device", () => {
  test("share its pipelines", async () => {
    const first = Gpu.from(device);
    const second = Gpu.from(device);
    await train(first, "LeNet-5");
    const compile = vi.spyOn(GPUDevice.prototype, "createComputePipelineAsync");
    await train(second, "LeNet-5");
    expect(compile).not.toHaveBeenCalled();
  });

  test("leave it alive when they are disposed", async () => {
    Gpu.from(device).dispose();
    expect(await train(Gpu.from(device), "LeNet-5")).toBeGreaterThan(0);
  });
});

test("what is no device is refused", () => {
  expect(() => Gpu.from(navigator.gpu as unknown as GPUDevice)).toThrow("Gpu.from: [object GPU]; wanted a GPUDevice.");
  expect(() => Gpu.from(undefined as unknown as GPUDevice)).toThrow(DeviceError);
});
