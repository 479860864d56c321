import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { makeGraph } from "../../src/core/graph.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import { mul } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { x } from "../support/graphs.ts";
import { tensor, testGpu } from "../support/run.ts";

/** Runs that are recorded into encoders of somebody else's. */

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});
afterEach(() => vi.restoreAllMocks());

/** y = 2 x. */
async function doubling(): Promise<CommandGraph> {
  const store = new Variables(gpu, []);
  const graph = makeGraph("doubling", { y: mul(x("x", 5), tensor([], [2])) });
  return CommandGraph.compile(plan(graph, store.layout, gpu.target), store);
}

const five = (value: number) => new Float32Array(5).fill(value);

describe("a recorded run", () => {
  test("has its own inputs, however many are recorded before the first submit", async () => {
    const commands = await doubling();
    // More than a page of staged numbers, over three encoders.
    const runs = 900;
    const shown = [0, 1, 299, 300, 818, 819, 820, 899];
    const ring = commands.readback(["y"], shown.length);
    const encoders = [0, 1, 2].map(() => gpu.device.createCommandEncoder());
    const readings: (() => Promise<ArrayBuffer[]>)[] = [];
    const submit = vi.spyOn(GPUQueue.prototype, "submit");
    for (let run = 0; run < runs; run++) {
      const encoder = encoders[Math.floor(run / 300)] as GPUCommandEncoder;
      commands.encode(encoder, { x: five(run) });
      if (shown.includes(run)) readings.push(ring.copy(encoder));
    }
    expect(submit).not.toHaveBeenCalled();
    // What is written in between is for the runs after it.
    commands.write("x", five(-1));
    commands.run();
    expect(await commands.read("y")).toEqual(five(-2));
    gpu.device.queue.submit(encoders.map((encoder) => encoder.finish()));
    const values = await Promise.all(readings.map(async (read) => new Float32Array((await read())[0] as ArrayBuffer)));
    expect(values).toEqual(shown.map((run) => five(2 * run)));
    ring.dispose();
    commands.dispose();
  });

  test("keeps inputs that are not given, as they are when it runs", async () => {
    const commands = await doubling();
    const encoder = gpu.device.createCommandEncoder();
    commands.encode(encoder);
    commands.write("x", five(4));
    gpu.device.queue.submit([encoder.finish()]);
    expect(await commands.read("y")).toEqual(five(8));
    commands.dispose();
  });

  test("that is never submitted leaves no trace", async () => {
    const commands = await doubling();
    commands.write("x", five(1));
    commands.run();
    commands.encode(gpu.device.createCommandEncoder(), { x: five(7) });
    commands.run();
    expect(await commands.read("y")).toEqual(five(2));
    commands.dispose();
  });

  test("creates no GPU object but a page now and then", async () => {
    const commands = await doubling();
    const encoder = gpu.device.createCommandEncoder();
    commands.encode(encoder, { x: five(0) });
    const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
    for (let run = 0; run < 800; run++) commands.encode(encoder, { x: five(run) });
    expect(made).not.toHaveBeenCalled();
    commands.dispose();
  });

  test("of training is the step that is run, bit for bit", async () => {
    const weightsAfter = async (
      train: (commands: CommandGraph, inputs: Record<string, Uint32Array<ArrayBuffer>>[]) => void,
    ) => {
      const model = lenet5();
      const optimizer = adam({ learningRate: 0.01 });
      await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 3 });
      const data = imageDataset(gpu, drawDigits({ count: 32, seed: 1 }), { height: 32, width: 32 });
      const inputs = [0, 1, 2, 3].map((step) => ({
        cursor: Uint32Array.of(step * 8, 3, 1, 1),
        hyper: new Uint32Array(optimizer.hyper(step + 1, 0.01).buffer),
        step: Uint32Array.of(step),
      }));
      train(await model.trainCommands(data, 8), inputs);
      const weights = await saveWeights(model);
      model.dispose();
      data.dispose();
      return weights;
    };
    const run = await weightsAfter((commands, steps) => {
      for (const inputs of steps) {
        for (const [name, values] of Object.entries(inputs)) commands.write(name, values);
        commands.run();
      }
    });
    const recorded = await weightsAfter((commands, steps) => {
      const encoder = gpu.device.createCommandEncoder();
      for (const inputs of steps) commands.encode(encoder, inputs);
      gpu.device.queue.submit([encoder.finish()]);
    });
    expect(recorded).toEqual(run);
  });
});

describe("what cannot be recorded", () => {
  test("an encoder of a pass, or none at all", async () => {
    const commands = await doubling();
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    expect(() => commands.encode(pass as unknown as GPUCommandEncoder)).toThrow(
      "doubling: the encoder of a pass; wanted a GPUCommandEncoder of the model's device.",
    );
    pass.end();
    expect(() => commands.encode(undefined as unknown as GPUCommandEncoder)).toThrow("undefined for an encoder");
    commands.dispose();
  });

  test("an input of another name or size", async () => {
    const commands = await doubling();
    const encoder = gpu.device.createCommandEncoder();
    expect(() => commands.encode(encoder, { z: five(1) })).toThrow("doubling: input z; wanted one of x.");
    expect(() => commands.encode(encoder, { x: new Float32Array(4) })).toThrow(GraphError);
    commands.dispose();
  });
});
