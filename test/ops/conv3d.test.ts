import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { type Shape, sizeOf, stridesOf } from "../../src/core/types.ts";
import { relu } from "../../src/ops/activations.ts";
import { conv3d } from "../../src/ops/conv3d.ts";
import { conv3dTranspose } from "../../src/ops/conv3dTranspose.ts";
import { add } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { dot } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

test("the reference's cases", async () => {
  await checkGolden("conv3d");
}, 60_000);

type Triple = readonly [number, number, number];
interface Case {
  readonly x: Shape;
  readonly kernel: Triple;
  readonly filters: number;
  readonly groups: number;
  readonly strides: Triple;
  readonly dilations: Triple;
  readonly padding: readonly (readonly [number, number])[];
}

const plain = {
  groups: 1,
  strides: [1, 1, 1],
  dilations: [1, 1, 1],
  padding: [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
} as const;
const cases: Case[] = [
  { ...plain, x: [1, 1, 1, 1, 1], kernel: [1, 1, 1], filters: 1 },
  {
    ...plain,
    x: [2, 5, 4, 7, 4],
    kernel: [3, 2, 3],
    filters: 8,
    padding: [
      [1, 1],
      [0, 1],
      [1, 1],
    ],
  },
  { ...plain, x: [1, 7, 6, 5, 6], kernel: [2, 3, 1], filters: 9, groups: 3, strides: [2, 1, 3], dilations: [3, 1, 1] },
  {
    ...plain,
    x: [2, 3, 5, 9, 3],
    kernel: [3, 3, 3],
    filters: 5,
    strides: [1, 2, 2],
    padding: [
      [2, 0],
      [1, 2],
      [3, 1],
    ],
  },
  { ...plain, x: [1, 6, 6, 13, 8], kernel: [1, 1, 2], filters: 16, groups: 2, dilations: [1, 2, 5] },
];

/** Calls with the flat places of x, kernel and y for every product that the convolution adds up. */
function eachProduct(
  { x, kernel, filters, groups, strides, dilations, padding }: Case,
  y: Shape,
  visit: (x: number, kernel: number, y: number) => void,
): void {
  const depth = (x[4] ?? 1) / groups;
  const [xStrides, yStrides, kStrides] = [stridesOf(x), stridesOf(y), stridesOf([...kernel, depth, filters])];
  const flat = (places: readonly number[], by: readonly number[]) =>
    places.reduce((sum, place, axis) => sum + place * (by[axis] ?? 0), 0);
  const counted = (shape: Shape, at: number) => {
    const by = stridesOf(shape);
    return shape.map((side, axis) => Math.floor(at / (by[axis] ?? 1)) % side);
  };
  for (let at = 0; at < sizeOf(y); at++) {
    const [n = 0, oz = 0, oy = 0, ox = 0, f = 0] = counted(y, at);
    for (let tap = 0; tap < sizeOf(kernel); tap++) {
      const place = counted(kernel, tap);
      const read = [oz, oy, ox].map(
        (out, axis) =>
          out * (strides[axis] ?? 1) - (padding[axis]?.[0] ?? 0) + (place[axis] ?? 0) * (dilations[axis] ?? 1),
      );
      if (read.some((side, axis) => side < 0 || side >= (x[axis + 1] ?? 0))) continue;
      for (let c = 0; c < depth; c++) {
        const channel = Math.floor((f * groups) / filters) * depth + c;
        visit(
          flat([n, ...read, channel], xStrides),
          flat([...place, c, f], kStrides),
          flat([n, oz, oy, ox, f], yStrides),
        );
      }
    }
  }
}

describe.each([{}, { software: false, subgroups: false }])("against float64, on %o", (target) => {
  test.each(cases)("%o", async (problem) => {
    const { groups, strides, dilations, padding, filters } = problem;
    const kernelShape = [...problem.kernel, (problem.x[4] ?? 1) / groups, filters];
    const data = {
      x: numbers(sizeOf(problem.x), 1),
      kernel: numbers(sizeOf(kernelShape), 2),
      bias: numbers(filters, 3),
    };
    const [x, kernel, bias] = [
      tensor(problem.x, data.x),
      tensor(kernelShape, data.kernel),
      tensor([filters], data.bias),
    ];
    const y = conv3d(x, kernel, bias, { groups, strides, dilations, padding });
    const dY = numbers(sizeOf(y.type.shape), 4);
    const [dX, dKernel, dBias] = differentiate(y, [x, kernel, bias], add, tensor(y.type.shape, dY));
    const outputs = { y, dX: dX ?? fail(), dKernel: dKernel ?? fail(), dBias: dBias ?? fail() };
    const got = await evaluate(outputs, { target });

    const want = {
      y: Float64Array.from(dY, (_, i) => data.bias[i % filters] ?? 0),
      dX: new Float64Array(data.x.length),
      dKernel: new Float64Array(data.kernel.length),
      dBias: new Float64Array(filters),
    };
    eachProduct(problem, y.type.shape, (xAt, kernelAt, yAt) => {
      const [a = 0, w = 0, d = 0] = [data.x[xAt], data.kernel[kernelAt], dY[yAt]];
      want.y[yAt] = (want.y[yAt] ?? 0) + a * w;
      want.dX[xAt] = (want.dX[xAt] ?? 0) + d * w;
      want.dKernel[kernelAt] = (want.dKernel[kernelAt] ?? 0) + d * a;
    });
    dY.forEach((d, i) => {
      want.dBias[i % filters] = (want.dBias[i % filters] ?? 0) + d;
    });
    const rows = dY.length / filters;
    const terms = {
      y: sizeOf(kernelShape.slice(0, 4)),
      dX: sizeOf(problem.kernel) * filters,
      dKernel: rows,
      dBias: rows,
    };
    for (const name of ["y", "dX", "dKernel", "dBias"] as const) {
      let worst = 0;
      got[name].forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - (want[name][i] ?? Number.NaN)));
      });
      expect(got[name].length).toBe(want[name].length);
      expect(worst, name).toBeLessThan(1e-6 + 2e-7 * terms[name]);
    }
  });
});

test("the transposed convolution is the adjoint, and has gradients", async () => {
  const options = { strides: [2, 1, 2], padding: [1, 0, 1], groups: 2 };
  const d = randomTensor([2, 3, 4, 3, 6], 1);
  const kernel = randomTensor([3, 2, 3, 2, 6], 2);
  const x = conv3dTranspose(d, kernel, null, options);
  expect(x.type.shape).toEqual([2, 5, 5, 5, 4]);
  const probe = randomTensor(x.type.shape, 3);
  const y = conv3d(probe, kernel, null, options);
  const [dD, dKernel] = differentiate(x, [d, kernel], add, probe);
  const got = await evaluate({ x, y, dD: dD ?? fail(), dKernel: dKernel ?? fail() });
  const probes = numbers(got.x.length, 3);
  expect([...got.dD]).toEqual([...got.y]);
  const product = dot(got.x, probes);
  expect(Math.abs(product - dot(numbers(got.y.length, 1), got.y))).toBeLessThan(1e-4);
  expect(Math.abs(product - dot(numbers(got.dKernel.length, 2), got.dKernel))).toBeLessThan(1e-4);
});

test("with bias, output padding and padding by name", () => {
  const x = randomTensor([1, 2, 3, 4, 2], 1);
  const kernel = randomTensor([2, 2, 2, 5, 2], 2);
  const bias = randomTensor([5], 3);
  expect(conv3dTranspose(x, kernel, bias, { strides: 2 }).type.shape).toEqual([1, 4, 6, 8, 5]);
  expect(conv3dTranspose(x, kernel, bias, { strides: 3, padding: "same" }).type.shape).toEqual([1, 6, 9, 12, 5]);
  expect(conv3dTranspose(x, kernel, bias, { strides: 2, outputPadding: [1, 0, 1] }).type.shape).toEqual([
    1, 5, 6, 9, 5,
  ]);
});

test("the activation joins the kernel", async () => {
  const gpu = await testGpu();
  const y = relu(conv3d(randomTensor([1, 3, 4, 5, 4], 1), randomTensor([2, 2, 2, 4, 8], 2), randomTensor([8], 3)));
  const { calls } = plan(makeGraph("volume", { y }), layVariables([]), gpu.target);
  expect(calls.map(({ call }) => call.name.split("/")[0])).toEqual(calls.map(() => "conv3d"));
  const [fused, apart] = [await evaluate({ y }), await evaluate({ y }, { fuse: false })];
  fused.y.forEach((value, i) => {
    expect(Math.abs(value - (apart.y[i] ?? Number.NaN))).toBeLessThan(1e-6);
  });
});

const volume = () => randomTensor([1, 4, 4, 4, 2], 1);
test.each([
  [() => conv3d(randomTensor([4, 4, 4, 2], 1), randomTensor([2, 2, 2, 2, 3], 1)), ShapeError, /x \[N, D, H, W, C\]/],
  [() => conv3d(volume(), randomTensor([2, 2, 2, 3, 3], 1)), ShapeError, /with 2 channels and kernel .* for 3/],
  [() => conv3d(volume(), randomTensor([5, 2, 2, 2, 3], 1)), ShapeError, /no larger than the padded/],
  [
    () => conv3d(volume(), randomTensor([2, 2, 2, 1, 3], 1), null, { groups: 2 }),
    ShapeError,
    /2 groups for 2 channels and 3 filters; .*\. Take channels and filters that are multiples of 2, or fewer groups\./,
  ],
  [
    () => withPath("net", () => conv3dTranspose(volume(), randomTensor([1, 1, 1, 3, 2], 1), null, { padding: 4 })),
    ShapeError,
    /^net\/conv3dInputGradient: an image with a side of -4; wanted at least one pixel\. Crop less/,
  ],
  [
    () => conv3d(volume(), randomTensor([2, 2, 2, 2, 3], 1), randomTensor([2], 1)),
    ShapeError,
    /bias \[2\]; wanted \[3\]/,
  ],
  [() => conv3d(volume(), randomTensor([2, 2, 2, 2, 3], 1), null, { strides: [1, 2] }), GraphError, /strides \[1,2\]/],
  [() => conv3d(tensor([1, 1, 1, 1, 1], [1], "i32"), randomTensor([1, 1, 1, 1, 1], 1)), DTypeError, /wanted f32/],
  [() => conv3dTranspose(volume(), randomTensor([2, 2, 2, 2], 1)), ShapeError, /kernel \[KD, KH, KW, F/],
  [
    () => conv3dTranspose(volume(), randomTensor([2, 2, 2, 3, 2], 1), null, { outputPadding: 1 }),
    GraphError,
    /outputPadding 1/,
  ],
] as const)("wrong input %#", (make, kind, message) => {
  expect(make).toThrow(kind);
  expect(make).toThrow(message);
});

function fail(): never {
  throw new Error("no gradient");
}
