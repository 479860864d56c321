import { beforeAll, describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import type { Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { sigmoid } from "../../src/ops/activations.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add } from "../../src/ops/elementwise.ts";
import { dense } from "../../src/ops/matmul.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { tensor } from "../support/run.ts";
import {
  as,
  computed,
  examples,
  expectValues,
  filter,
  flat,
  given,
  image,
  readExamples,
  side,
  transpose,
} from "../support/workedExamples.ts";

beforeAll(readExamples);

describe("001", () => {
  test("7.2 Fig 7.4: a linear layer", async () => {
    const theta = as([4, 4], transpose(given("001-linear", "theta")));
    const z = dense(as([2, 4], given("001-linear", "a")), theta, as([4], given("001-linear", "b")));
    await expectValues({ z }, { z: computed("001-linear", "z") });
  });

  test("7.3 softmax classifier: probabilities, and cross-entropy 1.3900446 (printed 1.39005)", async () => {
    const logits = as([2, 4], given("001-softmax-ce", "logits"));
    const labels = tensor([2], flat(given("001-softmax-ce", "targets")), "i32");
    await expectValues(
      { softmax: softmax(logits), loss: softmaxCrossEntropy(logits, labels) },
      { softmax: computed("001-softmax-ce", "softmax"), loss: computed("001-softmax-ce", "loss") },
    );
  });

  test("7.5 Fig 7.15: the channels of a convolution and its bias add up", async () => {
    for (const id of [...examples.keys()].filter((key) => key.startsWith("001-conv3d-sum"))) {
      const channels = flat(given(id, "channel_results"));
      const x = tensor([1, 1, 1, channels.length], channels);
      const ones = tensor(
        [1, 1, channels.length, 1],
        channels.map(() => 1),
      );
      const y = conv2d(x, ones, tensor([1], [Number(given(id, "bias"))]));
      const wanted = Number(computed(id, "sum"));
      await expectValues({ y }, { y: [wanted] }, 1e-6);
    }
  });

  test("7.5: output size", () => {
    const [w, p, f, s] = ["W", "P", "F", "S"].map((name) => Number(given("001-outsize", name)));
    expect(side(w ?? 0, f ?? 0, p ?? 0, s ?? 1)).toBe(computed("001-outsize", "Wo"));
  });

  test("Table 7.2: LeNet-5, activation sizes and parameters", () => {
    const model = lenet5();
    const sizes = [1024, ...model.symbols.slice(0, 5).map(({ shape }) => sizeOf(shape))];
    expect(sizes).toEqual(computed("001-lenet-sizes", "activation_sizes"));
    const counts = Object.fromEntries([...model.layers].map(([layer, name]) => [name, layer.parameterCount]));
    const params = examples.get("001-lenet-sizes")?.computed.params as unknown as Record<string, number>;
    for (const name of ["conv1", "conv2", "fc1", "fc2", "fc3"]) expect(counts[name], name).toBe(params[name]);
    expect(model.parameterCount).toBe(params.total);
  });

  test("7.8 Fig 7.18: a transposed convolution is a convolution of the zero-inserted map", async () => {
    const rows = given("001-deconv", "filter") as readonly (readonly number[])[];
    const rotated = rows.toReversed().map((row) => row.toReversed());
    await expectValues(
      {
        transposed: conv2dTranspose(image(given("001-deconv", "input")), filter(rotated), null, {
          strides: 2,
          padding: 1,
        }),
        inserted: conv2d(image(given("001-deconv", "zero_inserted")), filter(rows)),
      },
      { transposed: computed("001-deconv", "output"), inserted: computed("001-deconv", "output") },
    );
  });

  test("7.2 mini-batch mean, variance, normalization, scale and shift (the batch is 2; the text calls it 12)", async () => {
    const id = "001-batchnorm";
    const z = as([2, 4], given(id, "z"));
    const epsilon = Number(given(id, "eps"));
    const [gamma, beta] = ["gamma", "beta"].map((name) => tensor([4], new Array(4).fill(Number(given(id, name)))));
    const plain = batchNorm(z, { epsilon });
    const whole = batchNorm(z, { epsilon, weight: gamma as Value, bias: beta as Value });
    await expectValues(
      { mean: plain.mean, var: plain.variance, z_hat: plain.y, z_tilde: whole.y, sigmoid: sigmoid(whole.y) },
      Object.fromEntries(["mean", "var", "z_hat", "z_tilde", "sigmoid"].map((name) => [name, computed(id, name)])),
    );
  });

  test("7.2 to 7.3: gradients of linear, batch normalization, softmax cross-entropy, all the way back", async () => {
    const id = "001-softmax-ce";
    const a = as([2, 4], given("001-linear", "a"));
    const theta = as([4, 4], transpose(given("001-linear", "theta")));
    const bias = as([4], given("001-linear", "b"));
    const [gamma, beta] = ["gamma", "beta"].map((name) =>
      tensor([4], new Array(4).fill(Number(given("001-batchnorm", name)))),
    ) as [Value, Value];
    const epsilon = Number(given("001-batchnorm", "eps"));
    const { y } = batchNorm(dense(a, theta, bias), { epsilon, weight: gamma, bias: beta });
    const loss = softmaxCrossEntropy(y, tensor([2], flat(given(id, "targets")), "i32"));
    const wrt = [theta, a, gamma, beta, bias];
    const [dTheta, dA, dGamma, dBeta, dBias] = differentiate(loss, wrt, add) as [Value, Value, Value, Value, Value];
    await expectValues(
      { loss, dTheta, dA, dGamma, dBeta, dBias },
      {
        loss: computed(id, "loss"),
        dTheta: transpose(computed(id, "dL_dtheta")),
        dA: computed(id, "dL_da"),
        dGamma: computed(id, "dL_dgamma_per_feature"),
        dBeta: computed(id, "dL_dbeta_per_feature"),
        dBias: computed(id, "dL_dbias"),
      },
    );
  });
});
