import { beforeAll, describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { BufferRange } from "../../src/gpu/lent.ts";
import { readBuffer } from "../../src/gpu/readback.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { exp, mul } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/reshape.ts";
import { plan } from "../../src/passes/index.ts";
import { x } from "../support/graphs.ts";
import { tensor, testGpu } from "../support/run.ts";

/** Inputs and outputs that lie in buffers of the caller's. */

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const count = 5;
const bytes = 4 * count;
const five = (value: number) => new Float32Array(count).fill(value);
const storage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

function bufferOf(size: number, usage = storage(), device = gpu.device): GPUBuffer {
  return device.createBuffer({ label: "the app's", size, usage });
}

function compile(y: Value, lent: Readonly<Record<string, BufferRange>>): Promise<CommandGraph> {
  const store = new Variables(gpu, []);
  const planned = plan(makeGraph("app", { y }), store.layout, gpu.target, { ownOutputs: true });
  return CommandGraph.compile(planned, store, { lent });
}

const doubled = () => mul(x("x", count), tensor([], [2]));

async function floats(buffer: GPUBuffer): Promise<Float32Array> {
  return new Float32Array(await readBuffer(gpu, buffer, 0, buffer.size));
}

describe("a caller's buffers", () => {
  test("are read and written where they lie, and nothing around them is touched", async () => {
    const from = bufferOf(1024);
    const to = bufferOf(1024);
    gpu.device.queue.writeBuffer(to, 0, new Float32Array(256).fill(-1));
    gpu.device.queue.writeBuffer(from, 512, Float32Array.of(1, 2, 3, 4, 5));
    const commands = await compile(doubled(), {
      x: { buffer: from, offset: 512 },
      y: { buffer: to, offset: 256, size: bytes },
    });
    commands.run();
    const all = await floats(to);
    expect([...all.subarray(64, 69)]).toEqual([2, 4, 6, 8, 10]);
    expect(all.filter((value) => value === -1)).toHaveLength(251);
    expect(commands.inputRange("x")).toEqual({ buffer: from, offset: 512, size: bytes });
    expect(await commands.read("y")).toEqual(Float32Array.of(2, 4, 6, 8, 10));
    // They are the caller's still.
    commands.dispose();
    gpu.device.queue.writeBuffer(from, 0, five(1));
    expect([...(await floats(from)).subarray(0, 5)]).toEqual([1, 1, 1, 1, 1]);
  });

  test("pass results from one graph to the next without a copy", async () => {
    const first = await compile(doubled(), {});
    const y = first.outputRange("y");
    const second = await compile(exp(x("x", count)), { x: y });
    first.write("x", five(0.5));
    const encoder = gpu.device.createCommandEncoder();
    first.encode(encoder);
    second.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const [value = 0] = await second.read("y");
    expect(value).toBeCloseTo(Math.E, 5);
    first.dispose();
    second.dispose();
  });

  test("may be one buffer where no dispatch reads and writes it", async () => {
    const both = bufferOf(1024);
    // Two dispatches: the second reads what the first left in a slot.
    const y = sum(sum(x("x", 4, 16), { axis: 1 }), { axis: 0 });
    const commands = await compile(y, { x: { buffer: both, offset: 256 }, y: { buffer: both } });
    gpu.device.queue.writeBuffer(both, 256, new Float32Array(64).fill(0.5));
    commands.run();
    expect((await floats(both))[0]).toBe(32);
  });
});

describe("a buffer that cannot be taken says why", () => {
  const refused = (range: () => BufferRange, message: string) => async () => {
    const failure = compile(doubled(), { x: range() });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(GraphError);
    gpu.check();
  };

  test(
    "usage",
    refused(() => ({ buffer: bufferOf(256, GPUBufferUsage.COPY_DST) }), "app/x: a buffer without usage STORAGE;"),
  );
  test(
    "offset",
    refused(() => ({ buffer: bufferOf(256), offset: 4 }), "app/x: offset 4; wanted a multiple of"),
  );
  test(
    "size",
    refused(() => ({ buffer: bufferOf(256), size: 24 }), "app/x: a size of 24 bytes; wanted 20, the tensor's."),
  );
  test(
    "end",
    refused(() => ({ buffer: bufferOf(256), offset: 256 }), "app/x: a buffer of 256 bytes; wanted 276,"),
  );
  test(
    "none",
    refused(
      () => ({ buffer: undefined as unknown as GPUBuffer }),
      "app/x: undefined for a buffer; wanted a GPUBuffer.",
    ),
  );
  test("another device", async () => {
    const other = await (await navigator.gpu.requestAdapter())?.requestDevice();
    const buffer = bufferOf(256, storage(), other);
    await expect(compile(doubled(), { x: { buffer } })).rejects.toThrow(
      /^app: .*the app's.*; wanted live buffers of the model's own device/s,
    );
    gpu.check();
    other?.destroy();
  });

  test("a name that the graph has not", async () => {
    const failure = compile(doubled(), { z: { buffer: bufferOf(256) } });
    await expect(failure).rejects.toThrow("app: a buffer for z; wanted one of x, y.");
  });

  test("ranges that overlap", async () => {
    const buffer = bufferOf(1024);
    const failure = compile(doubled(), { x: { buffer }, y: { buffer } });
    await expect(failure).rejects.toThrow("app/y: bytes that app/x has too; wanted ranges that do not overlap.");
  });

  test("one buffer that a dispatch would read and write", async () => {
    const buffer = bufferOf(1024);
    const failure = compile(doubled(), { x: { buffer }, y: { buffer, offset: 256 } });
    await expect(failure).rejects.toThrow("in a buffer that is written too; wanted another buffer.");
  });

  test("an output that no kernel writes", async () => {
    const failure = compile(reshape(x("x", 6), [2, 3]), { y: { buffer: bufferOf(256) } });
    await expect(failure).rejects.toThrow("app/y: a tensor in a buffer of kind input; wanted one that a kernel makes.");
  });
});
