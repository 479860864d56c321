import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../src/core/types.ts";
import * as activations from "../../src/ops/activations.ts";
import * as ops from "../../src/ops/elementwise.ts";
import { mean, sum } from "../../src/ops/reduce.ts";
import { optimize } from "../../src/passes/index.ts";
import { elementwiseAdapters } from "../conformance/adapters/elementwise.ts";
import { erf64 } from "../support/erf64.ts";
import { checkGolden } from "../support/golden.ts";
import { numericGradient } from "../support/reference.ts";
import { evaluate, numbers, tensor } from "../support/run.ts";

test.each(Object.keys(elementwiseAdapters))("golden vectors of %s", (op) => checkGolden(op));

/** Largest |got - want|, over the larger of |want| and `floor`. */
function worst(got: ArrayLike<number>, want: ArrayLike<number>, floor = 1): number {
  expect(got.length).toBe(want.length);
  return Array.from(got).reduce((most, value, i) => {
    const error = Math.abs(value - (want[i] ?? Number.NaN)) / Math.max(floor, Math.abs(want[i] ?? 0));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
  }, 0);
}

const line = Float32Array.from({ length: 241 }, (_, i) => (i - 120) / 10);

describe("precision", () => {
  test("erf is within 3e-7 of its size, also where it is tiny", async () => {
    const x = Float32Array.from([...line, ...line.map((value) => value / 1000)]);
    const { y } = await evaluate({ y: ops.erf(tensor([x.length], x)) });
    expect(worst(y, Array.from(x, erf64), 1e-30)).toBeLessThan(3e-7);
  });

  test("softplus is within 1e-6 of its size, also where it is tiny", async () => {
    const { y } = await evaluate({ y: activations.softplus(tensor([line.length], line), { threshold: 100 }) });
    expect(
      worst(
        y,
        Array.from(line, (x) => Math.log1p(Math.exp(x))),
        1e-30,
      ),
    ).toBeLessThan(1e-6);
  });

  test("elu and selu are within 1e-6 of their size, also where it is tiny", async () => {
    const magnitudes = Array.from({ length: 161 }, (_, i) => 10 ** (i / 4 - 37));
    const x = Float32Array.from([...magnitudes.map((value) => -value), 0, ...magnitudes]);
    const { elu, selu } = await evaluate({
      elu: activations.elu(tensor([x.length], x), { alpha: 1.5 }),
      selu: activations.selu(tensor([x.length], x)),
    });
    const below = (alpha: number) => Array.from(x, (value) => (value > 0 ? value : alpha * Math.expm1(value)));
    const scale = 1.0507009873554805;
    expect(worst(elu, below(1.5), 1e-37)).toBeLessThan(1e-6);
    expect(
      worst(
        selu,
        below(1.6732632423543772).map((value) => scale * value),
        1e-37,
      ),
    ).toBeLessThan(1e-6);
  });

  test("pow knows whole powers of negative numbers, and 0^0", async () => {
    const a = [-2, -2, -2, -1.5, 0, 0, 3, -3, -2];
    const b = [2, 3, -1, 4, 0, 2, 0.5, 0, 0.5];
    const { y } = await evaluate({ y: ops.pow(tensor([9], a), tensor([9], b)) });
    expect(
      worst(
        y.slice(0, 8),
        a.slice(0, 8).map((base, i) => base ** (b[i] ?? 0)),
      ),
    ).toBeLessThan(1e-6);
    expect(y[8]).toBeNaN();
  });
});

test("every function and its gradient stays finite for large arguments", async () => {
  const x = tensor([8], [-3e38, -1e20, -1e4, -89, 89, 1e4, 1e20, 3e38]);
  const functions: Record<string, (x: Value) => Value> = {
    relu: activations.relu,
    relu6: activations.relu6,
    leakyRelu: activations.leakyRelu,
    elu: activations.elu,
    gelu: activations.gelu,
    geluTanh: (value) => activations.gelu(value, { approximate: "tanh" }),
    sigmoid: activations.sigmoid,
    tanh: activations.tanh,
    silu: activations.silu,
    softplus: activations.softplus,
    softsign: activations.softsign,
    hardsigmoid: activations.hardsigmoid,
    hardswish: activations.hardswish,
    mish: activations.mish,
    exp: ops.exp,
    erf: ops.erf,
  };
  const values: Record<string, Value> = {};
  for (const [name, op] of Object.entries(functions)) {
    const y = op(x);
    values[name] = y;
    const [dx] = differentiate(y, [x], ops.add, tensor([8], new Float32Array(8).fill(1)));
    if (dx) values[`d ${name}`] = dx;
  }
  const results = await evaluate(values);
  expect(Object.keys(results)).toHaveLength(32);
  for (const [name, data] of Object.entries(results)) expect(Array.from(data).every(Number.isFinite), name).toBe(true);
  expect(Array.from(results["d relu"] ?? [])).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect([0, 7].map((i) => results["d mish"]?.[i])).toEqual([expect.closeTo(0, 30), expect.closeTo(1, 5)]);
  expect(Array.from(results.mish?.subarray(0, 4) ?? [])).toEqual([0, 0, 0, 0]);
  expect(results.silu?.[1]).toBeCloseTo(0, 5);
});

test("a NaN stays one", async () => {
  const x = tensor([2], [Number.NaN, 1]);
  const { relu, relu6, elu, selu } = activations;
  const results = await evaluate({ relu: relu(x), relu6: relu6(x), elu: elu(x), selu: selu(x) });
  expect(Object.values(results).map(([y]) => y)).toEqual(new Array(4).fill(Number.NaN));
});

/** NumPy's broadcasting by its definition. */
function broadcast64(a: ArrayLike<number>, from: Shape, to: Shape): number[] {
  const strides = stridesOf(to);
  const own = stridesOf(from);
  return Array.from({ length: sizeOf(to) }, (_, index) => {
    let at = 0;
    from.forEach((side, axis) => {
      const other = axis + to.length - from.length;
      const coordinate = Math.floor(index / (strides[other] ?? 1)) % (to[other] ?? 1);
      at += (side === 1 ? 0 : coordinate) * (own[axis] ?? 0);
    });
    return a[at] ?? Number.NaN;
  });
}

const pairs: [Shape, Shape][] = [
  [[], []],
  [[1], [13]],
  [[7], [5, 7]],
  [
    [5, 1],
    [5, 7],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [1, 17, 1, 3],
    [3, 1, 5, 1],
  ],
  [
    [2, 3, 5, 4],
    [2, 1, 1, 4],
  ],
  [
    [2, 8],
    [3, 1, 8],
  ],
  [
    [1, 1, 1],
    [1, 4],
  ],
  [[4, 4, 4], [4]],
  [
    [257, 1],
    [1, 255],
  ],
];

describe("broadcasting", () => {
  test.each(pairs)("%j and %j, and sums it back", async (from, to) => {
    const shape = broadcastShapes("test", from, to);
    const [a, b, dy] = [numbers(sizeOf(from), 1), numbers(sizeOf(to), 2), numbers(sizeOf(shape), 3)];
    const [left, right] = [tensor(from, a), tensor(to, b)];
    const y = ops.mul(ops.addScalar(left, 2), right);
    const [da, db] = differentiate(y, [left, right], ops.add, tensor(shape, dy));
    if (!da || !db) throw new Error("no gradient");
    expect([y.type.shape, da.type.shape, db.type.shape]).toEqual([shape, from, to]);
    const got = await evaluate({ y, da, db });
    const wideA = broadcast64(a, from, shape).map((value) => value + 2);
    const wideB = broadcast64(b, to, shape);
    expect(
      worst(
        got.y,
        wideA.map((value, i) => value * (wideB[i] ?? 0)),
      ),
    ).toBeLessThan(1e-6);
    // The gradients of <y, dy>, which is bilinear, by central differences.
    const inner = (x: ArrayLike<number>, z: ArrayLike<number>) =>
      broadcast64(x, from, shape).reduce(
        (total, value, i) => total + (value + 2) * (broadcast64(z, to, shape)[i] ?? 0) * (dy[i] ?? 0),
        0,
      );
    if (sizeOf(shape) > 300) return;
    expect(
      worst(
        got.da,
        numericGradient((x) => inner(x, b), a),
      ),
    ).toBeLessThan(1e-5);
    expect(
      worst(
        got.db,
        numericGradient((x) => inner(a, x), b),
      ),
    ).toBeLessThan(1e-5);
  });
});

test("maximum and minimum split the gradient where both are equal", async () => {
  const [a, b] = [tensor([3], [1, 2, 2]), tensor([3], [1, 1, 3])];
  const ones = tensor([3], [1, 1, 1]);
  const gradients = [ops.maximum, ops.minimum].flatMap((op) => differentiate(op(a, b), [a, b], ops.add, ones));
  const results = await evaluate(Object.fromEntries(gradients.map((value, i) => [`g${i}`, value as Value])));
  expect(Object.values(results).map((data) => Array.from(data))).toEqual([
    [0.5, 1, 0],
    [0.5, 0, 1],
    [0.5, 0, 1],
    [0.5, 1, 0],
  ]);
});

test("functions without a gradient let none through", async () => {
  const x = tensor([3], [-1, 0, 2]);
  const flat = [ops.sign(x), ops.step(x), ops.stopGradient(x), ops.equal(x, x), ops.greater(x, ops.neg(x))];
  const ones = tensor([3], [1, 1, 1]);
  for (const y of flat) expect(differentiate(y, [x], ops.add, ones)).toEqual([null]);
  const results = await evaluate(Object.fromEntries(flat.map((value, i) => [`y${i}`, value])));
  expect(Object.values(results).map((data) => Array.from(data))).toEqual([
    [-1, 0, 1],
    [0, 0, 1],
    [-1, 0, 2],
    [1, 1, 1],
    [0, 0, 1],
  ]);
});

test("fill, zerosLike and broadcastTo make whole tensors", async () => {
  const x = tensor([3], [1, 2, 3]);
  const got = await evaluate({
    fill: ops.fill([2, 5], -0.25),
    zeros: ops.zerosLike(ops.fill([7], 1)),
    wide: ops.broadcastTo(x, [2, 3]),
    scaled: ops.scale(ops.broadcastTo(x, [2, 3]), 2),
  });
  expect(Array.from(got.fill)).toEqual(new Array(10).fill(-0.25));
  expect(Array.from(got.zeros)).toEqual(new Array(7).fill(0));
  expect(Array.from(got.wide)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(Array.from(got.scaled)).toEqual([2, 4, 6, 2, 4, 6]);
});

describe("fusion", () => {
  /** A chain with its gradients: long enough to fuse, broadcast operands in it. */
  function chain() {
    const x = tensor([6, 5, 8], numbers(240, 6));
    const bias = tensor([8], numbers(8, 7));
    const gain = tensor([6, 1, 1], numbers(6, 8));
    const y = activations.tanh(ops.add(ops.mul(activations.silu(ops.add(x, bias)), gain), ops.scale(x, 0.5)));
    const loss = mean(ops.square(ops.sub(y, activations.sigmoid(x))));
    const gradients = differentiate(loss, [x, bias, gain], ops.add);
    const [dx, dbias, dgain] = gradients as [Value, Value, Value];
    return { y, loss, dx, dbias, dgain };
  }

  test("gives what single kernels give", async () => {
    const values = chain();
    const fused = await evaluate(values, { fuse: true });
    const single = await evaluate(values, { fuse: false });
    // A compiler may contract a * b + c into one rounding where both stand in one kernel; then bits differ.
    for (const name of Object.keys(values) as (keyof typeof values)[]) {
      expect(worst(fused[name], single[name], 1e-2), name).toBeLessThan(2e-6);
    }
  });

  test("makes fewer nodes, with no elementwise pair left that could be one", () => {
    const { loss } = chain();
    const graph = makeGraph("test", { loss });
    expect(graph.nodes.length).toBe(11);
    expect(optimize(graph).nodes.length).toBe(2);
  });

  test("two runs are equal in bits", async () => {
    expect(await evaluate(chain())).toEqual(await evaluate(chain()));
  });

  test("a number repeated to a shape keeps it when it fuses", async () => {
    const x = tensor([4, 3], numbers(12, 9));
    const total = sum(x);
    const y = ops.scale(ops.addScalar(ops.broadcastTo(total, [4, 3]), 1), 2);
    const { fused } = await evaluate({ fused: y });
    const { single } = await evaluate({ single: y }, { fuse: false });
    expect(fused).toEqual(single);
    expect(fused).toHaveLength(12);
  });
});

describe("errors", () => {
  const x = tensor([2, 3], numbers(6, 1));

  test("shapes that do not broadcast", () => {
    const wrong = () => withPath("net", () => ops.add(x, tensor([4], numbers(4, 1))));
    expect(wrong).toThrow(ShapeError);
    expect(wrong).toThrow("net/map(add): shapes [2, 3] and [4]; wanted shapes that broadcast");
  });

  test("element types", () => {
    const wrong = () => withPath("net", () => activations.relu(tensor([2], [1, 2], "i32")));
    expect(wrong).toThrow(DTypeError);
    expect(wrong).toThrow("net/map(relu): i32[2]; wanted f32");
  });

  test("broadcastTo a shape that does not hold the operand", () => {
    expect(() => ops.broadcastTo(x, [2, 1])).toThrow(ShapeError);
    expect(() => ops.broadcastTo(x, [3])).toThrow("broadcastTo: shape [2, 3]; wanted a shape that [3] repeats");
    expect(() => ops.broadcastTo(x, [4, 3])).toThrow(ShapeError);
  });

  test("options", () => {
    expect(() => withPath("net", () => activations.leakyRelu(x, { negativeSlope: Number.NaN }))).toThrow(
      "net/leakyRelu: negativeSlope NaN; wanted negativeSlope to be finite in f32",
    );
    expect(() => activations.elu(x, { alpha: Number.NaN })).toThrow(GraphError);
    expect(() => activations.softplus(x, { beta: 0 })).toThrow(GraphError);
    expect(() => ops.clamp(x, { min: 1, max: 0 })).toThrow("clamp: min 1; wanted min to be at most max, 0");
    expect(() => ops.scale(x, Number.POSITIVE_INFINITY)).toThrow("scale: factor Infinity; wanted factor to be finite");
    expect(() => ops.scale(x, 1e39)).toThrow(GraphError);
    const foreign = { slope: 0.1 } as { negativeSlope?: number };
    expect(() => activations.leakyRelu(x, foreign)).toThrow("leakyRelu: option slope; wanted one of negativeSlope");
    expect(() => activations.gelu(x, { approximate: "erf" as "tanh" })).toThrow(
      'gelu: approximate "erf"; wanted one of none',
    );
  });
});
