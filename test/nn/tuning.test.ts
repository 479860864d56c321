import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { decodeTuned, encodeTuned, type TunedStore } from "../../src/io/tunedStore.ts";
import type { CompileOptions } from "../../src/nn/compile.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { summary } from "../../src/nn/summary.ts";
import { type TuneOptions, Tuning, tune } from "../../src/nn/tuning.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = digitSet(gpu, 32);
});

/** A store that lives as long as the test. */
function memoryStore(texts = new Map<string, string>()): TunedStore & { readonly texts: Map<string, string> } {
  return {
    texts,
    read: async (adapter) => texts.get(adapter) ?? null,
    write: async (adapter, text) => {
      texts.set(adapter, text);
      return true;
    },
  };
}

/** Four steps of training, and what the model says of its tuning. */
async function trained(options?: TuneOptions) {
  const network = tinyNetwork();
  await network.compile({
    gpu,
    optimizer: sgd({ learningRate: 0.05 }),
    loss: "sparseCategoricalCrossentropy",
    seed: 1,
    ...(options === undefined ? {} : { tune: tune(options) }),
  });
  const { losses } = await network.fit(data, { batchSize: 16, epochs: 2, shuffle: false });
  const lines = summary(network, { batchSize: 16 }).split("\n");
  const { tuning } = network;
  network.dispose();
  return { losses, summary: lines, tuning };
}

describe("compile({ tune })", () => {
  test("is off unless asked for", async () => {
    const { tuning, summary } = await trained();
    expect(tuning).toBeNull();
    expect(summary.at(-1)).not.toContain("tuned");
  });

  test("measures once, keeps it, changes no result, and says what it took", { timeout: 240_000 }, async () => {
    const plain = await trained();
    const store = memoryStore();
    const progress: [number, number][] = [];
    const first = await trained({ seconds: 120, store, onProgress: (done, total) => progress.push([done, total]) });
    const { choices = [], seconds = 0 } = first.tuning ?? {};
    expect(choices.length).toBeGreaterThan(3);
    expect(first.tuning).toMatchObject({ known: 0, left: 0, kept: true });
    expect(seconds).toBeGreaterThan(0);
    expect(progress.at(-1)).toEqual([choices.length, choices.length]);
    expect(first.summary.at(-1)).toMatch(
      new RegExp(
        `^tuned in \\d+\\.\\d s: \\d+ of ${choices.length} choices changed(, at most \\d+\\.\\d\\dx faster)?$`,
      ),
    );
    for (const [i, loss] of plain.losses.entries()) expect(first.losses[i]).toBeCloseTo(loss, 5);

    const [[adapter, text] = ["", ""]] = store.texts;
    expect(adapter).toContain(gpu.adapter.vendor);
    expect(decodeTuned(text)).toEqual(new Map(choices.map(({ key, best }) => [key, best])));

    const second = await trained({ seconds: 120, store });
    expect(second.tuning).toMatchObject({ choices: [], known: choices.length, left: 0 });
    expect(second.losses).toEqual(first.losses);
  });

  test("with no time takes what is kept, and leaves the rest", async () => {
    const store = memoryStore();
    const { tuning, losses, summary } = await trained({ seconds: 0, store });
    expect(tuning).toMatchObject({ choices: [], known: 0 });
    expect(tuning?.left).toBeGreaterThan(3);
    expect(summary.at(-1)).toMatch(/^tuned in \d\.\d s: 0 of 0 choices changed, \d+ left for want of time$/);
    expect(store.texts.size).toBe(0);
    expect(losses).toEqual((await trained()).losses);
  });

  test("takes a measured choice, and ignores one that names no variant", async () => {
    const usual = await trained({ seconds: 0, store: memoryStore() });
    const name = [gpu.adapter.vendor, gpu.adapter.architecture, gpu.adapter.description].join("/");
    const store = memoryStore(new Map([[name, encodeTuned(new Map([["gemm 00000000: m 1", "rows 1"]]))]]));
    const { losses, tuning } = await trained({ seconds: 0, store });
    expect(tuning?.known).toBe(1);
    expect(losses).toEqual(usual.losses);
  });

  test.each([
    [5, "tune: 5; wanted an object of seconds, store, onProgress."],
    [null, "tune: null; wanted an object of seconds, store, onProgress."],
    [{ seconds: -1 }, "tune: seconds -1; wanted seconds to be 0 or more."],
    [{ time: 3 }, "tune: option time; wanted one of seconds, store, onProgress."],
    [{ store: memoryStore(new Map()) as object, seconds: "3" }, 'tune: seconds "3"; wanted'],
  ])("refuses %o", (options, message) => {
    expect(() => tune(options as TuneOptions)).toThrow(message);
  });

  test("refuses what is not made by tune()", async () => {
    const options = { gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", tune: true } as object;
    await expect(tinyNetwork().compile(options as CompileOptions)).rejects.toThrow(
      'compile: tune true; wanted what tune() gives. Import { tune } from "wgrad".',
    );
  });

  test("refuses what is kept but damaged", async () => {
    const store: TunedStore = { read: async () => "{", write: async () => true };
    expect(await trained({ store }).catch((error: Error) => error.message)).toContain(
      "tuned kernels: a text that is no JSON; wanted",
    );
  });

  test("goes over to another device of the same adapter with its choices, and measures none again", async () => {
    const { vendor, architecture, description } = gpu.adapter;
    const kept = encodeTuned(new Map([["some kernel", "its variant"]]));
    const store = memoryStore(new Map([[[vendor, architecture, description].join("/"), kept]]));
    const tuning = await Tuning.create(gpu, { store });
    store.texts.clear();
    const other = await Gpu.create();
    const moved = await tuning.on(other);
    expect(moved.target.tuned).toEqual(new Map([["some kernel", "its variant"]]));
    expect(moved.target.limits).toBe(other.device.limits);
    other.dispose();
  });
});
