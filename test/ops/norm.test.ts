import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { add } from "../../src/ops/elementwise.ts";
import { groupNorm, instanceNorm, layerNorm, type NormOptions } from "../../src/ops/norm.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(["layer_norm", "group_norm", "instance_norm"])("%s: the reference's cases", async (op) => {
  await checkGolden(op);
});

const epsilon = 1e-3;

interface Case {
  readonly shape: Shape;
  readonly affine: Shape;
  readonly build: (x: Value, options: NormOptions) => Value;
  /** Group of an element, and place of its weight, by its flat place. */
  readonly group: (at: number) => number;
  readonly channel: (at: number) => number;
}

function overLast(shape: Shape, axes: number): Case {
  const affine = shape.slice(shape.length - axes);
  const size = sizeOf(affine);
  return {
    shape,
    affine,
    build: (x, options) => layerNorm(x, { ...options, axes }),
    group: (at) => Math.floor(at / size),
    channel: (at) => at % size,
  };
}

function overGroups(shape: Shape, groups: number): Case {
  const channels = shape.at(-1) ?? 1;
  const example = sizeOf(shape.slice(1));
  const group = (at: number) => Math.floor(at / example) * groups + Math.floor(((at % channels) * groups) / channels);
  const build = (x: Value, options: NormOptions) =>
    groups === channels ? instanceNorm(x, options) : groupNorm(x, { ...options, groups });
  return { shape, affine: [channels], build, group, channel: (at) => at % channels };
}

function reference(
  { shape, affine, group, channel }: Case,
  x: Float32Array,
  dY: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
) {
  const members = new Map<number, number[]>();
  for (let at = 0; at < sizeOf(shape); at++) members.set(group(at), [...(members.get(group(at)) ?? []), at]);
  const [y, dX] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [dWeight, dBias] = [new Float64Array(sizeOf(affine)), new Float64Array(sizeOf(affine))];
  for (const places of members.values()) {
    const mean = (term: (at: number) => number) => places.reduce((sum, at) => sum + term(at), 0) / places.length;
    const center = mean((at) => x[at] ?? 0);
    const inverse = 1 / Math.sqrt(mean((at) => ((x[at] ?? 0) - center) ** 2) + epsilon);
    const z = (at: number) => ((x[at] ?? 0) - center) * inverse;
    const dZ = (at: number) => (dY[at] ?? 0) * (weight[channel(at)] ?? 0);
    const [m, p] = [mean(dZ), mean((at) => dZ(at) * z(at))];
    for (const at of places) {
      const c = channel(at);
      y[at] = z(at) * (weight[c] ?? 0) + (bias[c] ?? 0);
      dX[at] = inverse * (dZ(at) - m - z(at) * p);
      dWeight[c] = (dWeight[c] ?? 0) + (dY[at] ?? 0) * z(at);
      dBias[c] = (dBias[c] ?? 0) + (dY[at] ?? 0);
    }
  }
  return { y, dX, dWeight, dBias };
}

const cases: [string, Case][] = [
  ["the last axis, odd", overLast([5, 7], 1)],
  ["the last axis, long", overLast([3, 2, 520], 1)],
  ["the last two of four", overLast([3, 5, 2, 6], 2)],
  ["all", overLast([3, 5, 7], 3)],
  ["an example of 10,000", overLast([2, 25, 20, 20], 3)],
  ["groups of 1 of 3", overGroups([2, 5, 3], 3)],
  ["groups of 2 of 6", overGroups([3, 4, 5, 6], 3)],
  ["groups of 8 of 32", overGroups([2, 9, 7, 32], 4)],
  ["one group", overGroups([3, 5, 5, 6], 1)],
  ["channels of volumes", overGroups([2, 3, 4, 5, 12], 12)],
  ["channels of large images", overGroups([2, 60, 50, 8], 8)],
];

describe.each([{}, { software: false, subgroups: false }])("against float64, on %o", (target) => {
  test.each(cases)("%s", async (_, problem) => {
    const size = sizeOf(problem.shape);
    const x = numbers(size, 1).map((value, i) => value + 3 + (i % 5));
    const [dY, weight, bias] = [
      numbers(size, 2),
      numbers(sizeOf(problem.affine), 3),
      numbers(sizeOf(problem.affine), 4),
    ];
    const values = [tensor(problem.shape, x), tensor(problem.affine, weight), tensor(problem.affine, bias)] as const;
    const y = problem.build(values[0], { weight: values[1], bias: values[2], epsilon });
    const [dX, dWeight, dBias] = differentiate(y, values, add, tensor(problem.shape, dY));
    const outputs = { y, dX: dX ?? fail(), dWeight: dWeight ?? fail(), dBias: dBias ?? fail() };
    const got = await evaluate(outputs, { target });
    const want = reference(problem, x, dY, weight, bias);
    const terms = size / sizeOf(problem.affine);
    expectClose("y", got.y, want.y, 4e-6);
    expectClose("dX", got.dX, want.dX, 1e-5);
    expectClose("dWeight", got.dWeight, want.dWeight, 4e-7 * terms + 4e-6);
    expectClose("dBias", got.dBias, want.dBias, 2e-7 * terms + 1e-6);
  });
});

test("weight and bias join the kernel where no gradient is wanted", () => {
  const [weight, bias] = [randomTensor([8], 1), randomTensor([8], 2)];
  const y = groupNorm(randomTensor([2, 4, 4, 8], 3), { groups: 2, weight, bias });
  const { calls } = plan(makeGraph("norm", { y }), layVariables([]), defaultTarget);
  expect(calls.map(({ call }) => call.name)).toEqual(["normalize/moments", "normalize/statistics", "normalize/apply"]);
});

test.each([
  [() => layerNorm(randomTensor([2, 3], 1), { axes: 3 }), ShapeError, /the last 3 axes of x \[2, 3\]; wanted a whole/],
  [
    () => layerNorm(randomTensor([2, 3], 1), { weight: randomTensor([2], 1) }),
    ShapeError,
    /weight \[2\] .* wanted \[3\]/,
  ],
  [() => layerNorm(randomTensor([2, 3], 1), { epsilon: Number.NaN }), GraphError, /epsilon NaN/],
  [() => groupNorm(randomTensor([2, 4, 6], 1)), ShapeError, /32 groups for 6 channels/],
  [() => groupNorm(randomTensor([2, 4, 6], 1), { groups: 4 }), ShapeError, /4 groups for 6 channels/],
  [() => groupNorm(randomTensor([6], 1), { groups: 2 }), ShapeError, /rank 2 or more/],
  [() => instanceNorm(randomTensor([2, 6], 1)), ShapeError, /rank 3 or more/],
  [() => instanceNorm(randomTensor([2, 3, 6], 1), { groups: 2 } as NormOptions), GraphError, /option groups/],
  [() => instanceNorm(tensor([1, 2, 1], [1, 2], "i32")), DTypeError, /wanted f32/],
] as const)("wrong input %#", (make, kind, message) => {
  expect(make).toThrow(kind);
  expect(make).toThrow(message);
});

function expectClose(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length, name).toBe(want.length);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(error <= worst)) worst = error;
  }
  expect(worst, name).toBeLessThanOrEqual(tolerance);
}

function fail(): never {
  throw new Error("no gradient");
}
