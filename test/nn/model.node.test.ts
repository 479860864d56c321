import { describe, expect, test } from "vitest";
import { GraphError, ShapeError, TrainingError, type WgradError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { printGraph } from "../../src/core/print.ts";
import { inputLayer, Layer } from "../../src/nn/layer.ts";
import { activation, conv2d, dense, flatten, maxPooling2d, reshape } from "../../src/nn/layers.ts";
import { model, sequential } from "../../src/nn/model.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { makeState } from "../../src/nn/state.ts";
import { predictStep } from "../../src/nn/steps.ts";
import { summary } from "../../src/nn/summary.ts";
import { loadWeights, saveWeights } from "../../src/nn/weightFiles.ts";
import { add } from "../../src/ops/elementwise.ts";
import { tinyNetwork } from "../support/digits.ts";

/** A layer of the user's own. */
class Sum extends Layer {
  readonly kind = "sum";

  call([first, ...others]: readonly Value[]): Value {
    return others.reduce(add, first as Value);
  }
}

describe("a functional model", () => {
  test("branches and joins", () => {
    const x = inputLayer([8]);
    const a = dense({ name: "a", units: 3, activation: "tanh" }).apply(x);
    const b = dense({ name: "b", units: 3 }).apply(x);
    const y = activation({ name: "last", activation: "relu" }).apply(new Sum({ name: "join" }).apply(a, b));
    const network = model({ name: "fork", inputs: x, outputs: y });
    expect([...network.layers.values()]).toEqual(["a", "b", "join", "last"]);
    expect(network.parameterCount).toBe(2 * (8 * 3 + 3));
    const { y: output } = predictStep(network, makeState(network, sgd()), 5).outputs;
    expect(printGraph(makeGraph("predict", { y: output as Value }))).toMatchInlineSnapshot(`
      "graph predict
        %1 = dense(@x, a/kernel, a/bias) : f32[5, 3]  # fork/a
        %2 = map[tanh](%1) : f32[5, 3]  # fork/a
        %3 = dense(@x, b/kernel, b/bias) : f32[5, 3]  # fork/b
        %4 = map[add](%2, %3) : f32[5, 3]  # fork/join
        %5 = map[relu](%4) : f32[5, 3]  # fork/last
        return y = %5"
    `);
  });

  test("a layer that is called twice has its weights once", () => {
    const shared = dense({ name: "shared", units: 4 });
    const x = inputLayer([4]);
    const network = model({ inputs: x, outputs: shared.apply(shared.apply(x)) });
    expect(network.symbols).toHaveLength(2);
    expect(network.namedWeights().map(({ name }) => name)).toEqual(["shared/kernel", "shared/bias"]);
    expect(network.parameterCount).toBe(20);
  });

  test("models nest, and their weights have the names of both", () => {
    const x = inputLayer([4]);
    const inner = sequential({ name: "inner", inputShape: [4], layers: [dense({ units: 3 }), dense({ units: 2 })] });
    const outer = model({ inputs: x, outputs: dense({ units: 1 }).apply(inner.apply(x)) });
    expect(outer.namedWeights().map(({ name }) => name)).toEqual([
      "inner/dense/kernel",
      "inner/dense/bias",
      "inner/dense_1/kernel",
      "inner/dense_1/bias",
      "dense/kernel",
      "dense/bias",
    ]);
    inner.trainable = false;
    expect(outer.namedWeights().map(({ trainable }) => trainable)).toEqual([false, false, false, false, true, true]);
  });

  test("layers without a name are numbered by kind", () => {
    const layers = [dense({ units: 2 }), activation({ activation: "relu" }), dense({ units: 2 }), dense({ units: 2 })];
    expect([...sequential({ inputShape: [3], layers }).layers.values()]).toEqual([
      "dense",
      "activation",
      "dense_1",
      "dense_2",
    ]);
  });
});

/** Every message says where, what was seen, what was wanted; the line that is wrong throws, not a later one. */
describe("a mistake is an error at its own line", () => {
  const image = () => inputLayer([28, 28, 1]);

  test.each<[string, () => unknown, new (parts: string) => WgradError, string]>([
    [
      "a convolution of what is no image",
      () => conv2d({ name: "conv1", filters: 6, kernelSize: 5 }).apply(inputLayer([784])),
      ShapeError,
      "conv1: input [784]; wanted [height, width, channels]. Reshape to add the channel axis: a grey image is [h, w, 1].",
    ],
    [
      "a kernel larger than the image",
      () => conv2d({ name: "conv1", filters: 6, kernelSize: 31 }).apply(image()),
      ShapeError,
      "conv1/conv2d: a window of 31 on a side of 28 padded by 0 and 0; wanted a window no larger than the padded image. " +
        'Pad more (padding: "same"), or use a smaller kernel or dilation.',
    ],
    [
      "groups that do not divide the channels",
      () => conv2d({ name: "conv1", filters: 4, kernelSize: 3, groups: 2 }).apply(inputLayer([9, 9, 3])),
      ShapeError,
      "conv1: 2 groups for 3 channels and 4 filters; wanted a number of groups that divides both.",
    ],
    [
      "no filters",
      () => conv2d({ name: "conv1", filters: 0, kernelSize: 3 }),
      GraphError,
      "conv1: filters 0; wanted a whole number of at least 1.",
    ],
    [
      "a kernel size of the wrong rank",
      () => conv2d({ name: "conv1", filters: 2, kernelSize: [3, 3, 3] as never }),
      GraphError,
      "conv1: kernelSize [3,3,3]; wanted a whole number of at least 1, or 2 of them.",
    ],
    [
      "a padding that there is not",
      () => conv2d({ name: "conv1", filters: 2, kernelSize: 3, padding: "sam" as "same" }).apply(image()),
      GraphError,
      'conv1/conv2d: padding "sam"; wanted "valid", "same", "full", a whole number, or 2 numbers or [before, after] pairs.',
    ],
    [
      "an option that there is not",
      () => conv2d({ name: "conv1", filters: 2, kernelSize: 3, stride: 2 } as Parameters<typeof conv2d>[0]),
      GraphError,
      "conv1: option stride; wanted one of name,",
    ],
    [
      "units that are no number",
      () => dense({ name: "fc", units: 1.5 }),
      GraphError,
      "fc: units 1.5; wanted a whole number of at least 1.",
    ],
    [
      "an activation that there is not",
      () => dense({ name: "fc", units: 2, activation: "tanhh" as "tanh" }),
      GraphError,
      'fc: activation "tanhh"; wanted one of linear, relu,',
    ],
    [
      "an initializer that there is not",
      () => dense({ name: "fc", units: 2, kernelInitializer: "glorot" as "zeros" }).apply(inputLayer([3])),
      GraphError,
      'fc: initializer "glorot"; wanted one of zeros, ones, glorotUniform,',
    ],
    [
      "a pool window larger than the image",
      () => maxPooling2d({ name: "pool1", poolSize: 30 }).apply(image()),
      ShapeError,
      "pool1/maxPool2d: a window of 30 on height 28",
    ],
    [
      "a reshape to another number of elements",
      () => reshape({ name: "fold", targetShape: [28, 27] }).apply(image()),
      ShapeError,
      "fold/reshape: f32[2, 28, 28, 1] to shape [2, 28, 27]; wanted a shape of 1568 elements.",
    ],
    [
      "two inputs for a layer of one",
      () => flatten({ name: "flat" }).apply(image(), image()),
      GraphError,
      "flat: 2 inputs; wanted one.",
    ],
    ["no input", () => dense({ name: "fc", units: 2 }).apply(), GraphError, "fc: no input; wanted one or more."],
    [
      "an input without sides",
      () => inputLayer([28, 0], "pixels"),
      ShapeError,
      "pixels: shape [28, 0]; wanted sides of 1 or more, without the batch.",
    ],
    [
      "a shared layer on two shapes",
      () => {
        const shared = dense({ name: "shared", units: 4 });
        shared.apply(inputLayer([3]));
        shared.apply(inputLayer([5]));
      },
      ShapeError,
      "shared: input [5]; wanted [3], for which its weights were made. Use a second layer for the second shape.",
    ],
    [
      "two layers of one name",
      () => sequential({ inputShape: [3], layers: [dense({ name: "a", units: 2 }), dense({ name: "a", units: 2 })] }),
      GraphError,
      "a: two layers of this name; wanted a name for each.",
    ],
    [
      "an output that needs an input that is not given",
      () => model({ name: "net", inputs: inputLayer([3]), outputs: dense({ units: 2 }).apply(inputLayer([4])) }),
      GraphError,
      "net: an output that needs another input, of shape [4]; wanted only the inputs given. List it among the inputs.",
    ],
  ])("%s", (_, mistake, kind, message) => {
    const error = thrownBy(mistake);
    expect(error).toBeInstanceOf(kind);
    expect((error as WgradError).message.slice(0, message.length)).toBe(message);
  });

  test("a model that is not compiled says how to compile it", async () => {
    const network = tinyNetwork();
    const message =
      "tiny: a model that is not compiled; wanted compile first. await model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: .. })";
    const calls: (() => Promise<unknown>)[] = [
      () => network.predict(new Float32Array(784)),
      () => saveWeights(network),
      () => loadWeights(network, new Uint8Array()),
    ];
    for (const call of calls) {
      const error = await Promise.resolve()
        .then(call)
        .catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(TrainingError);
      expect((error as TrainingError).message).toBe(message);
    }
  });
});

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return null;
}

describe("summary", () => {
  test("is a line a layer, and the totals", () => {
    const network = tinyNetwork();
    const [conv] = network.layers.keys();
    if (conv) conv.trainable = false;
    expect(summary(network)).toMatchInlineSnapshot(`
      "layer    kind          output shape    parameters  learns
      ---------------------------------------------------------
      input    input         [N, 28, 28, 1]           0
      conv     conv2d        [N, 12, 12, 4]         104  no
      pool     maxPooling2d  [N, 6, 6, 4]             0
      flatten  flatten       [N, 144]                 0
      hidden   dense         [N, 14]              2,030  yes
      logits   dense         [N, 10]                150  yes
      ---------------------------------------------------------
      parameters 2,284, trainable 2,180, fixed 104"
    `);
  });
});
