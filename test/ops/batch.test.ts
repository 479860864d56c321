import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable, type Variable } from "../../src/core/graph.ts";
import { type Shape, sizeOf, tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { type GatherBatchOptions, gatherBatch } from "../../src/ops/batch.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { permuted } from "../support/permute.ts";
import { evaluate, tensor, testGpu } from "../support/run.ts";

function bytes(name: string, shape: Shape, data: Uint8Array): Variable {
  return makeVariable({
    name,
    role: "data",
    type: tensorType(shape, "u8"),
    initial: { kind: "values", data },
  });
}

/** How a canvas is filled. */
type Canvas = Required<Omit<GatherBatchOptions, "from" | "count">>;

interface DataSet {
  readonly shape: readonly [n: number, h: number, w: number, c: number];
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

function dataSet(shape: DataSet["shape"], seed = 1): DataSet {
  const pixels = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 97 + seed * 31 + (i >> 8) * 7) % 256);
  return { shape, pixels, labels: Uint8Array.from({ length: shape[0] }, (_, i) => (i * 37 + seed) % 256) };
}

/** One batch. The cursor is (first, seed, epoch, shuffle). */
async function gathered({ shape, pixels, labels }: DataSet, cursor: readonly number[], options: GatherBatchOptions) {
  const variables = [bytes("images", shape, pixels), bytes("labels", shape.slice(0, 1), labels)];
  const [images, classes] = variables;
  if (!images || !classes) throw new Error("two variables");
  const { x, y } = gatherBatch(images.value, classes.value, tensor([4], cursor, "u32"), options);
  return evaluate({ x, y }, { variables });
}

/** The same by loops. */
function reference({ shape: [n, h, w, c], pixels, labels }: DataSet, order: readonly number[], options: Canvas) {
  const { height, width, scale, offset, border } = options;
  const [top, left] = [Math.floor((height - h) / 2), Math.floor((width - w) / 2)];
  const x = order.flatMap((example) =>
    Array.from({ length: height * width * c }, (_, e) => {
      const [row, column, channel] = [Math.floor(e / (width * c)) - top, (Math.floor(e / c) % width) - left, e % c];
      const inside = example < n && row >= 0 && row < h && column >= 0 && column < w;
      const pixel = inside ? (pixels[((example * h + row) * w + column) * c + channel] ?? 0) : border;
      return pixel * scale + offset;
    }),
  );
  return { x, y: order.map((example) => (example < n ? (labels[example] ?? 0) : -100)) };
}

describe("canvas", () => {
  test.each<[DataSet["shape"], Canvas]>([
    [[5, 28, 28, 1], { batchSize: 3, height: 32, width: 32, scale: 1 / 128, offset: -1, border: 0 }],
    [[5, 28, 28, 1], { batchSize: 3, height: 28, width: 28, scale: 1 / 256, offset: 0, border: 0 }],
    [[7, 3, 5, 3], { batchSize: 7, height: 3, width: 8, scale: 2, offset: 0.5, border: 255 }],
    [[3, 1, 1, 1], { batchSize: 2, height: 4, width: 3, scale: 1, offset: 0, border: 7 }],
    [[4, 2, 3, 5], { batchSize: 1, height: 7, width: 4, scale: 1, offset: 0, border: 100 }],
  ])("%o as %o", async (shape, options) => {
    const data = dataSet(shape);
    const got = await gathered(data, [1, 0, 0, 0], options);
    const order = Array.from({ length: options.batchSize }, (_, i) => 1 + i);
    const want = reference(data, order, options);
    // Scales are powers of 2: no rounding.
    expect([...got.x]).toEqual(want.x);
    expect([...got.y]).toEqual(want.y);
  });

  test("by default, bytes become 0 to 1, in the shape of the images", async () => {
    const data = dataSet([2, 4, 4, 1]);
    const { x } = await gathered(data, [0, 0, 0, 0], { batchSize: 2 });
    data.pixels.forEach((pixel, i) => {
      expect(Math.abs((x[i] ?? 9) - pixel / 255)).toBeLessThan(1e-7);
    });
  });

  test("positions past the last example are border, and have no label", async () => {
    const data = dataSet([5, 2, 2, 1]);
    const options = { batchSize: 4, height: 2, width: 2, scale: 1, offset: 0, border: 9 };
    for (const shuffle of [0, 1]) {
      const got = await gathered(data, [3, 1, 1, shuffle], options);
      const order = [3, 4, 5, 6].map((position) => (shuffle && position < 5 ? permuted(position, 5, 1, 1) : position));
      const want = reference(data, order, options);
      expect([...got.x]).toEqual(want.x);
      expect([...got.y]).toEqual(want.y);
      expect([...got.y.slice(2)]).toEqual([-100, -100]);
    }
  });
});

test("a part of the data set has an order of its own, and ends where it ends", async () => {
  const data = dataSet([11, 2, 2, 1]);
  const canvas = { batchSize: 6, height: 2, width: 2, scale: 1, offset: 0, border: 9 };
  for (const shuffle of [0, 1]) {
    const got = await gathered(data, [1, 4, 2, shuffle], { ...canvas, from: 3, count: 5 });
    const order = [1, 2, 3, 4].map((position) => 3 + (shuffle ? permuted(position, 5, 4, 2) : position));
    const want = reference(data, [...order, 11, 12], canvas);
    expect([...got.x]).toEqual(want.x);
    expect([...got.y]).toEqual(want.y);
  }
});

describe("order of an epoch", () => {
  /** The whole order as the GPU makes it: each image holds its own number. */
  async function orderOf(count: number, seed: number, epoch: number): Promise<number[]> {
    const pixels = new Uint8Array(Uint32Array.from({ length: count }, (_, i) => i).buffer);
    const data = { shape: [count, 1, 1, 4] as const, pixels, labels: new Uint8Array(count) };
    const { x } = await gathered(data, [0, seed, epoch, 1], { batchSize: count, scale: 1 });
    return Array.from({ length: count }, (_, i) => {
      return [0, 1, 2, 3].reduce((sum, k) => sum + (x[4 * i + k] ?? Number.NaN) * 256 ** k, 0);
    });
  }

  test.each([1, 2, 3, 4, 5, 10, 17, 64, 1000, 60_000])(
    "of %i examples is a permutation, that of the reference",
    async (count) => {
      for (const [seed, epoch] of [
        [0, 0],
        [0xffffffff, 3],
      ] as const) {
        const order = await orderOf(count, seed, epoch);
        expect(new Set(order).size).toBe(count);
        expect(Math.max(...order)).toBe(count - 1);
        expect(order).toEqual(order.map((_, i) => permuted(i, count, seed, epoch)));
      }
    },
  );

  test("differs by epoch and by seed, and is the same again", async () => {
    const [one, again, epoch, seed] = [
      await orderOf(1000, 1, 1),
      await orderOf(1000, 1, 1),
      await orderOf(1000, 1, 2),
      await orderOf(1000, 2, 1),
    ];
    expect(again).toEqual(one);
    for (const other of [epoch, seed]) {
      const same = other.filter((value, i) => value === one[i]).length;
      // Two random orders agree in 1 place on average.
      expect(same).toBeLessThan(8);
    }
  });

  test.each([1, 2, 3])("looks shuffled, epoch %i of 60,000", (epoch) => {
    const count = 60_000;
    const order = Array.from({ length: count }, (_, i) => permuted(i, count, 5, epoch));
    // Correlation of position and example: 1 / sqrt(60,000) = 0.004 is one standard error.
    const middle = (count - 1) / 2;
    const variance = (count ** 2 - 1) / 12;
    const correlation = (lag: number) =>
      order.reduce(
        (sum, value, i) => sum + (value - middle) * ((lag ? (order[(i + lag) % count] ?? 0) : i) - middle),
        0,
      ) /
      (count * variance);
    for (const lag of [0, 1, 2, 64]) expect(Math.abs(correlation(lag))).toBeLessThan(0.02);
    // Each batch of 600 takes its share of each tenth of the data set: chi-square over 100 x 10 cells, 900 degrees.
    const cells = new Float64Array(1000);
    order.forEach((value, i) => {
      const cell = Math.floor(i / 600) * 10 + Math.floor(value / 6000);
      cells[cell] = (cells[cell] ?? 0) + 1;
    });
    const chi = cells.reduce((sum, seen) => sum + (seen - 60) ** 2 / 60, 0);
    expect(Math.abs(chi - 900)).toBeLessThan(5 * Math.sqrt(2 * 900));
    // Neighbours stay neighbours twice on average.
    expect(order.filter((value, i) => Math.abs(value - (order[i + 1] ?? -9)) === 1).length).toBeLessThan(14);
  });
});

test("one dispatch; the cursor is written between runs", async () => {
  const data = dataSet([10, 2, 2, 1]);
  const variables = [bytes("images", data.shape, data.pixels), bytes("labels", [10], data.labels)];
  const [images, labels] = variables;
  if (!images || !labels) throw new Error("two variables");
  const { y } = gatherBatch(images.value, labels.value, input("cursor", tensorType([4], "u32")), { batchSize: 4 });
  const planned = plan(makeGraph("batch", { y }), layVariables(variables), defaultTarget);
  expect(planned.calls).toHaveLength(1);
  const store = new Variables(await testGpu(), variables);
  const commands = await CommandGraph.compile(planned, store);
  for (const first of [0, 4, 8]) {
    commands.write("cursor", Uint32Array.of(first, 3, 2, 1));
    commands.run();
    const want = [0, 1, 2, 3].map((i) => (first + i < 10 ? data.labels[permuted(first + i, 10, 3, 2)] : -100));
    expect([...(await commands.read("y"))]).toEqual(want);
  }
  commands.dispose();
  store.dispose();
});

test("wrong input", () => {
  const images = bytes("images", [5, 4, 4, 1], new Uint8Array(80)).value;
  const labels = bytes("labels", [5], new Uint8Array(5)).value;
  const cursor = tensor([4], [0, 0, 0, 0], "u32");
  const gather = (options: object) => () => gatherBatch(images, labels, cursor, { batchSize: 2, ...options });
  expect(gather({ batchSize: 0 })).toThrow(/batchSize 0; wanted a whole number of at least 1/);
  expect(gather({ height: 3 })).toThrow(/height 3; wanted a whole number of at least 4/);
  expect(gather({ width: 4.5 })).toThrow(GraphError);
  expect(gather({ scale: Number.NaN })).toThrow(/scale NaN/);
  expect(gather({ padding: 2 })).toThrow(/option padding/);
  expect(() => gatherBatch(labels, labels, cursor, { batchSize: 2 })).toThrow(ShapeError);
  expect(() => gatherBatch(images, tensor([5], [0, 0, 0, 0, 0], "i32"), cursor, { batchSize: 2 })).toThrow(DTypeError);
  const four = bytes("labels", [4], new Uint8Array(4)).value;
  expect(() => gatherBatch(images, four, cursor, { batchSize: 2 })).toThrow(/labels u8\[4\]; wanted \[5\]/);
  expect(() => gatherBatch(images, labels, tensor([3], [0, 0, 0], "u32"), { batchSize: 2 })).toThrow(ShapeError);
});
