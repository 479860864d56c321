import { beforeAll, describe, expect, test } from "vitest";
import { differentiate } from "../src/core/autodiff.ts";
import { constant, input, makeVariable, type Value } from "../src/core/graph.ts";
import { sizeOf, tensorType } from "../src/core/types.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { inputLayer } from "../src/nn/layer.ts";
import { conv2d as convLayer, dense as denseLayer, flatten as flattenLayer } from "../src/nn/layers.ts";
import { sequential } from "../src/nn/model.ts";
import { adam, type Optimizer, rmsprop, sgd } from "../src/nn/optimizers.ts";
import { exponentialDecay } from "../src/nn/schedules.ts";
import { conv2d, conv2dTranspose } from "../src/ops/conv.ts";
import { softmaxCrossEntropy } from "../src/ops/crossEntropy.ts";
import { add, exp, identity, relu, scale, sigmoid } from "../src/ops/elementwise.ts";
import { bceWithLogits, binaryCrossEntropy } from "../src/ops/losses.ts";
import { dense } from "../src/ops/matmul.ts";
import { maxPool2d } from "../src/ops/pool.ts";
import { sum } from "../src/ops/reduce.ts";
import { flatten, reshape } from "../src/ops/shape.ts";
import { softmax } from "../src/ops/softmax.ts";
import { outputSides, resolvePads } from "../src/ops/window.ts";
import { evaluate, tensor } from "./support/run.ts";

/**
 * The textbooks' examples, recomputed (test/golden/worked_examples.json). Where a book misprints, the recomputed value
 * holds; the misprints are listed as `errata` and `mismatches` beside each example.
 */
type Nested = number | readonly Nested[];
interface Example {
  readonly id: string;
  readonly section: string;
  readonly given: Readonly<Record<string, never>>;
  readonly computed: Readonly<Record<string, never>>;
}

const examples = new Map<string, Example>();
beforeAll(async () => {
  const file = (await (await fetch("/test/golden/worked_examples.json")).json()) as
    | { examples?: Example[] }
    | Example[];
  for (const example of Array.isArray(file) ? file : (file.examples ?? [])) examples.set(example.id, example);
});

function get(id: string, part: "given" | "computed", name: string): Nested {
  const value = examples.get(id)?.[part][name];
  if (value === undefined) throw new Error(`${id} has no ${part}.${name}`);
  return value;
}
const given = (id: string, name: string) => get(id, "given", name);
const computed = (id: string, name: string) => get(id, "computed", name);
const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));

/** A matrix of the book as a tensor of this shape. */
const as = (shape: readonly number[], value: Nested) => tensor(shape, flat(value));
/** One grey image, or one single filter. */
const image = (rows: Nested) =>
  as([1, (rows as readonly Nested[]).length, flat(rows).length / (rows as readonly Nested[]).length, 1], rows);
const filter = (rows: Nested) =>
  as([(rows as readonly Nested[]).length, flat(rows).length / (rows as readonly Nested[]).length, 1, 1], rows);
const transpose = (rows: Nested) => {
  const table = rows as readonly (readonly number[])[];
  return (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? 0));
};

async function expectValues(values: Record<string, Value>, want: Record<string, Nested>, tolerance = 2e-6) {
  const got = await evaluate(values);
  for (const [name, expected] of Object.entries(want)) {
    const list = flat(expected);
    expect(got[name]?.length, name).toBe(list.length);
    list.forEach((value, i) => {
      expect(Math.abs((got[name]?.[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(value)),
      );
    });
  }
}

/** Side of the output of a window. */
const side = (n: number, f: number, p: number, s: number, d = 1) =>
  outputSides("example", [n], { kernel: [f], strides: [s], dilations: [d], pads: [[p, p]] })[0];

describe("000", () => {
  test("equations 4-7: output sizes (the bars of the book are floors, and valid is N - f + 1)", () => {
    const cases = given("000-outsize", "cases") as readonly (readonly number[])[];
    expect(cases.map(([n = 0, f = 0, p = 0, s = 1]) => side(n, f, p, s))).toEqual(computed("000-outsize", "out"));
  });

  test("1.6 Optimizers, with the errata applied: Adam divides by the corrected second moment", async () => {
    const id = "000-optimizers";
    const rate = Number(given(id, "lr"));
    const beta = Number(given(id, "beta_momentum"));
    const rules: Record<string, Optimizer> = {
      gradient_descent: sgd({ learningRate: rate }),
      momentum_ema_form: sgd({ learningRate: rate, momentum: beta, velocity: "average" }),
      rmsprop: rmsprop({ learningRate: rate, rho: Number(given(id, "beta_rms")), epsilon: Number(given(id, "eps")) }),
      adam: adam({
        learningRate: rate,
        beta1: Number(given(id, "beta1")),
        beta2: Number(given(id, "beta2")),
        epsilon: Number(given(id, "eps")),
      }),
    };
    for (const [name, rule] of Object.entries(rules)) {
      const path = await follow(rule, Number(given(id, "w0")), flat(given(id, "grads")));
      flat(computed(id, name)).forEach((want, i) => {
        expect(path[i], `${name} after step ${i + 1}`).toBeCloseTo(want, 6);
      });
    }
  });
});

/** The values that one weight takes under these gradients. */
async function follow(rule: Optimizer, start: number, gradients: readonly number[]): Promise<number[]> {
  const path: number[] = [];
  let weight = start;
  let states = Object.fromEntries(Object.entries(rule.slots).map(([name, value]) => [name, value]));
  for (const [i, gradient] of gradients.entries()) {
    const variable = (name: string, value: number, state?: string) =>
      makeVariable({
        name,
        role: state ? "slot" : "parameter",
        type: tensorType([1]),
        initial: { kind: "values", data: Float32Array.of(value) },
        ...(state ? { state } : {}),
      });
    const w = variable("w", weight);
    const slots = Object.entries(states).map(([name, value]) => [name, variable(name, value, name)] as const);
    const hyper = rule.hyper(i + 1, rule.learningRate as number);
    const updates = rule.update(
      constant(tensorType([hyper.length]), hyper),
      [w.value],
      [identity(tensor([1], [gradient]))],
      Object.fromEntries(slots.map(([name, slot]) => [name, [slot.value]])),
    );
    const got = await evaluate(
      { w: w.value, ...Object.fromEntries(slots.map(([name, slot]) => [name, slot.value])) },
      { updates, variables: [w, ...slots.map(([, slot]) => slot)] },
    );
    weight = got.w?.[0] ?? Number.NaN;
    states = Object.fromEntries(slots.map(([name]) => [name, got[name as "w"]?.[0] ?? Number.NaN]));
    path.push(weight);
  }
  return path;
}

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
});

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

  test("In-network upsampling: max pooling of the example", async () => {
    const x = image(given("002-unpool", "pool_input"));
    await expectValues({ y: maxPool2d(x, { kernelSize: 2 }) }, { y: computed("002-unpool", "maxpool") });
  });
});

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
