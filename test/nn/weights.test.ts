import { beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import type { Dataset } from "../../src/data/imageDataset.ts";
import { decodeSafetensors, encodeToBytes, type NamedTensor } from "../../src/io/safetensors.ts";
import type { Model } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { loadWeights, saveWeights } from "../../src/nn/weightFiles.ts";
import { digitSet, tinyNetwork } from "../support/digits.ts";
import { testGpu } from "../support/run.ts";

let data: Dataset;
let model: Model;
let file: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const gpu = await testGpu();
  data = digitSet(gpu, 32);
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  model = await tinyNetwork().compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy", seed: 1 });
  await model.fit(data, { epochs: 2, batchSize: 16 });
  file = await saveWeights(model);
});

/** Without the long listing of two files that differ. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

async function tensorsOf(bytes: Uint8Array): Promise<NamedTensor[]> {
  const tensors: NamedTensor[] = [];
  for await (const tensor of decodeSafetensors(bytes)) tensors.push(tensor);
  return tensors;
}

describe("saveWeights and loadWeights", () => {
  test("a file may come as a fetch or an input gives it, as an ArrayBuffer, a stream or a File", async () => {
    for (const source of [file.buffer, new Blob([file]).stream(), new File([file], "digits.safetensors")]) {
      const other = await tinyNetwork().compile({ gpu: model.gpu, optimizer: sgd(), loss: "huber", seed: 2 });
      await loadWeights(other, source);
      expect(same(await saveWeights(other), file)).toBe(true);
      other.dispose();
    }
    const none = { url: "digits.safetensors" } as unknown as Uint8Array;
    await expect(loadWeights(model, none)).rejects.toThrow("a file that is none; wanted a Uint8Array, an ArrayBuffer");
  });

  test("the file names every weight of the model, with its shape", async () => {
    const seen = (await tensorsOf(file)).map(({ name, shape }) => `${name} ${shape.join("x")}`);
    expect(seen.sort()).toEqual([
      "conv/bias 4",
      "conv/kernel 5x5x1x4",
      "hidden/bias 14",
      "hidden/kernel 144x14",
      "logits/bias 10",
      "logits/kernel 14x10",
    ]);
  });

  test("what was saved comes back, bit for bit, after the weights have moved", async () => {
    const before = await model.evaluate(data);
    await model.fit(data, { batchSize: 16 });
    expect(await saveWeights(model)).not.toEqual(file);
    await loadWeights(model, file);
    expect(await saveWeights(model)).toEqual(file);
    expect(await model.evaluate(data)).toEqual(before);
  });

  test("another model of the same layers takes them, from a stream", async () => {
    const gpu = await testGpu();
    const twin = await tinyNetwork().compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", seed: 9 });
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < file.length; at += 1000) controller.enqueue(file.subarray(at, at + 1000));
        controller.close();
      },
    });
    await loadWeights(twin, stream);
    expect(await saveWeights(twin)).toEqual(file);
    twin.dispose();
  });
});

describe("a file that is not this model's changes nothing", () => {
  const edited = async (edit: (tensors: NamedTensor[]) => NamedTensor[]) => encodeToBytes(edit(await tensorsOf(file)));
  const doubled = (tensors: NamedTensor[]) =>
    tensors.map((tensor) => ({ ...tensor, data: Float32Array.from(tensor.data, (value) => 2 * value) }));
  const rejects = async (bytes: Uint8Array | ReadableStream<Uint8Array>, message: string) => {
    const error = await loadWeights(model, bytes).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toContain(message);
    expect(same(await saveWeights(model), file)).toBe(true);
  };

  test("a weight is missing", async () => {
    const bytes = await edited((tensors) => doubled(tensors).filter(({ name }) => name !== "hidden/bias"));
    await rejects(
      bytes,
      "loadWeights: no hidden/bias; wanted the 6 weights of this model. Load the file into the model that saved it.",
    );
  });

  test("a weight is foreign", async () => {
    const bytes = await edited((tensors) => [
      ...doubled(tensors),
      { name: "fc9/kernel", shape: [1], dtype: "f32", data: Float32Array.of(1) },
    ]);
    await rejects(bytes, "loadWeights: unknown fc9/kernel; wanted the 6 weights of this model.");
  });

  test("a weight has another shape", async () => {
    const bytes = await edited((tensors) =>
      doubled(tensors).map((tensor) => (tensor.name === "hidden/kernel" ? { ...tensor, shape: [14, 144] } : tensor)),
    );
    await rejects(bytes, "hidden/kernel: shape [14, 144]; wanted f32[144, 14].");
  });

  test("a weight has another element type", async () => {
    const bytes = await edited((tensors) =>
      doubled(tensors).map((tensor) =>
        tensor.name === "logits/bias" ? { ...tensor, dtype: "i32", data: new Int32Array(10) } : tensor,
      ),
    );
    await rejects(bytes, "logits/bias: i32[10]; wanted f32[10].");
  });

  test("the file is cut off", async () => {
    const bytes = await edited(doubled);
    await rejects(bytes.subarray(0, 4), "safetensors");
    await rejects(bytes.subarray(0, bytes.length - 8), "The file is cut short");
    const halves = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, bytes.length / 2));
        controller.enqueue(bytes.subarray(bytes.length / 2, bytes.length - 8));
        controller.close();
      },
    });
    await rejects(halves, "The file is cut short");
  });

  test("the file is no safetensors file", async () => {
    await rejects(new TextEncoder().encode("these are not the weights you are looking for"), "safetensors");
  });
});
