import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { DeviceError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { saveCheckpoint } from "../../src/nn/checkpoint.ts";
import type { FitOptions, Progress } from "../../src/nn/fit.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import {
  batchSize,
  type Case,
  end,
  epochCount,
  fresh,
  lose,
  stepCount,
  trainUndisturbed,
  type Undisturbed,
  untimed,
} from "../support/recovering.ts";

let calm: Undisturbed;
beforeAll(async () => {
  calm = await trainUndisturbed();
});

afterEach(() => vi.restoreAllMocks());

describe("fit outlives its device", () => {
  async function fitted(one: Case, onProgress: (progress: Progress) => void, options: FitOptions = {}) {
    const history = await one.model.fit(one.data, {
      batchSize,
      epochs: epochCount,
      validationData: one.data,
      recovery: recovery({ snapshotEvery: 4 }),
      onProgress,
      ...options,
    });
    expect(history.losses).toEqual(calm.losses);
    expect(untimed(history)).toEqual(calm.epochs);
    expect(await saveCheckpoint(one.model)).toEqual(calm.checkpoint);
  }

  test("that is lost in the middle of an epoch, and every loss is told once", async () => {
    const one = await fresh();
    const seen: Progress[] = [];
    let lost = false;
    await fitted(one, (progress) => {
      seen.push(progress);
      if (lost || progress.epoch < 2 || progress.step < 2) return;
      lost = true;
      lose(one);
    });
    expect(lost).toBe(true);
    expect(one.model.compiled.gpu).not.toBe(one.gpu);
    expect(seen.flatMap((progress) => progress.losses)).toEqual(calm.losses);
    const places = seen.filter(({ epochEnd }) => !epochEnd).map(({ epoch, step }) => (epoch - 1) * 5 + step);
    expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    // What was on the lost device serves on the new one.
    expect((await one.model.evaluate(one.data, { batchSize })).loss).toBe(
      (calm.epochs.at(-1) as { valLoss: number }).valLoss,
    );
    end(one);
  });

  test("that is lost again and again, before the first snapshot and at the end of an epoch too", async () => {
    const one = await fresh();
    let next = 1;
    await fitted(
      one,
      ({ epoch, step }) => {
        if ((epoch - 1) * 5 + step < next) return;
        next += 4;
        lose(one);
      },
      { recovery: recovery({ snapshotEvery: 2 }) },
    );
    expect(next).toBeGreaterThan(9);
    end(one);
  });

  test("that is lost while it evaluates", async () => {
    const one = await fresh();
    const evaluate = one.model.evaluate.bind(one.model);
    let times = 0;
    vi.spyOn(one.model, "evaluate").mockImplementation((...given) => {
      const result = evaluate(...given);
      times++;
      if (times === 2) lose(one);
      return result;
    });
    await fitted(one, () => {});
    expect(times).toBe(epochCount + 1);
    end(one);
  });

  test("with what early stopping has kept", async () => {
    const options = {
      epochs: 6,
      batchSize,
      recovery: recovery({ snapshotEvery: 3 }),
      earlyStopping: { patience: 1, minDelta: 0.3, restoreBest: true },
    };
    const [one, other] = [await fresh(), await fresh()];
    const straight = await other.model.fit(other.data, options);
    let losing = 0;
    const history = await one.model.fit(one.data, {
      ...options,
      onEpochEnd: ({ epoch }) => {
        if (epoch !== straight.bestEpoch) return;
        losing++;
        lose(one);
      },
    });
    expect([history.bestEpoch, history.stoppedEarly, losing]).toEqual([straight.bestEpoch, true, 1]);
    expect(history.losses).toEqual(straight.losses);
    expect(await saveWeights(one.model)).toEqual(await saveWeights(other.model));
    end(one);
    end(other);
  });
});

describe("a trainer outlives its device", () => {
  test("in a loop of its own, which sees that nothing is submitted meanwhile", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    let waited = 0;
    let isLost = false;
    for (let done = 0; done < stepCount; ) {
      const submitted = trainer.step();
      if (submitted === 0) waited++;
      done += submitted;
      if (done === 7 && !isLost) {
        lose(one);
        isLost = true;
        // All other steps may be made before that.
        await one.gpu.lost;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(waited).toBeGreaterThan(0);
    await trainer.idle();
    expect(one.model.stepsDone).toBe(stepCount);
    expect(await trainer.loss()).toBe(calm.losses.at(-1));
    await one.model.evaluate(one.data);
    expect(await saveCheckpoint(one.model)).toEqual(calm.checkpoint);
    trainer.dispose();
    end(one);
  });

  test("whose loss nobody has seen yet, however many steps were sent after it", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    for (let step = 0; step < stepCount; step++) {
      if (step === 6) lose(one);
      trainer.step();
    }
    await trainer.idle();
    expect(await saveCheckpoint(one.model)).toEqual(calm.checkpoint);
    end(one);
  });

  test("that is lost while a snapshot is copied: the one before stands in", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    const first = one.model.compiled.memory.snapshot;
    const { mapAsync } = GPUBuffer.prototype;
    let copies = 0;
    vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(function (this: GPUBuffer, ...args) {
      const mapped = mapAsync.apply(this, args);
      copies++;
      if (copies === 1) lose(one);
      return mapped;
    });
    for (let step = 0; step < 5; step++) trainer.step();
    expect(copies).toBeGreaterThan(0);
    expect(one.model.compiled.memory.snapshot).toBe(first);
    await trainer.idle();
    expect(one.model.compiled.gpu).not.toBe(one.gpu);
    while (one.model.stepsDone < stepCount) trainer.step();
    await trainer.idle();
    expect(await saveCheckpoint(one.model)).toEqual(calm.checkpoint);
    end(one);
  });

  test("whose steps are recorded into encoders of the caller's, one never submitted", async () => {
    const one = await fresh();
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    while (one.model.stepsDone < stepCount) {
      const { device } = one.model.compiled.gpu;
      const encoder = device.createCommandEncoder();
      for (let i = 0; i < 3; i++) expect(trainer.encode(encoder)).toBe(true);
      if (one.model.stepsDone === 9) lose(one);
      device.queue.submit([encoder.finish()]);
      await trainer.idle();
    }
    expect(one.model.compiled.gpu).not.toBe(one.gpu);
    expect(await saveCheckpoint(one.model)).toEqual(calm.checkpoint);
    end(one);
  });

  test("on a device that the app gives", async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const devices = [await adapter?.requestDevice(), await (await navigator.gpu.requestAdapter())?.requestDevice()];
    const [borrowed, spare] = devices.map((device) => device && Gpu.from(device));
    const one = await fresh(borrowed);
    const told: string[] = [];
    const recover = async (lost: DeviceError) => {
      told.push(lost.message);
      return spare as Gpu;
    };
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4, recover }) });
    for (let step = 0; step < 9; step++) trainer.step();
    lose(one);
    await trainer.idle();
    expect(one.model.compiled.gpu).toBe(spare);
    expect(told).toEqual([expect.stringContaining("the GPU device was lost: it was destroyed")]);
    expect(one.model.stepsDone).toBe(9);
    expect(await trainer.loss()).toBe(calm.losses[8]);
    end(one);
    for (const device of devices) device?.destroy();
  });

  test("and keeps labels that were replaced while it trained", async () => {
    const one = await fresh();
    const { store } = one.data;
    const trainer = await one.model.trainer(one.data, { batchSize, recovery: recovery({ snapshotEvery: 4 }) });
    const [, labels] = [...store.layout.places.keys()];
    if (!labels) throw new Error("no labels");
    const replaced = Uint8Array.from({ length: one.data.count }, (_, i) => i % 10);
    store.write(labels, replaced.slice());
    trainer.step();
    lose(one);
    await trainer.idle();
    expect((await store.read(labels)).slice(0, one.data.count)).toEqual(replaced);
    end(one);
  });
});
