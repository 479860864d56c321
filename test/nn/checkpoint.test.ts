import { expect, test, vi } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { imageDataset } from "../../src/data/imageDataset.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/nn/checkpoint.ts";
import { batchNormalization, conv2d, dense, dropout, flatten } from "../../src/nn/layers.ts";
import { type Model, sequential } from "../../src/nn/model.ts";
import { adam, type Optimizer, sgd } from "../../src/nn/optimizers.ts";
import { reduceOnPlateau } from "../../src/nn/schedules.ts";
import { saveWeights } from "../../src/nn/weightFiles.ts";
import { testGpu } from "../support/run.ts";

const batchSize = 16;

function network(): Model {
  return sequential({
    inputShape: [16, 16, 1],
    layers: [
      conv2d({ filters: 4, kernelSize: 3, strides: 2, useBias: false }),
      batchNormalization(),
      flatten(),
      dropout({ rate: 0.3 }),
      dense({ units: 10 }),
    ],
  });
}

async function compiled(optimizer: Optimizer, seed = 5): Promise<Model> {
  return network().compile({ gpu: await testGpu(), optimizer, loss: "sparseCategoricalCrossentropy", seed });
}

/** 40 examples in batches of 16: the last one is smaller. */
async function digits() {
  return imageDataset(await testGpu(), drawDigits({ count: 40, seed: 1, size: 16 }));
}

test("a training that stops and goes on from a checkpoint equals one that does not, bit for bit", async () => {
  const data = await digits();
  const whole = await compiled(adam());
  const straight = await whole.fit(data, { epochs: 4, batchSize });

  const first = await compiled(adam());
  const before = await first.fit(data, { epochs: 2, batchSize });
  const file = await saveCheckpoint(first);
  const second = await compiled(adam());
  await loadCheckpoint(second, file);
  expect([second.stepsDone, second.epochsDone]).toEqual([6, 2]);
  const after = await second.fit(data, { epochs: 4, initialEpoch: second.epochsDone, batchSize });

  expect([...before.losses, ...after.losses]).toEqual(straight.losses);
  expect(await saveWeights(second)).toEqual(await saveWeights(whole));
});

test("also in the midst of an epoch, with its means", async () => {
  const data = await digits();
  const whole = await compiled(adam());
  const straight = await whole.fit(data, { epochs: 2, batchSize });

  const first = await compiled(adam());
  const trainer = await first.trainer(data, { batchSize });
  for (let step = 0; step < 4; step++) trainer.step();
  const second = await compiled(adam());
  await loadCheckpoint(second, await saveCheckpoint(first));
  expect([second.stepsDone, second.epochsDone, second.epochStep]).toEqual([4, 1, 1]);
  const place = { initialEpoch: second.epochsDone, initialStep: second.epochStep };
  const seen: number[] = [];
  const history = await second.fit(data, {
    ...place,
    epochs: 2,
    batchSize,
    onProgress: ({ step }) => seen.push(step),
  });
  expect(seen).toEqual([2, 3]);
  expect(history.losses).toEqual(straight.losses.slice(4));
  expect(history.initialEpoch).toBe(1);
  const { seconds, ...last } = history.epochs[0] ?? {};
  expect(straight.epochs[1]).toMatchObject(last);
  expect(await saveCheckpoint(second)).toEqual(await saveCheckpoint(whole));
  await expect(second.trainer(data, { batchSize, initialStep: 3 })).rejects.toThrow(
    "trainer: initialStep 3; wanted a whole number from 0 to 2.",
  );
});

test("what early stopping and reduceOnPlateau remember goes on too, with the best weights", async () => {
  const data = await digits();
  const scripted = [0.9, 0.5, 0.7, 0.6, 0.8, 0.55];
  const train = async (model: Model, from: number, keepAfter?: number) => {
    const evaluate = vi.spyOn(model, "evaluate");
    for (const loss of scripted.slice(from)) evaluate.mockResolvedValueOnce({ loss, accuracy: 0.5, confusion: [] });
    return model.fit(data, {
      epochs: 9,
      batchSize,
      initialEpoch: from,
      validationData: data,
      earlyStopping: { patience: 4, restoreBest: true },
      reduceOnPlateau: reduceOnPlateau({ patience: 2, factor: 0.5, cooldown: 1 }),
      onEpochEnd: ({ epoch }) => {
        if (epoch === keepAfter) kept = saveCheckpoint(model);
      },
    });
  };
  let kept: Promise<Uint8Array> | undefined;
  const whole = await compiled(sgd({ learningRate: 0.2 }));
  const straight = await train(whole, 0, 4);
  expect(straight).toMatchObject({ bestEpoch: 2, stoppedEarly: true, initialEpoch: 0 });
  expect(straight.epochs).toHaveLength(6);

  const second = await compiled(sgd({ learningRate: 0.2 }));
  await loadCheckpoint(second, (await kept) ?? new Uint8Array());
  const history = await train(second, 4);
  expect(history).toMatchObject({ bestEpoch: 2, stoppedEarly: true, initialEpoch: 4 });
  expect(history.losses).toEqual(straight.losses.slice(4 * 3));
  expect(await saveCheckpoint(second)).toEqual(await saveCheckpoint(whole));

  // A training that begins anew has learned of nothing.
  await loadCheckpoint(second, (await kept) ?? new Uint8Array());
  await second.fit(data, { epochs: 1, batchSize });
  expect(second.compiled.memory.watched).toEqual({ earlyStopping: null, reduceOnPlateau: null, bestWeights: null });
});

test("notes come back as they were, whatever their names", async () => {
  const model = await compiled(adam());
  const notes = { size: "96", step: "the third", "notes/": 'a "text"\n', __proto__x: "" };
  expect(await loadCheckpoint(model, await saveCheckpoint(model, notes))).toEqual(notes);
  expect(await loadCheckpoint(model, await saveCheckpoint(model))).toEqual({});
  await expect(saveCheckpoint(model, { size: 96 as unknown as string })).rejects.toThrow(/note size of type number/);
});

test("a checkpoint of another optimizer, another seed, or no checkpoint at all changes nothing", async () => {
  const model = await compiled(adam());
  const weights = await saveWeights(model);
  const file = await saveCheckpoint(model);
  const others: [Uint8Array, string][] = [
    [await saveCheckpoint(await compiled(sgd())), "loadCheckpoint: optimizer sgd; wanted optimizer adam."],
    [await saveCheckpoint(await compiled(adam(), 6)), "loadCheckpoint: seed 6; wanted seed 5."],
    [weights, "loadCheckpoint: kind not given; wanted kind checkpoint."],
  ];
  for (const [bytes, message] of others) {
    const failure = await loadCheckpoint(model, bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FormatError);
    expect(String(failure)).toContain(message);
  }
  await expect(loadCheckpoint(model, file.subarray(0, file.length - 8))).rejects.toThrow(FormatError);
  expect(await saveWeights(model)).toEqual(weights);
});
