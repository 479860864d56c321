import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { type Shape, sizeOf } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add } from "../../src/ops/elementwise.ts";
import { bedOfNails2d, upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { upsampleAdapters } from "../conformance/adapters/shape.ts";
import { checkGolden } from "../support/golden.ts";
import { dot } from "../support/reference.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(Object.keys(upsampleAdapters))("golden vectors of %s", (op) => checkGolden(op));

/** The place in the input at which each output lies along an axis. */
type Place = (o: number) => number;

/** Images resized by the definition, in f64: each output mixes the two pixels around its place, on both axes. */
function resize64(x: ArrayLike<number>, shape: Shape, size: readonly number[], rows: Place, columns: Place): number[] {
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  const [height = 1, width = 1] = size;
  const at = (image: number, row: number, column: number, channel: number) =>
    x[((image * h + Math.min(row, h - 1)) * w + Math.min(column, w - 1)) * c + channel] ?? 0;
  return Array.from({ length: n * height * width * c }, (_, i) => {
    const [row, column] = [rows(Math.floor(i / (c * width)) % height), columns(Math.floor(i / c) % width)];
    const [image, channel] = [Math.floor(i / (c * width * height)), i % c];
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const line = (y: number) =>
      at(image, y, left, channel) * (1 - (column - left)) + at(image, y, left + 1, channel) * (column - left);
    return line(top) * (1 - (row - top)) + line(top + 1) * (row - top);
  });
}

const sizes: [Shape, [number, number]][] = [
  [
    [2, 4, 3, 4],
    [8, 6],
  ],
  [
    [1, 5, 7, 3],
    [13, 11],
  ],
  // By little and by much, in blocks of channels.
  [
    [1, 2, 5, 1],
    [7, 13],
  ],
  [
    [2, 3, 4, 16],
    [12, 5],
  ],
  [
    [1, 3, 2, 8],
    [19, 17],
  ],
  [
    [1, 13, 11, 2],
    [5, 4],
  ],
  [
    [2, 1, 3, 1],
    [4, 1],
  ],
  [
    [1, 3, 16, 6],
    [3, 47],
  ],
];
describe.each(sizes)("%j to %j", (shape, size) => {
  const x = numbers(sizeOf(shape), 1);
  const leaf = tensor(shape, x);
  const [, h = 1, w = 1] = shape;

  async function expectResized(y: Value, rows: Place, columns: Place): Promise<void> {
    const dY = numbers(sizeOf(y.type.shape), 2);
    const [dX] = differentiate(y, [leaf], add, tensor(y.type.shape, dY));
    const got = await evaluate({ y, dX: dX as Value });
    const want = resize64(x, shape, size, rows, columns);
    expect(y.type.shape).toEqual([shape[0], ...size, shape[3]]);
    expect(want.every((value, i) => Math.abs(value - (got.y[i] ?? Number.NaN)) < 5e-7)).toBe(true);
    expect(dot(want, dY)).toBeCloseTo(dot(x, got.dX), 5);
  }

  test("nearest", async () => {
    const place = (from: number, to: number) => (o: number) => Math.floor((o * from) / to);
    await expectResized(upsampleNearest2d(leaf, { outputSize: size }), place(h, size[0]), place(w, size[1]));
  });

  test("bilinear, half-pixel centres", async () => {
    const place = (from: number, to: number) => (o: number) => Math.max(0, ((o + 0.5) * from) / to - 0.5);
    await expectResized(upsampleBilinear2d(leaf, { outputSize: size }), place(h, size[0]), place(w, size[1]));
  });

  test("bilinear, aligned corners", async () => {
    const place = (from: number, to: number) => (o: number) => (to > 1 ? (o * (from - 1)) / (to - 1) : 0);
    const y = upsampleBilinear2d(leaf, { outputSize: size, alignCorners: true });
    await expectResized(y, place(h, size[0]), place(w, size[1]));
  });
});

test("a scale that does not divide the sides keeps its steps", async () => {
  const x = tensor([1, 1, 5, 1], [0, 1, 2, 3, 4]);
  const got = await evaluate({
    nearest: upsampleNearest2d(x, { scale: [1, 1.5] }),
    bilinear: upsampleBilinear2d(x, { scale: [1, 1.5] }),
  });
  // 7 outputs, 2/3 of a pixel from one to the next.
  expect(Array.from(got.nearest)).toEqual([0, 0, 1, 2, 2, 3, 4]);
  const places = Array.from({ length: 7 }, (_, o) => Math.max(0, (o + 0.5) / 1.5 - 0.5));
  expect(places.every((place, i) => Math.abs(place - (got.bilinear[i] ?? Number.NaN)) < 1e-6)).toBe(true);
});

test("the book's examples (002, In-Network Upsampling): nearest neighbour and bed of nails", async () => {
  const x = tensor([1, 2, 2, 1], [1, 2, 3, 4]);
  const nails = bedOfNails2d(x, 2);
  const [dX] = differentiate(nails, [x], add, tensor([1, 4, 4, 1], [...Array(16).keys()]));
  const got = await evaluate({ nearest: upsampleNearest2d(x, { scale: 2 }), nails, dX: dX as Value });
  expect(Array.from(got.nearest)).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  expect(Array.from(got.nails)).toEqual([1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
  expect(Array.from(got.dX)).toEqual([0, 2, 8, 10]);
});

test("a function of the result runs in the kernels", async () => {
  const x = randomTensor([1, 3, 3, 4], 4);
  const y = tanh(upsampleBilinear2d(tanh(upsampleNearest2d(tanh(x), { scale: 2 })), { scale: 2 }));
  const [dX] = differentiate(y, [x], add, randomTensor(y.type.shape, 5));
  const values = { y, dX: dX as Value };
  expect(await evaluate(values)).toEqual(await evaluate(values, { fuse: false }));
});

describe("errors", () => {
  const x = randomTensor([1, 4, 4, 2], 6);
  const wrong: [string, () => unknown, new (message: string) => Error, RegExp][] = [
    ["no image", () => upsampleNearest2d(randomTensor([4, 4, 2], 1), { scale: 2 }), ShapeError, /\[N, H, W, C\]/],
    ["no size", () => upsampleNearest2d(x, {}), GraphError, /neither/],
    ["two sizes", () => upsampleBilinear2d(x, { scale: 2, outputSize: 8 }), GraphError, /one of them/],
    ["a size of 0", () => upsampleBilinear2d(x, { outputSize: [0, 1] }), GraphError, /outputSize/],
    ["nothing left", () => upsampleNearest2d(x, { scale: 0.1 }), GraphError, /scale 0.1/],
    ["a negative scale", () => upsampleNearest2d(x, { scale: -1 }), GraphError, /scale -1/],
    ["a misspelt option", () => upsampleNearest2d(x, { scale: 2, ...{ size: 2 } }), GraphError, /option size/],
    ["no nails", () => bedOfNails2d(x, 0), GraphError, /strides 0/],
  ];
  test.each(wrong)("%s", (_, build, error, message) => {
    expect(() => withPath("net", () => build())).toThrow(error);
    expect(() => withPath("net", () => build())).toThrow(message);
    expect(() => withPath("net", () => build())).toThrow(/^net\//);
  });
});
