import { afterEach, describe, expect, test, vi } from "vitest";
import { GraphError, LimitError } from "../../src/core/errors.ts";
import { constant, makeGraph, makeVariable, type Role, type Variable } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import { tensorType } from "../../src/core/types.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { dense } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { plan } from "../../src/passes/index.ts";
import { expectAnswers } from "../support/fourAnswers.ts";
import { fakeOp, x } from "../support/graphs.ts";
import { testGpu } from "../support/run.ts";

/** What a device cannot hold is said before the browser is asked for it; what fails half-way leaves no buffer behind. */

const gpu = await testGpu();
const most = 4096;
const small = Gpu.from(gpu.device, {
  target: { limits: { ...limitsOf(gpu.device.limits), maxStorageBufferBindingSize: most } },
});

afterEach(() => vi.restoreAllMocks());

function limitsOf(limits: GPUSupportedLimits) {
  const { maxBufferSize, maxStorageBuffersPerShaderStage, maxComputeWorkgroupsPerDimension } = limits;
  const { maxComputeInvocationsPerWorkgroup, minStorageBufferOffsetAlignment } = limits;
  const sizes = { maxBufferSize, maxStorageBuffersPerShaderStage, maxComputeWorkgroupsPerDimension };
  return { ...sizes, maxComputeInvocationsPerWorkgroup, minStorageBufferOffsetAlignment };
}

function zeros(name: string, role: Role, ...shape: number[]): Variable {
  return makeVariable({ name, role, type: tensorType(shape), initial: { kind: "constant", value: 0 } });
}

/** Buffers that are made from now on, and those of them that were freed. */
function watchBuffers() {
  const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
  const freed = vi.spyOn(GPUBuffer.prototype, "destroy");
  return {
    made: () => made.mock.results.map(({ value }) => value as GPUBuffer),
    freed: () => new Set(freed.mock.contexts as unknown as GPUBuffer[]),
  };
}

describe("more than the device takes in one buffer", () => {
  test("of any kind is a LimitError that says need and limit", async () => {
    const limit = gpu.device.limits.maxBufferSize;
    const mistake = () => gpu.createBuffer("net/slot", limit + 4, GPUBufferUsage.STORAGE);
    const message = `a buffer of ${limit + 4} bytes; wanted at most ${limit} bytes, this device's limit`;
    await expectAnswers(mistake, LimitError, "net/slot", new RegExp(message));
  });

  test("a data set of images", async () => {
    const images = new Uint8Array(most + 64);
    const labels = new Uint8Array(images.length / 64);
    const sides = { count: labels.length, height: 8, width: 8, channels: 1, classes: 2, name: "many" };
    const buffers = watchBuffers();
    const mistake = () => imageDataset(small, { images, labels, ...sides });
    const message = /a tensor of 4352 bytes; wanted at most 4096 bytes, this device's limit\. Load a part of the data/;
    await expectAnswers(mistake, LimitError, "many/images", message);
    expect(buffers.made()).toEqual([]);
  });

  test("a data set of masks, by its weights", async () => {
    const pixels = new Uint8Array(most / 2);
    const set = { images: pixels, masks: pixels, count: 2, height: 32, width: 32, channels: 1, name: "slices" };
    const weights = new Float32Array(pixels.length).fill(1);
    const mistake = () => segmentationDataset(small, { ...set, classes: ["cell", "membrane"] }, { size: 32, weights });
    await expectAnswers(mistake, LimitError, "slices/weights", /a tensor of 8192 bytes; wanted at most 4096/);
  });

  test("parameters that lie side by side, each of which would fit", async () => {
    const variables = ["a", "b", "c"].map((name) => zeros(name, "parameter", 400));
    const message = /^parameter: 3 tensors in one buffer of \d{4} bytes; wanted at most 4096 .*Use fewer or smaller/;
    await expectAnswers(() => new Variables(small, variables), LimitError, "parameter", message);
  });

  test("a model, when it is compiled", async () => {
    const network = sequential({ inputShape: [32], layers: [dense({ units: 40 })] });
    const made = network.compile({ gpu: small, optimizer: adam(), loss: "meanSquaredError" });
    await expectAnswers(() => made, LimitError, "parameter", /of 5376 bytes; wanted at most 4096 bytes/);
  });

  test("at the limit there is no error, and none came of all this", async () => {
    const store = new Variables(small, [zeros("whole", "parameter", most / 4)]);
    expect(store.bytes).toBe(most);
    store.dispose();
    await small.idle();
    expect(() => gpu.check()).not.toThrow();
  });
});

test("a compilation that fails half-way frees what it had made", async () => {
  const table = constant(tensorType([4]), Float32Array.of(1, 2, 3, 4));
  const misnamed = fakeOp({
    lower: (context) =>
      fakeOp()
        .lower(context)
        .map((call) => ({ ...call, params: { unknown: {} } })),
  });
  const store = new Variables(gpu, []);
  const buffers = watchBuffers();
  vi.spyOn(gpu.pipelines, "compile").mockImplementation(async (calls) =>
    calls.map(({ call }) => ({
      pipeline: {} as GPUComputePipeline,
      layout: gpu.device.createBindGroupLayout({ entries: [] }),
      bindings: call.shaders.flatMap((shader) => shader.bindings),
    })),
  );
  const graph = makeGraph("broken", { y: applyOne(misnamed, [table], {}), z: applyOne(misnamed, [x("x", 4)], {}) });
  await expect(CommandGraph.compile(plan(graph, store.layout, gpu.target), store)).rejects.toThrow(GraphError);
  const made = buffers.made();
  expect(made.map(({ label }) => label.replace(/\d+/, ""))).toEqual(
    expect.arrayContaining(["broken/constant", "broken/x", "broken/params", "broken/slot"]),
  );
  const left = () => made.filter((buffer) => !buffers.freed().has(buffer)).map(({ label }) => label.replace(/\d+/, ""));
  // Slots are the model's.
  expect(new Set(left())).toEqual(new Set(["broken/slot"]));
  store.dispose();
  expect(left()).toEqual([]);
});
