import { beforeAll, describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { kerasUnet } from "../../src/models/kerasUnet.ts";
import { conv2d as convLayer, dense as denseLayer, flatten as flattenLayer } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { relu, sigmoid } from "../../src/ops/activations.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add, exp, scale } from "../../src/ops/elementwise.ts";
import { dense } from "../../src/ops/matmul.ts";
import { maxPoolWithIndices2d, maxUnpool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { separableConv2d } from "../../src/ops/separable.ts";
import { flatten } from "../../src/ops/shape.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { bedOfNails2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { tensor } from "../support/run.ts";
import {
  as,
  computed,
  expectValues,
  filter,
  flat,
  given,
  image,
  readExamples,
  transpose,
} from "../support/workedExamples.ts";

beforeAll(readExamples);

describe("002", () => {
  test("Forward and backward computation operators: sigmoid(1)", async () => {
    await expectValues(
      { y: sigmoid(tensor([1], [Number(given("002-sigmoid", "z"))])) },
      { y: [Number(computed("002-sigmoid", "y"))] },
    );
  });

  test("Tensorflow example: parameters of an MLP", () => {
    const [inputs = 0, ...units] = flat(given("002-mlp-params", "layers"));
    const layers = units.map((count) => denseLayer({ units: count }));
    const model = sequential({ inputShape: [inputs], layers });
    expect(layers.map((layer) => layer.parameterCount)).toEqual(computed("002-mlp-params", "params"));
    expect(model.parameterCount).toBe(computed("002-mlp-params", "total"));
  });

  test("Softmax classifier: the exponentials (their sum is printed 188.68, right is 188.737)", async () => {
    const logits = as([1, 3], given("002-softmax", "logits"));
    await expectValues(
      { exp: exp(logits), sum: sum(exp(logits)), softmax: softmax(logits) },
      {
        exp: computed("002-softmax", "exp"),
        sum: computed("002-softmax", "sum"),
        softmax: computed("002-softmax", "softmax"),
      },
      4e-6,
    );
  });

  test("Categorical cross-entropy of a batch: the losses and their mean", async () => {
    const p = flat(given("002-ce-batch", "p_true"));
    // Two classes whose probabilities are p and 1 - p; the right one is class 0.
    const probabilities = p.flatMap((value) => [
      Math.log(Math.max(value, 1e-30)),
      Math.log(Math.max(1 - value, 1e-30)),
    ]);
    const logits = tensor([p.length, 2], probabilities);
    const labels = tensor(
      [p.length],
      p.map(() => 0),
      "i32",
    );
    await expectValues(
      { losses: softmaxCrossEntropy(logits, labels, { reduction: "none" }), mean: softmaxCrossEntropy(logits, labels) },
      { losses: computed("002-ce-batch", "losses"), mean: computed("002-ce-batch", "mean") },
    );
  });

  test("Convolution NN for MNIST: shapes and parameters (7x7x32 = 1568; the book prints 7x6x32 and 1558)", () => {
    const filters = given("002-mnist-conv", "filters") as readonly (readonly number[])[];
    const convolutions = filters.map(([kernelSize = 1, , count = 1, strides = 1]) =>
      convLayer({ filters: count, kernelSize, strides, padding: "same", activation: "relu" }),
    );
    const [hidden = 0, classes = 0] = flat(given("002-mnist-conv", "dense"));
    const layers = [...convolutions, flattenLayer(), denseLayer({ units: hidden }), denseLayer({ units: classes })];
    const model = sequential({ inputShape: flat(given("002-mnist-conv", "input")), layers });
    expect(model.symbols.slice(0, 3).map(({ shape }) => shape)).toEqual(computed("002-mnist-conv", "shapes"));
    expect(model.symbols[3]?.shape).toEqual([computed("002-mnist-conv", "flatten")]);
    const counts = layers.map((layer) => layer.parameterCount).filter((count) => count > 0);
    expect(counts).toEqual(computed("002-mnist-conv", "params"));
  });

  test("CNN backward path, the whole example: forward, every gradient, every updated weight", async () => {
    const id = "002-backprop-forward";
    const parameters = {
      w: filter(given(id, "w")),
      b1: as([1], given(id, "b1")),
      wh: as([4, 2], transpose(given(id, "wh"))),
      bh: as([2], given(id, "bh")),
      wo: as([2, 2], transpose(given(id, "wo"))),
      bo: as([2], given(id, "bo")),
    };
    const { w, b1, wh, bh, wo, bo } = parameters;
    const c = relu(conv2d(image(given(id, "x")), w, b1));
    const h = dense(flatten(c), wh, bh);
    const o = dense(h, wo, bo);
    const loss = softmaxCrossEntropy(o, tensor([1], [Number(given(id, "target_class"))], "i32"));
    await expectValues(
      { C: c, h, o, softmax: softmax(o), loss },
      Object.fromEntries(["C", "h", "o", "softmax", "loss"].map((name) => [name, computed(id, name)])),
    );

    const wrt = [o, h, c, ...Object.values(parameters)];
    const gradients = differentiate(loss, wrt, add).map((value) => value as Value);
    const [dO, dH, dC, dW, dB1, dWh, dBh, dWo, dBo] = gradients as [
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
    ];
    const of = (name: string) => computed("002-backprop-grads", name);
    await expectValues(
      { dO, dH, dC, dW, dB1, dWh, dBh, dWo, dBo },
      {
        dO: of("do"),
        dH: of("dh"),
        dC: of("dC"),
        dW: of("dF"),
        dB1: of("db1"),
        dWh: transpose(of("dwh")),
        dBh: of("dbh"),
        dWo: transpose(of("dwo")),
        dBo: of("dbo"),
      },
    );

    const rate = -Number(given("002-backprop-updated", "lr"));
    const moved = (value: Value, gradient: Value) => add(value, scale(gradient, rate));
    const next = (name: string) => computed("002-backprop-updated", name);
    await expectValues(
      {
        w: moved(w, dW),
        b1: moved(b1, dB1),
        wh: moved(wh, dWh),
        bh: moved(bh, dBh),
        wo: moved(wo, dWo),
        bo: moved(bo, dBo),
      },
      {
        w: next("w_new"),
        b1: next("b1_new"),
        wh: transpose(next("wh_new")),
        bh: next("bh_new"),
        wo: transpose(next("wo_new")),
        bo: next("bo_new"),
      },
    );
  });

  test("Exercise, CNN backward path: dL/dF and dL/dX", async () => {
    const x = image(given("002-exercise", "x"));
    const f = filter(given("002-exercise", "f"));
    const seed = image(given("002-exercise", "dL_dO"));
    const [dF, dX] = differentiate(conv2d(x, f), [f, x], add, seed) as [Value, Value];
    await expectValues({ dF, dX }, { dF: computed("002-exercise", "dL_dF"), dX: computed("002-exercise", "dL_dX") });
  });

  test("Convolution as matrix multiplication, 1-D (x y z is printed x y x)", async () => {
    const xyz = flat(given("002-conv-as-matrix", "xyz"));
    const abcd = flat(given("002-conv-as-matrix", "abcd"));
    const line = tensor([1, 1, 4, 1], abcd);
    const k = tensor([1, 3, 1, 1], xyz);
    await expectValues(
      {
        conv_s1_p1: conv2d(line, k, null, { padding: [0, 1] }),
        conv_s2_p1: conv2d(line, k, null, { padding: [0, 1], strides: [1, 2] }),
        transpose_s1: conv2dTranspose(line, k),
        transpose_s2_of_ab: conv2dTranspose(tensor([1, 1, 2, 1], abcd.slice(0, 2)), k, null, {
          strides: [1, 2],
          outputPadding: [0, 1],
        }),
      },
      Object.fromEntries(
        ["conv_s1_p1", "conv_s2_p1", "transpose_s1", "transpose_s2_of_ab"].map((name) => [
          name,
          computed("002-conv-as-matrix", name),
        ]),
      ),
    );
  });

  test("In-network upsampling: max pooling and unpooling, nearest, bed of nails", async () => {
    const id = "002-unpool";
    const small = image(given(id, "unpool_input"));
    const pooled = maxPoolWithIndices2d(image(given(id, "pool_input")), { kernelSize: 2 });
    await expectValues(
      {
        maxpool: pooled.values,
        indices: pooled.indices,
        max_unpool: maxUnpool2d(small, pooled.indices, { kernelSize: 2 }),
        nearest: upsampleNearest2d(small, { scale: 2 }),
        bed_of_nails: bedOfNails2d(small, 2),
      },
      Object.fromEntries(
        ["maxpool", "indices", "max_unpool", "nearest", "bed_of_nails"].map((name) => [name, computed(id, name)]),
      ),
    );
  });

  test("SeparableConv2D: multiplications (the book's formula lacks the factor of 3 channels)", () => {
    const id = "002-separable-mults";
    const [, , channels = 0] = flat(given(id, "input"));
    const k = Number(given(id, "k"));
    const filters = Number(given(id, "N"));
    const x = tensor([1, ...flat(given(id, "input"))], new Float32Array(675));
    const zeros = (shape: number[]) => tensor(shape, new Float32Array(sizeOf(shape)));
    const standard = multiplications(conv2d(x, zeros([k, k, channels, filters])));
    expect(standard).toBe(computed(id, "standard"));
    expect(standard / filters).toBe(computed(id, "standard_per_filter"));
    const separable = separableConv2d(x, zeros([k, k, channels, 1]), zeros([1, 1, channels, filters]));
    expect(multiplications(separable)).toBe(computed(id, "separable"));
  });

  test('Model "functional_1": totals of the Keras U-Net', () => {
    const model = kerasUnet();
    expect(model.parameterCount).toBe(computed("002-unet-table", "total"));
    expect(model.trainableParameterCount).toBe(computed("002-unet-table", "trainable"));
    expect(model.parameterCount - model.trainableParameterCount).toBe(computed("002-unet-table", "non_trainable"));
  });
});

/** What the plan counts: a multiplication and an addition are two flops. */
function multiplications(y: Value): number {
  const graph = makeGraph("count", { y });
  return plan(graph, layVariables([]), defaultTarget).flops / 2;
}
