import { describe, expect, test } from "vitest";
import type { Target } from "../../src/core/call.ts";
import type { Value } from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { conv2d, conv2dInputGradientOp, conv2dKernelGradientOp } from "../../src/ops/conv.ts";
import type { ConvAttrs, ConvOptions } from "../../src/ops/convGeometry.ts";
import { matmul } from "../../src/ops/matmul.ts";
import * as reference from "../support/reference.ts";
import { tensor64 } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

/** Every kernel family, forced: each must give the numbers of all others. */
const families = [
  { gemm: "tile", quad: false },
  { gemm: "tile", quad: true },
  { gemm: "tile", quad: true, step: 4 },
  { gemm: "tile", quad: false, rows: 4, columns: 1, slices: 3 },
  { gemm: "tile", rows: 16, slices: 2 },
  { gemm: "shared" },
  { gemm: "shared", slices: 4 },
];

describe.each(families)("matmul by %o", (force) => {
  // Odd sides; a vector's width exactly; one beyond every tile; then one element, an even depth under odd sides, and
  // more rows than a workgroup has. These, and sums in slices, are not transposed one by one: a kernel takes up to a
  // second to build.
  test.each([
    [7, 5, 3, true],
    [8, 16, 4, true],
    [17, 33, 65, true],
    [1, 1, 1, false],
    [9, 17, 130, false],
    [130, 84, 10, false],
  ] as const)("%i x %i over %i", async (m, n, k, each) => {
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const want = Array.from({ length: m * n }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += (a[Math.floor(i / n) * k + j] ?? 0) * (b[j * n + (i % n)] ?? 0);
      return sum;
    });
    const at = transposed(a, m, k);
    const bt = transposed(b, k, n);
    const plain = matmul(tensor([m, k], a), tensor([k, n], b));
    const transposeA = matmul(tensor([k, m], at), tensor([k, n], b), { transposeA: true });
    const transposeB = matmul(tensor([m, k], a), tensor([n, k], bt), { transposeB: true });
    const both = matmul(tensor([k, m], at), tensor([n, k], bt), { transposeA: true, transposeB: true });
    const products: Record<string, Value> =
      each && !("slices" in force) ? { plain, transposeA, transposeB, both } : { plain, both };
    const results = await evaluate(products, { target: { force } });
    for (const got of Object.values(results)) expectClose(got, want, 2e-6 * Math.sqrt(k) + 1e-6);
  });
});

function transposed(a: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(a, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** n, h, w, c, f, kh, kw, stride, dilation, pads, groups */
const convolutions = [
  { x: [2, 5, 7, 3], k: [3, 3, 5], strides: 1, dilations: 1, padding: 1, groups: 1 },
  { x: [1, 28, 28, 1], k: [5, 5, 6], strides: 1, dilations: 1, padding: 2, groups: 1 },
  { x: [2, 14, 14, 6], k: [5, 5, 16], strides: 1, dilations: 1, padding: "valid" as const, groups: 1 },
  {
    x: [1, 9, 11, 4],
    k: [3, 2, 8],
    strides: [2, 3],
    dilations: [1, 2],
    padding: [
      [2, 0],
      [1, 3],
    ] as const,
    groups: 1,
  },
  { x: [1, 6, 5, 8], k: [3, 3, 12], strides: 2, dilations: 1, padding: "same" as const, groups: 4 },
  { x: [2, 4, 4, 8], k: [1, 1, 4], strides: 1, dilations: 1, padding: "valid" as const, groups: 1 },
  { x: [1, 3, 3, 2], k: [3, 3, 2], strides: 1, dilations: 1, padding: "full" as const, groups: 1 },
  // Filters as large as their strides, in whole blocks of the image: one group, then two.
  { x: [2, 6, 10, 8], k: [2, 2, 12], strides: 2, dilations: 1, padding: "valid" as const, groups: 1 },
  { x: [1, 6, 6, 4], k: [2, 3, 6], strides: [2, 3], dilations: 1, padding: "valid" as const, groups: 2 },
];

/** A convolution and its three gradients over seeded numbers, as values of a graph and in float64. */
function passesOf(x: Shape, kernel: Shape, options: ConvOptions) {
  const [image, filter] = [randomTensor(x, 1), randomTensor(kernel, 2)];
  const y = conv2d(image, filter, null, options);
  const window = y.source.kind === "node" ? (y.source.node.attrs as ConvAttrs) : fail();
  const dY = randomTensor(y.type.shape, 3);
  const dX = applyOne(conv2dInputGradientOp, [dY, filter], { ...window, shape: x });
  const gradients = apply(conv2dKernelGradientOp, [image, dY], { ...window, shape: kernel, bias: true });
  const [dKernel = fail(), dBias = fail()] = gradients;

  const seeded = (shape: Shape, seed: number) => tensor64(shape, numbers(sizeOf(shape), seed));
  const [image64, filter64, dY64] = [seeded(x, 1), seeded(kernel, 2), seeded(y.type.shape, 3)];
  const { strides, dilations, pads, groups } = window;
  const options64 = { strides, dilations, padding: pads, groups } as reference.ConvOptions;
  const filters = kernel[3] ?? 1;
  const want = {
    y: reference.conv2d(image64, filter64, options64).data,
    dX: reference.conv2dInputGradient(dY64, filter64, x, options64).data,
    dKernel: reference.conv2dKernelGradient(image64, dY64, kernel, options64).data,
    dBias: Float64Array.from({ length: filters }, (_, f) =>
      dY64.data.filter((_, i) => i % filters === f).reduce((sum, value) => sum + value, 0),
    ),
  };
  return { values: { y, dX, dKernel, dBias }, want };
}

async function expectPasses({ values, want }: ReturnType<typeof passesOf>, target: Partial<Target>): Promise<void> {
  const got = await evaluate(values, { target });
  for (const name of ["y", "dX", "dKernel", "dBias"] as const) expectClose(got[name], want[name], 3e-5);
}

describe.each([...families, { conv: "rows", whole: false }, { conv: "rows", whole: true }])(
  "convolution by %o",
  (force) => {
    test.each(convolutions)("%o against float64", async ({ x, k: [kh = 1, kw = 1, f = 1], groups, ...options }) => {
      await expectPasses(passesOf(x, [kh, kw, (x[3] ?? 1) / groups, f], { ...options, groups }), { force });
    });
  },
);

/** Long sums of one segment that must not be cut: the one tap of a filter, the one row of an image. */
const indivisible = [
  { x: [1, 5, 4, 256], k: [1, 1, 256, 8], strides: 2, groups: 1 },
  { x: [1, 3, 2, 512], k: [1, 1, 256, 4], strides: 1, groups: 2 },
  { x: [1, 1, 300, 2], k: [1, 3, 2, 1], strides: 1, groups: 1 },
];

describe.each([
  { software: false, subgroups: false },
  { software: true, cores: 64 },
])("a convolution of one segment, on %o", (target) => {
  test.each(indivisible)("%o against float64", async ({ x, k, strides, groups }) => {
    await expectPasses(passesOf(x, k, { strides, groups }), target);
  });
});

function fail(): never {
  throw new Error("no convolution");
}
