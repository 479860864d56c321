import { describe, expect, test } from "vitest";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable } from "../../src/core/graph.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import { adagrad, adam, adamW, type Optimizer, rmsprop, sgd } from "../../src/nn/optimizers.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { gradientNorm } from "../../src/ops/optimizers.ts";
import { sum } from "../../src/ops/reduce.ts";
import type { OptimizerCase } from "../conformance/format.ts";
import { allGoldenCases } from "../support/golden.ts";
import { evaluate, numbers, randomTensor } from "../support/run.ts";
import { type TrainedTensor, trajectory } from "../support/trajectory.ts";

const cases = (await allGoldenCases()).filter((found) => found.kind === "optimizer");

/** Our words for PyTorch's. */
const words: Readonly<Record<string, string>> = {
  lr: "learningRate",
  weight_decay: "weightDecay",
  clip_norm: "clipNorm",
  clip_value: "clipValue",
  alpha: "rho",
  eps: "epsilon",
  lr_decay: "learningRateDecay",
  initial_accumulator_value: "initialAccumulatorValue",
};
const makers: Readonly<Record<string, (options: object) => Optimizer>> = {
  SGD: sgd,
  Adam: adam,
  AdamW: adamW,
  RMSprop: rmsprop,
  Adagrad: adagrad,
};

function optimizerOf({ optimizer, attrs }: OptimizerCase): Optimizer {
  const { betas, ...rest } = attrs;
  const options = Object.fromEntries(Object.entries(rest).map(([name, value]) => [words[name] ?? name, value]));
  if (Array.isArray(betas)) Object.assign(options, { beta1: betas[0], beta2: betas[1] });
  const make = makers[optimizer];
  if (!make) throw new Error(`no optimizer ${optimizer}`);
  return make(options);
}

test("there are 18 reference trajectories", () => expect(cases).toHaveLength(18));

test.each(cases)("$id: 20 steps as in PyTorch, in one dispatch each", async (found) => {
  const tensors = found.params.map(({ initial, gradsPerStep }): TrainedTensor => {
    const size = sizeOf(initial.shape);
    const all = Float32Array.from(gradsPerStep.data);
    const gradients = Array.from({ length: found.steps }, (_, t) => all.slice(t * size, (t + 1) * size));
    return { shape: initial.shape, initial: Float32Array.from(initial.data), gradients };
  });
  const { steps, dispatches } = await trajectory(optimizerOf(found), tensors);
  found.params.forEach(({ initial, paramsAfterStep: { data, tol } }, i) => {
    const size = sizeOf(initial.shape);
    const got = steps.flatMap((step) => [...(step[i] ?? [])]);
    expect(got).toHaveLength(size * found.steps);
    const errors = got.map((value, at) => Math.abs(value - (data[at] ?? Number.NaN)));
    expect(Math.max(...errors) / tol).toBeLessThanOrEqual(1);
  });
  expect(dispatches).toBe("clip_norm" in found.attrs ? 3 : 1);
});

describe("section 1.6 of 000, one weight, four gradients", () => {
  const learningRate = 0.1;
  test.each([
    ["gradient descent", sgd({ learningRate }), [0.95, 1.075, 0.875, 0.8]],
    [
      "momentum as an average",
      sgd({ learningRate, momentum: 0.9, velocity: "average" }),
      [0.995, 1.003, 0.9902, 0.97118],
    ],
    ["rmsprop", rmsprop({ learningRate, rho: 0.9 }), [0.683772254, 0.979428445, 0.71237576, 0.612245507]],
    ["adam", adam({ learningRate }), [0.900000002, 0.944221528, 0.910299665, 0.866495963]],
  ] as const)("%s", async (_, optimizer, want) => {
    const gradients = [0.5, -1.25, 2, 0.75].map((value) => Float32Array.of(value));
    const { steps } = await trajectory(optimizer, [{ shape: [], initial: Float32Array.of(1), gradients }]);
    steps.forEach(([weight], i) => {
      expect(Math.abs((weight?.[0] ?? Number.NaN) - (want[i] ?? 0))).toBeLessThan(3e-7);
    });
  });
});

test("many tensors of awkward sizes: as one by one, in one dispatch", async () => {
  const shapes = [[1], [63], [64], [65], [7, 11, 13], [2, 3, 5, 7]];
  const tensors = shapes.map((shape, i): TrainedTensor => {
    const gradients = [0, 1, 2].map((t) => numbers(sizeOf(shape), 10 * i + t));
    return { shape, initial: numbers(sizeOf(shape), 100 + i), gradients };
  });
  const optimizer = adam({ learningRate: 0.1, weightDecay: 0.1, amsgrad: true });
  const together = await trajectory(optimizer, tensors);
  expect(together.dispatches).toBe(1);
  for (const [i, one] of tensors.entries()) {
    const { steps } = await trajectory(optimizer, [one]);
    expect([...(together.steps.at(-1)?.[i] ?? [])]).toEqual([...(steps.at(-1)?.[0] ?? [])]);
  }
});

test("a learning rate may be a function of the steps made so far", async () => {
  const gradients = [1, 1, 1].map((value) => Float32Array.of(value));
  const optimizer = sgd({ learningRate: (step) => 2 ** -step });
  const { steps } = await trajectory(optimizer, [{ shape: [1], initial: Float32Array.of(0), gradients }]);
  expect(steps.map(([weight]) => weight?.[0])).toEqual([-1, -1.5, -1.75]);
});

test("the norm over tensors of any size, a million elements among them", async () => {
  const sizes = [3, 1_000_003, 64];
  // An input or a constant cannot lie beside others: what is made by a node can.
  const tensors = sizes.map((size, i) => {
    const x = randomTensor([size], i);
    return { square: numbers(size, i).reduce((total, value) => total + value * value, 0), value: add(x, x) };
  });
  const { norm } = await evaluate({ norm: gradientNorm(tensors.map(({ value }) => value)) });
  const want = 2 * Math.sqrt(tensors.reduce((total, { square }) => total + square, 0));
  expect(Math.abs((norm[0] ?? Number.NaN) / want - 1)).toBeLessThan(2e-6);
});

test("gradients that cannot lie side by side are copied: shared ones, and ones that other gradients read", async () => {
  const variables = [0, 1, 2].map((i) =>
    makeVariable({
      name: `p${i}`,
      role: "parameter",
      type: tensorType([4]),
      initial: { kind: "values", data: new Float32Array(4) },
    }),
  );
  const shared = mul(randomTensor([4], 1), randomTensor([4], 2));
  const reader = add(shared, sum(shared));
  const hyper = randomTensor([3], 3);
  const parameters = variables.map(({ value }) => value);
  const updates = sgd({ learningRate: 1 }).update(hyper, parameters, [shared, shared, reader], {});
  const [p0, p1, p2] = updates;
  if (!p0 || !p1 || !p2) throw new Error("three updates");
  const got = await evaluate({ p0, p1, p2, shared }, { updates, variables });
  const rate = numbers(3, 3)[1] ?? 0;
  const total = [...got.shared].reduce((a, b) => a + b, 0);
  [...got.shared].forEach((value, i) => {
    expect(got.p0[i]).toBeCloseTo(-rate * value, 6);
    expect(got.p1[i]).toBe(got.p0[i]);
    expect(got.p2[i]).toBeCloseTo(-rate * (value + total), 6);
  });
});

test("an update prints as one node", () => {
  const parameter = makeVariable({
    name: "w",
    role: "parameter",
    type: tensorType([2]),
    initial: { kind: "constant", value: 0 },
  });
  const hyper = input("hyper", tensorType([3]));
  const gradient = add(randomTensor([2], 1), randomTensor([2], 2));
  const updates = sgd().update(hyper, [parameter.value], [gradient], {});
  expect(makeGraph("step", {}, updates).nodes.map(({ op }) => op.name)).toEqual(["map", "sgd"]);
});

test("wrong tensors", () => {
  const [one, two] = [2, 3].map((size) => add(randomTensor([size], 1), randomTensor([size], 2)));
  const parameter = makeVariable({
    name: "w",
    role: "parameter",
    type: tensorType([2]),
    initial: { kind: "constant", value: 0 },
  }).value;
  if (!one || !two) throw new Error("two gradients");
  const hyper = input("hyper", tensorType([3]));
  expect(() => sgd().update(hyper, [parameter], [two], {})).toThrow(ShapeError);
  expect(() => sgd().update(hyper, [parameter], [], {})).toThrow(GraphError);
  expect(() => sgd().update(hyper, [], [], {})).toThrow(GraphError);
  expect(() => sgd().update(input("hyper", tensorType([4])), [parameter], [one], {})).toThrow(
    /hyper f32\[4\]; wanted \[3\]/,
  );
  expect(() => sgd().update(input("hyper", tensorType([3], "i32")), [parameter], [one], {})).toThrow(DTypeError);
  expect(() => adam().update(input("hyper", tensorType([10])), [parameter], [one], {})).toThrow(GraphError);
  expect(() => sgd().update(hyper, [parameter], [one], { velocity: [parameter] })).toThrow(/option velocity/);
});
