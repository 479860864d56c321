import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeviceError, ShaderError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import { withPath } from "../../src/core/scope.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { fakeOp, x } from "../support/graphs.ts";
import { evaluate, numbers, tensor, testGpu } from "../support/run.ts";

async function compiled(gpu: Gpu, y: Value, target = {}) {
  const store = new Variables(gpu, []);
  const commands = await CommandGraph.compile(
    plan(makeGraph("test", { y }), store.layout, { ...gpu.target, ...target }),
    store,
  );
  return commands;
}

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("no adapter");
  return adapter.requestDevice();
}

/** The error that the device reports in its own time. */
async function failureOf(gpu: Gpu): Promise<unknown> {
  for (let wait = 0; wait < 100; wait++) {
    try {
      gpu.check();
    } catch (error) {
      return error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return null;
}

describe("a shader that does not compile", () => {
  const broken = fakeOp({
    lower: ({ inputs: [from], outputs: [y] }) => [
      {
        name: "broken",
        shaders: [
          {
            path: "test/broken",
            source: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x[id.x] + undeclared;
}`,
            bindings: [
              { name: "x", group: 0, binding: 0, access: "read", type: "array<f32>" },
              { name: "y", group: 0, binding: 1, access: "read_write", type: "array<f32>" },
            ],
            constants: {},
            uses: [],
          },
        ],
        params: {},
        operands: { x: from as Value, y: y as Value },
        workgroups: 1,
        flops: 0,
      },
    ],
  });

  test("is a ShaderError that names the layer, the line and its text", async () => {
    const y = withPath("net", () => withPath("layer", () => applyOne(broken, [tensor([1], [1])], {})));
    const error = await evaluate({ y }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ShaderError);
    const { message } = error as ShaderError;
    // The first line of the linked text names the file.
    expect(message).toMatch(/^net\/layer\/broken: line 5: .*undeclared.* in `y\[id\.x\] = x\[id\.x\] \+ undeclared;`/);
    expect(message).toContain("wanted a shader that compiles on this device");
  });

  test("leaves the device as it was", async () => {
    const { y } = await evaluate({ y: exp(tensor([2], [0, 1])) });
    expect(y[0]).toBe(1);
  });
});

describe("a borrowed device", () => {
  test("works, and outlives us", async () => {
    const device = await requestDevice();
    const gpu = Gpu.from(device);
    const values = numbers(5, 1);
    const commands = await compiled(gpu, exp(x("x", 5)));
    commands.write("x", values);
    commands.run();
    expect([...(await commands.read("y"))].map((value) => value.toFixed(4))).toEqual(
      [...values].map((value) => Math.exp(value).toFixed(4)),
    );
    commands.dispose();
    gpu.dispose();
    const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, Float32Array.of(7));
    await buffer.mapAsync(GPUMapMode.READ);
    expect(new Float32Array(buffer.getMappedRange())[0]).toBe(7);
    device.destroy();
  });

  test("our own is given back", async () => {
    const gpu = await Gpu.create();
    gpu.dispose();
    expect((await gpu.device.lost).reason).toBe("destroyed");
  });
});

describe("a lost device", () => {
  test("is a DeviceError from run, read and compile, and resolves `lost`", async () => {
    const gpu = Gpu.from(await requestDevice());
    const commands = await compiled(gpu, exp(x("x", 5)));
    commands.run();
    const underway = commands.read("y").catch((error: unknown) => error);
    gpu.device.destroy();
    const lost = await gpu.lost;
    expect(lost).toBeInstanceOf(DeviceError);
    expect(lost.message).toBe(
      "the GPU device was lost: it was destroyed; wanted a live device. With the option `recovery: recovery()` a training goes on by itself on another device; else dispose the model, compile it with a new Gpu, and load what was saved last.",
    );
    // Either the reading had come in already, or it says that the device is lost.
    const reading = await underway;
    if (reading instanceof Error) expect(reading).toBe(lost);
    expect(() => commands.run()).toThrow(lost);
    await expect(commands.read("y")).rejects.toBe(lost);
    await expect(compiled(gpu, exp(x("x", 5)))).rejects.toBe(lost);
  });

  // As in Firefox: what a lost device does not do any more shows before `lost`.
  describe("whose loss is told last", () => {
    let gpu: Gpu;
    beforeEach(async () => {
      gpu = Gpu.from(await requestDevice());
    });
    afterEach(() => vi.restoreAllMocks());

    test("is a DeviceError from idle, though all work counts as done", async () => {
      vi.spyOn(gpu.device.queue, "onSubmittedWorkDone").mockResolvedValue(undefined);
      gpu.device.destroy();
      const error = await gpu.idle().catch((cause: unknown) => cause);
      expect(error).toBe(await gpu.lost);
    });

    test("is a DeviceError from a reading that came in and was taken back", async () => {
      const commands = await compiled(gpu, exp(x("x", 5)));
      commands.run();
      const { mapAsync } = GPUBuffer.prototype;
      vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(async function (this: GPUBuffer, ...args) {
        await mapAsync.apply(this, args);
        gpu.device.destroy();
      });
      const error = await commands.read("y").catch((cause: unknown) => cause);
      expect(error).toBe(await gpu.lost);
    });

    test("is a DeviceError from a compilation that was refused", async () => {
      const { device } = gpu;
      const bind = device.createBindGroup.bind(device);
      vi.spyOn(device, "createBindGroup").mockImplementation((descriptor) => {
        vi.spyOn(device, "popErrorScope").mockResolvedValue(new GPUValidationError("a buffer is invalid"));
        device.destroy();
        return bind(descriptor);
      });
      const error = await compiled(gpu, exp(x("x", 5))).catch((cause: unknown) => cause);
      expect(error).toBe(await gpu.lost);
    });
  });
});

describe("what the browser refuses", () => {
  test("is a DeviceError that names the layer", async () => {
    // A device with the least limits, planned for as if it had more: the binding is larger than it allows.
    const gpu = Gpu.from(await requestDevice());
    const limits = { ...plainLimits(gpu.device.limits), maxStorageBufferBindingSize: 2 ** 28 };
    const y = withPath("unet", () => withPath("down1", () => exp(x("x", 34_000_000))));
    const error = await compiled(gpu, y, { limits }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as DeviceError).message).toMatch(
      /^unet\/down1\/exp\S*: WebGPU refused a command: .*; wanted a valid command\. What was computed since .*$/s,
    );
    // Nothing of it remains.
    gpu.check();
    gpu.device.destroy();
  });

  test("later than that is thrown by the next call", async () => {
    const gpu = Gpu.from(await requestDevice());
    const commands = await compiled(gpu, exp(x("x", 5)));
    commands.dispose();
    commands.run();
    const error = await failureOf(gpu);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as DeviceError).message).toMatch(/^WebGPU refused a command: .*destroyed/s);
    expect(() => commands.run()).toThrow(DeviceError);
    gpu.device.destroy();
  });

  test("does not touch another Gpu", async () => {
    expect(() => gpu.check()).not.toThrow();
  });
});

const gpu = await testGpu();

function plainLimits(limits: GPUSupportedLimits) {
  const {
    maxBufferSize,
    maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupsPerDimension,
    maxComputeInvocationsPerWorkgroup,
    minStorageBufferOffsetAlignment,
  } = limits;
  return {
    maxBufferSize,
    maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupsPerDimension,
    maxComputeInvocationsPerWorkgroup,
    minStorageBufferOffsetAlignment,
  };
}
