import { beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { constant, type Value } from "../../src/core/graph.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { type Dataset, imageDataset } from "../../src/data/imageDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { inputLayer } from "../../src/nn/layer.ts";
import { batchNormalization, dense, flatten } from "../../src/nn/layers.ts";
import { diceLoss } from "../../src/nn/losses.ts";
import { type Model, model, sequential } from "../../src/nn/model.ts";
import { adam, sgd } from "../../src/nn/optimizers.ts";
import { summary } from "../../src/nn/summary.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { readWeight } from "../support/readWeight.ts";
import { numbers, testGpu } from "../support/run.ts";
import { train } from "../support/training.ts";

let gpu: Gpu;
let data: Dataset;
beforeAll(async () => {
  gpu = await testGpu();
  data = digitSet(gpu, 32);
});

const loss = "sparseCategoricalCrossentropy";

async function weightsOf(network: Model): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const variable of network.compiled.state.variables.values()) {
    found[variable.name] = [...(await readWeight(network, variable))];
  }
  return found;
}

describe("compile", () => {
  test("again keeps the weights, and starts the optimizer afresh", async () => {
    const network = await tinyNetwork().compile({ gpu, optimizer: sgd({ learningRate: 0.05 }), loss, seed: 1 });
    await network.fit(data, { batchSize: 16 });
    const before = await weightsOf(network);
    await network.compile({ optimizer: adam(), loss, seed: 99 });
    expect(await weightsOf(network)).toEqual(before);
    expect(network.stepsDone).toBe(0);
    await network.fit(data, { batchSize: 16 });
    expect(await weightsOf(network)).not.toEqual(before);
    network.dispose();
  });

  test("a frozen layer does not move, and the others do", async () => {
    const network = tinyNetwork();
    const [conv] = network.layers.keys();
    if (!conv) throw new Error("no layer");
    conv.trainable = false;
    await network.compile({ gpu, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss, seed: 1 });
    const before = await weightsOf(network);
    await network.fit(data, { batchSize: 16 });
    const after = await weightsOf(network);
    const moved = Object.keys(before).filter((name) => before[name]?.join() !== after[name]?.join());
    expect(moved.sort()).toEqual(["hidden/bias", "hidden/kernel", "logits/bias", "logits/kernel"]);
    conv.trainable = true;
    await network.compile({ optimizer: sgd({ learningRate: 0.05 }), loss });
    expect(await weightsOf(network)).toEqual(after);
    await network.fit(data, { batchSize: 16 });
    expect((await weightsOf(network))["conv/kernel"]).not.toEqual(after["conv/kernel"]);
    network.dispose();
  });

  test.each([
    [{ seed: -1 }, "compile: seed -1; wanted a whole number from 0 to 4294967295."],
    [{ seed: 0.5 }, "compile: seed 0.5; wanted a whole number"],
    [
      { loss: "crossentropy" as typeof loss },
      'compile: loss "crossentropy"; wanted one of sparseCategoricalCrossentropy,',
    ],
    [{ metrics: ["accuracy"] }, "compile: option metrics; wanted one of optimizer, loss, gpu, seed,"],
  ])("refuses %o", async (wrong, message) => {
    const error = await tinyNetwork()
      .compile({ gpu, optimizer: sgd(), loss, ...wrong })
      .catch((cause: unknown) => cause);
    expect((error as Error).message.slice(0, message.length)).toBe(message);
  });

  test.each([
    ["evaluate", { batch: 8 }, "evaluate: option batch; wanted one of batchSize, auc, signal."],
    ["evaluate", { batchSize: 0 }, "evaluate: batchSize 0; wanted a whole number of at least 1."],
    ["predict", { batchSise: 8 }, "predict: option batchSise; wanted one of batchSize, signal."],
    ["predict", { batchSize: 1.5 }, "predict: batchSize 1.5; wanted a whole number of at least 1."],
    ["summary", { batch: 8 }, "summary: option batch; wanted one of batchSize."],
    ["summary", { batchSize: -1 }, "summary: batchSize -1; wanted a whole number of at least 1."],
  ] as const)("%s refuses %o", async (method, wrong, message) => {
    const network = await tinyNetwork().compile({ gpu, optimizer: sgd(), loss });
    const options = wrong as { readonly batchSize?: number };
    const x = new Float32Array(sizeOf(network.inputs[0]?.shape ?? []));
    const calls = {
      evaluate: () => network.evaluate(data, options),
      predict: () => network.predict(x, options),
      summary: () => summary(network, options),
    };
    await expect(async () => calls[method]()).rejects.toThrow(message);
    network.dispose();
  });

  test.each(["meanSquaredError", "binaryCrossentropy", "categoricalCrossentropy", diceLoss()] as const)(
    "by %j has a summary",
    async (choice) => {
      const network = sequential({ inputShape: [4], layers: [dense({ units: 3 })] });
      await network.compile({ gpu, optimizer: sgd(), loss: choice });
      expect(summary(network)).toMatch(/a training step on 32 examples: \d+ dispatches/);
      network.dispose();
    },
  );

  test("a compiled model's summary says what a step takes", async () => {
    const network = await tinyNetwork().compile({ gpu, optimizer: sgd(), loss });
    expect(summary(network, { batchSize: 16 }).split("\n").at(-1)).toMatch(
      /^a training step on 16 examples: \d+ dispatches, \d+\.\d Mflop, \d+\.\d [KM]iB of GPU memory at its peak$/,
    );
    // The plan gathers its batch besides.
    const dispatches = network.trainPlan(data, 16).calls.length - 1;
    expect(summary(network, { batchSize: 16 })).toContain(`on 16 examples: ${dispatches} dispatches`);
    network.dispose();
  });
});

test("a layer that is called twice gets the sum of both gradients", async () => {
  const [rows, side] = [3, 2];
  const x = [...numbers(rows * side, 1)];
  const wanted = [...numbers(rows * side, 2)];
  const symbol = inputLayer([side]);
  const shared = dense({ name: "shared", units: side, useBias: false });
  const network = model({ inputs: symbol, outputs: shared.apply(shared.apply(symbol)) });
  const leaf = (values: number[]) => constant(tensorType([rows, side]), Float32Array.from(values));
  const pairs: Dataset = {
    name: "pairs",
    count: rows,
    classes: 0,
    inputShape: [side],
    store: new Variables(gpu, []),
    batch: (_: Value) => ({ x: leaf(x), y: leaf(wanted) }) as never,
    dispose: () => {},
  };
  const options = { loss: "meanSquaredError", batchSize: rows, seed: 3 } as const;
  const start = await train(network, pairs, { ...options, optimizer: sgd({ learningRate: 0 }), steps: 1 });
  const after = await train(network, pairs, { ...options, optimizer: sgd({ learningRate: 0.5 }), steps: 1 });
  const w = [...(start.weights["shared/kernel"] ?? [])];

  /** mean (x w w - wanted)^2 in float64. */
  const lossOf = (kernel: readonly number[]) => {
    const product = (a: readonly number[]) =>
      a.map((_, i) => {
        const row = i - (i % side);
        return Array.from({ length: side }, (_, k) => (a[row + k] ?? 0) * (kernel[k * side + (i % side)] ?? 0)).reduce(
          (sum, term) => sum + term,
          0,
        );
      });
    const y = product(product(x));
    return y.reduce((sum, value, i) => sum + (value - (wanted[i] ?? 0)) ** 2, 0) / y.length;
  };
  expect(start.losses[0]).toBeCloseTo(lossOf(w), 5);
  w.forEach((value, i) => {
    const moved = (by: number) => w.map((each, j) => (j === i ? each + by : each));
    const slope = (lossOf(moved(1e-4)) - lossOf(moved(-1e-4))) / 2e-4;
    expect(after.weights["shared/kernel"]?.[i]).toBeCloseTo(value - 0.5 * slope, 5);
  });
});

describe("a training that cannot be", () => {
  test("of a layer with running statistics that is called twice", async () => {
    const small = imageDataset(gpu, { ...drawDigits({ count: 16, seed: 1, size: 16 }), name: "small" });
    const [wide, again] = [inputLayer([16, 16, 1]), batchNormalization({ name: "norm" })];
    const twice = dense({ units: 10 }).apply(flatten().apply(again.apply(again.apply(wide))));
    const siamese = await model({ name: "net", inputs: wide, outputs: twice }).compile({ gpu, optimizer: sgd(), loss });
    await expect(siamese.fit(small)).rejects.toThrow(
      "net/norm: a layer with running statistics that is called twice; wanted one call of it, in training. Give each",
    );
    // What needs no statistics of a batch is as ever.
    expect(await siamese.predict(new Float32Array(256))).toHaveLength(10);
    siamese.dispose();
    small.dispose();
  });

  test("of nothing that learns", async () => {
    const network = await tinyNetwork().freeze().compile({ gpu, optimizer: sgd(), loss });
    await expect(network.fit(data)).rejects.toThrow("tiny: no weights that learn; wanted one or more. unfreeze()");
    expect((await network.evaluate(data)).loss).toBeGreaterThan(0);
    network.dispose();
  });

  test("of images in host memory", async () => {
    const network = await tinyNetwork().compile({ gpu, optimizer: sgd(), loss });
    const images = drawDigits({ count: 8, seed: 1 }) as unknown as Dataset;
    const message = "data that are no data set; wanted a Dataset. imageDataset(gpu, images) makes one";
    await expect(network.fit(images)).rejects.toThrow(message);
    await expect(network.evaluate(images)).rejects.toThrow(message);
    await expect(network.trainer(images)).rejects.toThrow(message);
    const list = [0, 1] as unknown as Float32Array;
    await expect(network.predict(list)).rejects.toThrow("predict: examples that are no Float32Array; wanted one");
    network.dispose();
  });

  test("takes no memory of the GPU", async () => {
    const made = vi.spyOn(GPUDevice.prototype, "createBuffer");
    await expect(tinyNetwork().compile({ gpu, optimizer: sgd(), loss: "nope" as "huber" })).rejects.toThrow(GraphError);
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });
});
