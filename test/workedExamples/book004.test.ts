import { beforeAll, describe, expect, test } from "vitest";
import type { Value } from "../../src/core/graph.ts";
import { inputLayer } from "../../src/nn/layer.ts";
import { conv2d as convLayer, dense as denseLayer, flatten as flattenLayer } from "../../src/nn/layers.ts";
import { sequential } from "../../src/nn/model.ts";
import { exponentialDecay } from "../../src/nn/schedules.ts";
import { relu } from "../../src/ops/activations.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { scale } from "../../src/ops/elementwise.ts";
import { maxPool2d } from "../../src/ops/pool.ts";
import { reshape } from "../../src/ops/shape.ts";
import {
  computed,
  expectValues,
  filter,
  flat,
  given,
  image,
  type Nested,
  readExamples,
  side,
} from "../support/workedExamples.ts";

beforeAll(readExamples);

describe("004", () => {
  test("X's and O's: trying every possible match, rectify, pool", async () => {
    const x = image(given("004-xo", "image"));
    const filters = given("004-xo", "filters") as readonly Nested[];
    const match = (rows: Nested) => scale(conv2d(x, filter(rows)), 1 / 9);
    const [f1, f2, f3] = filters.map(match) as [Value, Value, Value];
    // The book pools 7x7 maps to 4x4: the last window hangs over the edge.
    const pool = (value: Value) => maxPool2d(value, { kernelSize: 2, ceilMode: true });
    await expectValues(
      { f1, f2, f3, relu_f1: relu(f1), pool_f1: pool(relu(f1)), pool_f2: pool(relu(f2)), pool_f3: pool(relu(f3)) },
      Object.fromEntries(
        ["f1", "f2", "f3", "relu_f1", "pool_f1", "pool_f2", "pool_f3"].map((name) => [name, computed("004-xo", name)]),
      ),
    );
  });

  test("Filters example (2/3): a receptive field times a filter", async () => {
    const y = conv2d(image(given("004-filter-sum", "receptive_field")), filter(given("004-filter-sum", "filter")));
    await expectValues({ y: reshape(y, [1]) }, { y: [Number(computed("004-filter-sum", "sum"))] });
  });

  test("Padding, CNN in TensorFlow: sizes, parameters, decay of the learning rate", () => {
    expect(side(32, 5, 0, 1)).toBe(computed("004-sizes", "32_5x5_valid"));
    const small = sequential({ inputShape: [7, 7, 3], layers: [convLayer({ filters: 2, kernelSize: 3, strides: 2 })] });
    expect(small.symbols[0]?.shape).toEqual(computed("004-sizes", "7x7x3_3x3_s2"));
    const flattened = flattenLayer().apply(inputLayer([7, 7, 64]));
    expect(flattened.shape).toEqual([computed("004-sizes", "flatten_7x7x64")]);
    const conv1 = convLayer({ filters: 32, kernelSize: 5 });
    const conv2 = convLayer({ filters: 64, kernelSize: 5 });
    const hidden = denseLayer({ units: 1024 });
    const out = denseLayer({ units: 10 });
    conv1.apply(inputLayer([28, 28, 1]));
    conv2.apply(inputLayer([14, 14, 32]));
    out.apply(hidden.apply(inputLayer([3136])));
    const counts = [conv1, conv2, hidden, out].map((layer) => layer.parameterCount);
    expect(counts).toEqual(computed("004-sizes", "params_conv1_conv2_dense_out"));
    const schedule = exponentialDecay({ learningRate: 0.01, decayRate: 0.6, decaySteps: 1 });
    flat(computed("004-sizes", "lr_decay_0.01*0.6^epoch")).forEach((want, epoch) => {
      expect(schedule(epoch)).toBeCloseTo(want, 9);
    });
  });
});
