import { beforeAll, describe, expect, test } from "vitest";
import { inputLayer } from "../../src/nn/layer.ts";
import { conv2d as convLayer } from "../../src/nn/layers.ts";
import { sigmoid } from "../../src/ops/activations.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { bceWithLogits, binaryCrossEntropy } from "../../src/ops/losses.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { resolvePads } from "../../src/ops/window.ts";
import { tensor } from "../support/run.ts";
import {
  computed,
  examples,
  expectValues,
  filter,
  given,
  image,
  readExamples,
  side,
} from "../support/workedExamples.ts";

beforeAll(readExamples);

describe("003", () => {
  test("1.2.1, 1.2.4, 4.4, 5.0.1: output sizes", () => {
    const cases = given("003-outsize", "cases") as readonly (readonly number[])[];
    expect(cases.map(([n = 0, m = 0, p = 0, s = 1]) => side(n, m, p, s))).toEqual(computed("003-outsize", "out"));
  });

  test("5.0.1: parameters and volumes", () => {
    const count = (kernelSize: number, channels: number, filters: number, useBias: boolean) => {
      const layer = convLayer({ filters, kernelSize, useBias });
      layer.apply(inputLayer([32, 32, channels]));
      return layer.parameterCount;
    };
    expect(count(5, 3, 100, false)).toBe(computed("003-params", "conv5x5x3x100_no_bias"));
    expect(count(1, 16, 1, true)).toBe(computed("003-params", "conv1x1x16_bias"));
    expect(count(5, 1, 1, false)).toBe(computed("003-params", "k5"));
    expect(2 * count(3, 1, 1, false)).toBe(computed("003-params", "two_k3"));
    expect((side(63, 7, 0, 2) ?? 0) ** 2 * 32).toBe(computed("003-params", "volume_29x29x32"));
    expect((side(32, 2, 0, 2) ?? 0) ** 2 * 16).toBe(computed("003-params", "pool_volume"));
  });

  test("1.2.4 equation 6: true convolution turns the filter, deep learning's does not", async () => {
    const rows = given("003-conv2d", "w") as readonly (readonly number[])[];
    const rotated = rows.toReversed().map((row) => row.toReversed());
    expect(rotated).toEqual(computed("003-conv2d", "rotated"));
    const x = image(given("003-conv2d", "x"));
    const options = { padding: Number(given("003-conv2d", "padding")), strides: Number(given("003-conv2d", "stride")) };
    await expectValues(
      { turned: conv2d(x, filter(rotated), null, options), plain: conv2d(x, filter(rows), null, options) },
      { turned: computed("003-conv2d", "true_convolution"), plain: computed("003-conv2d", "cross_correlation") },
    );
  });

  test("4.4: a dilated kernel reaches farther", () => {
    const [size = 0, kernel = 0, dilation = 1] = ["image", "kernel", "dilation"].map((name) =>
      Number(given("003-dilation", name)),
    );
    expect(side(size, kernel, 0, 1, dilation)).toBe(computed("003-dilation", "output"));
    const window = { kernel: [kernel], strides: [1], dilations: [dilation] };
    const [pads] = resolvePads("example", "full", [size], window);
    expect((pads?.[0] ?? 0) + 1).toBe(computed("003-dilation", "effective_kernel"));
  });

  test("2.7 table: binary and categorical cross-entropy, from probabilities and from logits", async () => {
    const { bce, ce } = (examples.get("003-losses")?.given ?? {}) as unknown as {
      bce: { p: number; logit: number; y: number };
      ce: { p: number[]; logits: number[]; class: number };
    };
    const logits = tensor([1, 3], ce.logits);
    const label = tensor([1], [ce.class], "i32");
    await expectValues(
      {
        sigmoid: sigmoid(tensor([1], [bce.logit])),
        softmax: softmax(logits),
        bceFromP: binaryCrossEntropy(tensor([1], [bce.p]), tensor([1], [bce.y])),
        bceFromLogit: bceWithLogits(tensor([1], [bce.logit]), tensor([1], [bce.y])),
        ceFromP: softmaxCrossEntropy(tensor([1, 3], ce.p.map(Math.log)), label),
        ceFromLogits: softmaxCrossEntropy(logits, label),
      },
      {
        sigmoid: computed("003-losses", "sigmoid_0.8"),
        softmax: computed("003-losses", "softmax"),
        bceFromP: computed("003-losses", "bce_from_p"),
        bceFromLogit: computed("003-losses", "bce_from_logit"),
        ceFromP: computed("003-losses", "ce_from_p"),
        ceFromLogits: computed("003-losses", "ce_from_logits"),
      },
    );
  });
});
