import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { TargetLimits } from "../../src/core/call.ts";
import { DeviceError, TrainingError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { loadCheckpoint, saveCheckpoint, saveSnapshot } from "../../src/nn/checkpoint.ts";
import { type Recoverer, recovery } from "../../src/nn/recovery.ts";
import { loadWeights, saveWeights } from "../../src/nn/weightFiles.ts";
import {
  batchSize,
  type Case,
  end,
  epochCount,
  fresh,
  lose,
  trainUndisturbed,
  type Undisturbed,
  untimed,
} from "../support/recovering.ts";

let calm: Undisturbed;
beforeAll(async () => {
  calm = await trainUndisturbed();
});

afterEach(() => {
  // A test that fails meanwhile must not leave others without a clock.
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

/** As a plain object, of which a copy may differ. */
function limitsOf({ device }: Gpu): TargetLimits {
  const names = Object.keys(Object.getOwnPropertyDescriptors(GPUSupportedLimits.prototype));
  return Object.fromEntries(names.map((name) => [name, Reflect.get(device.limits, name)])) as unknown as TargetLimits;
}

describe("where a training cannot go on", () => {
  test("without snapshots the error names the option, and what else there is to do", async () => {
    const one = await fresh();
    const saved = await saveWeights(one.model);
    const fitting = one.model.fit(one.data, { batchSize, epochs: 50, onProgress: () => lose(one) });
    const error = await failureOf(fitting);
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toContain(
      "With the option `recovery: recovery()` a training goes on by itself on another device; " +
        "else dispose the model, compile it with a new Gpu, and load what was saved last.",
    );
    const { optimizer } = one.model.compiled;
    one.model.dispose();
    const gpu = await Gpu.create();
    await one.model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 7 });
    await loadWeights(one.model, saved);
    const { losses } = await one.model.fit(one.data, { batchSize, epochs: epochCount });
    expect(losses).toEqual(calm.losses);
    end(one);
  });

  test("for want of a device, the last snapshot is still there to be saved and gone on from", async () => {
    const one = await fresh();
    const recover = () => Promise.reject(new Error("the drawer is empty"));
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 3, recover }) });
    // The second snapshot is in the midst of the second epoch.
    while (one.model.compiled.memory.snapshot?.position.step !== 6) {
      if (one.model.stepsDone < 6) trainer.step();
      await trainer.idle();
    }
    trainer.step();
    lose(one);
    const error = await failureOf(trainer.idle());
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toBe(
      "DeviceError: trainer: a lost GPU device, and no other to be had (the drawer is empty); wanted a training that can go on. " +
        "The training as it was after step 6 is in host memory: saveSnapshot(model) makes a checkpoint of it.",
    );
    expect(() => trainer.step()).toThrow(error as Error);
    await expect(saveCheckpoint(one.model)).rejects.toThrow(DeviceError);

    const other = await fresh();
    expect(await loadCheckpoint(other.model, await saveSnapshot(one.model, { from: "memory" }))).toEqual({
      from: "memory",
    });
    const { stepsDone, epochsDone, epochStep } = other.model;
    expect([stepsDone, epochsDone, epochStep]).toEqual([6, 1, 1]);
    const history = await other.model.fit(other.data, {
      batchSize,
      epochs: epochCount,
      initialEpoch: epochsDone,
      initialStep: epochStep,
      validationData: other.data,
    });
    expect(history.initialEpoch).toBe(1);
    expect(history.losses).toEqual(calm.losses.slice(6));
    expect(untimed(history)).toEqual(calm.epochs.slice(1));
    expect(await saveCheckpoint(other.model)).toEqual(calm.checkpoint);
    one.model.dispose();
    end(other);
  });

  test("the browser is asked again where it has no adapter at first", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 3 }) });
    trainer.step();
    const ask = vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValueOnce(null).mockResolvedValueOnce(null);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    lose(one);
    const waiting = trainer.idle();
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1));
    await vi.advanceTimersByTimeAsync(2500);
    vi.useRealTimers();
    await waiting;
    expect(ask).toHaveBeenCalledTimes(3);
    expect(await trainer.loss()).toBe(calm.losses[0]);
    trainer.dispose();
    expect(() => saveSnapshot(one.model)).toThrow("recovering/saveSnapshot: no snapshot; wanted a training with");
    end(one);
  });

  test("a device that cannot hold the model", async () => {
    const one = await fresh();
    const recover = () => Gpu.create({ target: { limits: { ...limitsOf(one.gpu), maxBufferSize: 64 } } });
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 3, recover }) });
    trainer.step();
    lose(one);
    const error = await failureOf(trainer.idle());
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /a lost GPU device, and another that cannot take its place \(.* bytes; wanted at most 64 bytes.*after step 0 is in host/,
    );
    trainer.dispose();
    expect(saveSnapshot(one.model).length).toBeGreaterThan(1000);
    one.model.dispose();
  });

  test("with a device that is lost at every try", async () => {
    const one = await fresh();
    const made: Gpu[] = [];
    const recover = async () => {
      const gpu = await Gpu.create();
      made.push(gpu);
      gpu.device.destroy();
      return gpu;
    };
    const trainer = await one.model.trainer(one.data, {
      batchSize,
      recovery: recovery({ snapshotEvery: 100, recover }),
    });
    trainer.step();
    lose(one);
    expect(String(await failureOf(trainer.idle()))).toMatch(
      /trainer: a GPU device that was lost 4 times since the last snapshot; .*saveSnapshot\(model\)/,
    );
    expect(made).toHaveLength(3);
    one.model.dispose();
  });

  test("once weights were loaded that no snapshot has", async () => {
    const one = await fresh();
    const weights = await saveWeights(one.model);
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 100 }) });
    trainer.step();
    await loadWeights(one.model, weights);
    lose(one);
    expect(String(await failureOf(trainer.idle()))).toContain(
      "lost after weights were loaded, before the next snapshot",
    );
    one.model.dispose();

    const other = await fresh();
    const second = await other.model.trainer(other.data, { batchSize, recovery: recovery({ snapshotEvery: 100 }) });
    second.step();
    await loadWeights(other.model, weights);
    second.step();
    await second.idle();
    const expected = await saveWeights(other.model);
    lose(other);
    await second.idle();
    expect(other.model.compiled.gpu).not.toBe(other.gpu);
    expect(await saveWeights(other.model)).toEqual(expected);
    end(other);
  });

  test.each([
    ["the Gpu", ({ gpu }: Case) => gpu.dispose(), DeviceError],
    ["the model", ({ model }: Case) => model.dispose(), TrainingError],
  ] as const)("when %s was disposed on purpose", async (_, dispose, type) => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    trainer.step();
    dispose(one);
    await one.gpu.device.queue.onSubmittedWorkDone();
    const create = vi.spyOn(Gpu, "create");
    expect(await failureOf(trainer.idle())).toBeInstanceOf(type);
    expect(() => trainer.step()).toThrow(type);
    expect(create).not.toHaveBeenCalled();
  });

  test("when the trainer was disposed on purpose", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    trainer.step();
    trainer.dispose();
    lose(one);
    await one.gpu.lost;
    expect(() => trainer.step()).toThrow("trainer: a trainer that was disposed; wanted one that was not.");
    await expect(trainer.idle()).rejects.toThrow(TrainingError);
    expect(one.model.compiled.gpu).toBe(one.gpu);
    one.model.dispose();
  });

  test("a borrowed device wants a function that brings another", async () => {
    const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
    if (!device) throw new Error("no device");
    const one = await fresh(Gpu.from(device));
    await expect(one.model.trainer(one.data, { recovery: recovery({ snapshotEvery: 4 }) })).rejects.toThrow(
      "trainer: recovery on a borrowed device; wanted recovery({ recover: async () => another Gpu })",
    );
    expect(() => recovery({ snapshotEvery: 0 })).toThrow(
      "recovery: snapshotEvery 0; wanted a whole number of at least 1",
    );
    await expect(
      one.model.trainer(one.data, { recovery: { snapshotEvery: 4 } as object as Recoverer }),
    ).rejects.toThrow(
      'trainer: recovery {"snapshotEvery":4}; wanted what recovery() gives. Import { recovery } from "wgrad".',
    );
    one.model.dispose();
    device.destroy();
  });

  test("on data of another device that is not lost", async () => {
    const [one, other] = [await fresh(), await fresh()];
    await expect(one.model.evaluate(other.data)).rejects.toThrow(
      "data on another device than the model's; wanted one device for both.",
    );
    end(one);
    end(other);
  });
});
