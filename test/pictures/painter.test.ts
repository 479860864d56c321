import { beforeAll, describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { type PaintOptions, PicturePainter, type PicturePainterOptions } from "../../src/pictures/painter.ts";
import { numbers, testGpu } from "../support/run.ts";
import { randomPixels, readPixels, textureOf } from "./pixels.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

function tensorOf(values: ArrayLike<number>, offset = 0) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffer = gpu.device.createBuffer({ size: offset + 4 * values.length, usage });
  gpu.device.queue.writeBuffer(buffer, offset, Float32Array.from(values));
  return { buffer, offset, size: 4 * values.length };
}

function targetOf(width: number, height: number, format: GPUTextureFormat = "rgba8unorm"): GPUTexture {
  const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
  return gpu.device.createTexture({ size: [width, height], format, usage });
}

type Options = Omit<PicturePainterOptions, "format"> & { readonly format?: GPUTextureFormat };

/** Paints numbers of the shape's size into a target of its sides, and reads that. */
async function paint(values: ArrayLike<number>, options: Options, how: PaintOptions = {}, target?: GPUTexture) {
  const { format = "rgba8unorm" } = options;
  const texture = target ?? targetOf(options.shape[1], options.shape[0], format);
  const painter = await PicturePainter.create(gpu, { format, ...options });
  painter.run(tensorOf(values), texture, how);
  const pixels = await readPixels(gpu.device, texture);
  painter.dispose();
  return pixels;
}

/** Of each pixel: red, green, blue, alpha. */
const quads = (pixels: Uint8Array) =>
  Array.from({ length: pixels.length / 4 }, (_, i) => [...pixels.subarray(4 * i, 4 * i + 4)]);

function expectBytes(pixels: Uint8Array, wanted: readonly number[], tolerance = 1): void {
  expect(pixels).toHaveLength(wanted.length);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (pixels[i] ?? Number.NaN))));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

const grey = (level: number) => [level, level, level, 255];

describe("one channel", () => {
  const shape = [5, 7, 3] as const;
  const values = numbers(105, 1);
  const levels = (channel: number) =>
    Array.from({ length: 35 }, (_, i) => Math.min(1, Math.max(0, ((values[3 * i + channel] ?? 0) + 0.5) / 1.5)));

  test("as grey, within its range", async () => {
    const pixels = await paint(values, { shape, kind: "grey", channel: 1, range: [-0.5, 1] });
    expectBytes(
      pixels,
      levels(1).flatMap((level) => grey(255 * level)),
    );
  });

  test("upside down, and with the range turned round", async () => {
    const pixels = await paint(values, { shape, kind: "grey", channel: 2, range: [1, -0.5], flipY: true });
    const rows = Array.from({ length: 5 }, (_, row) => levels(2).slice(7 * row, 7 * row + 7)).reverse();
    expectBytes(
      pixels,
      rows.flat().flatMap((level) => grey(255 * (1 - level))),
    );
  });

  test("after a sigmoid or a softmax, whatever the numbers", async () => {
    const logits = Float32Array.from(numbers(105, 2), (value) => 6 * value);
    logits.set([1000, -1000, 0]);
    const sigmoids = Array.from({ length: 35 }, (_, i) => 1 / (1 + Math.exp(-(logits[3 * i] ?? 0))));
    const shares = Array.from({ length: 35 }, (_, i) => {
      const all = [0, 1, 2].map((c) => Math.exp((logits[3 * i + c] ?? 0) - (logits[3 * i] ?? 0)));
      return 1 / all.reduce((sum, each) => sum + each, 0);
    });
    expectBytes(
      await paint(logits, { shape, kind: "grey", activation: "sigmoid" }),
      sigmoids.flatMap((level) => grey(255 * level)),
    );
    expectBytes(
      await paint(logits, { shape, kind: "grey", activation: "softmax" }),
      shares.flatMap((level) => grey(255 * level)),
    );
  });

  test("in the colours of viridis, as matplotlib has them", async () => {
    const at = [0, 64 / 255, 128 / 255, 191 / 255, 1];
    const pixels = await paint(at, { shape: [1, 5, 1], kind: "viridis" });
    const table = [
      [68, 1, 84],
      [59, 82, 139],
      [33, 145, 140],
      [92, 200, 99],
      [253, 231, 37],
    ];
    // The polynomial's own error is 3.3.
    expectBytes(
      pixels,
      table.flatMap((colour) => [...colour, 255]),
      4,
    );
  });

  test("is interpolated where the target is larger", async () => {
    const pixels = await paint([0, 1], { shape: [1, 2, 1], kind: "grey" }, {}, targetOf(8, 2));
    const row = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].flatMap((level) => grey(255 * level));
    expectBytes(pixels, [...row, ...row]);
  });

  test("looks the same in every format", async () => {
    const options = { shape, kind: "grey", range: [-0.5, 1] } as const;
    const plain = await paint(values, options);
    for (const format of ["bgra8unorm", "rgba8unorm-srgb", "bgra8unorm-srgb"] as const) {
      expectBytes(await paint(values, { ...options, format }), [...plain]);
    }
  });
});

describe("classes", () => {
  const colours = [
    [0, 0, 0, 0],
    [255, 0, 0, 0.5],
    [0, 0, 255, 1],
  ] as const;

  test("have their colours, premultiplied; the first of equals wins", async () => {
    const logits = [1, 0, 0, 0, 3, 2, -3, -2, -1, 5, 5, 5];
    const pixels = await paint(logits, { shape: [2, 2, 3], kind: "classes", colours });
    expect(quads(pixels)).toEqual([
      [0, 0, 0, 0],
      [128, 0, 0, 128],
      [0, 0, 255, 255],
      [0, 0, 0, 0],
    ]);
  });

  test("of one channel are below and above the low end of the range", async () => {
    const options = {
      shape: [1, 3, 1],
      kind: "classes",
      colours: [
        [0, 255, 0, 1],
        [255, 0, 255, 1],
      ],
      range: [0.25, 1],
    } as const;
    const pixels = await paint([0.25, 0.26, -4], options);
    expect(quads(pixels)).toEqual([
      [0, 255, 0, 255],
      [255, 0, 255, 255],
      [0, 255, 0, 255],
    ]);
  });

  test("lie over a picture, as their alpha and the opacity say", async () => {
    const picture = textureOf(gpu.device, new Uint8ClampedArray([100, 200, 40, 255, 100, 200, 40, 255]), 2, 1);
    const options = {
      shape: [1, 2, 2],
      kind: "classes",
      colours: [
        [0, 0, 0, 0],
        [255, 0, 0, 0.5],
      ],
      opacity: 0.5,
    } as const;
    const pixels = await paint([1, 0, 0, 1], options, { picture });
    expectBytes(pixels, [100, 200, 40, 255, 0.75 * 100 + 0.25 * 255, 150, 30, 255]);
  });

  test("lie over what the target shows, where that is kept", async () => {
    const target = targetOf(2, 1);
    const options = {
      shape: [1, 2, 2],
      kind: "classes",
      colours: [
        [0, 0, 0, 0],
        [255, 0, 0, 0.5],
      ],
    } as const;
    await paint([0.2, 0.2], { shape: [1, 2, 1], kind: "grey" }, {}, target);
    expectBytes(await paint([1, 0, 0, 1], options, { keep: true }, target), [...grey(51), 153, 25.5, 25.5, 255]);
    expectBytes(await paint([1, 0, 0, 1], options, {}, target), [0, 0, 0, 0, 127.5, 0, 0, 127.5]);
  });
});

describe("a picture beneath", () => {
  test.each(["rgba8unorm", "rgba8unorm-srgb"] as const)("of format %s is shown as it is", async (format) => {
    const pixels = randomPixels(6, 4, 1);
    const picture = textureOf(gpu.device, pixels, 6, 4, format);
    const options = { shape: [4, 6, 1], kind: "grey", opacity: 0 } as const;
    expectBytes(await paint(new Float32Array(24), options, { picture }), [...pixels]);
    const onSrgb = await paint(new Float32Array(24), { ...options, format: "rgba8unorm-srgb" }, { picture });
    expectBytes(onSrgb, [...pixels]);
  });
});

test("a picture of the page is copied first", async () => {
  const pixels = randomPixels(6, 4, 2);
  const options = { shape: [4, 6, 1], kind: "grey", opacity: 0, format: "rgba8unorm" } as const;
  const painter = await PicturePainter.create(gpu, options);
  const target = targetOf(6, 4);
  painter.run(tensorOf(new Float32Array(24)), target, { picture: new ImageData(pixels, 6, 4) });
  expectBytes(await readPixels(gpu.device, target), [...pixels]);
});

test("the pictures of a batch are painted in one encoder, each from its place", async () => {
  const y = tensorOf([0.2, 0.4, 0.6, 0.8], 256);
  const painter = await PicturePainter.create(gpu, { shape: [1, 2, 1], kind: "grey", format: "rgba8unorm" });
  const targets = [targetOf(2, 1), targetOf(2, 1)];
  const encoder = gpu.device.createCommandEncoder();
  for (const [index, target] of targets.entries()) painter.encode(encoder, y, target.createView(), { index });
  gpu.device.queue.submit([encoder.finish()]);
  const [first, second] = await Promise.all(targets.map((target) => readPixels(gpu.device, target)));
  expectBytes(first as Uint8Array, [...grey(51), ...grey(102)]);
  expectBytes(second as Uint8Array, [...grey(153), ...grey(204)]);
});

describe("what cannot be painted says why", () => {
  const good = { shape: [4, 4, 2], kind: "grey", format: "rgba8unorm" } as const;
  test.each([
    [{ kind: "gray" }, 'PicturePainter: kind "gray"; wanted one of grey, viridis, classes.'],
    [{ shape: [4, 4] }, "PicturePainter: shape [4, 4]; wanted [height, width, channels]."],
    [{ channel: 2 }, "PicturePainter: channel 2; wanted a whole number from 0 to 1."],
    [{ range: [1, 1] }, "PicturePainter: range [1, 1]; wanted two numbers that differ."],
    [{ opacity: 2 }, "PicturePainter: opacity 2; wanted opacity to be from 0 to 1."],
    [{ activation: "relu" }, 'PicturePainter: activation "relu"; wanted one of linear, sigmoid, softmax.'],
    [{ kind: "classes" }, "PicturePainter: colours []; wanted 2 of [0..255, 0..255, 0..255, 0..1]."],
    [{ colours: [[0, 0, 0, 1]] }, "wanted none for kind grey."],
    [
      {
        kind: "classes",
        colours: [
          [0, 0, 0, 1],
          [0, 0, 256, 1],
        ],
      },
      "wanted 2 of",
    ],
    [{ color: [] }, "PicturePainter: option color; wanted one of shape,"],
  ])("%o", async (wrong, message) => {
    const failure = PicturePainter.create(gpu, { ...good, ...wrong } as unknown as PicturePainterOptions);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(GraphError);
  });

  test("a format that cannot be drawn on", async () => {
    const other = Gpu.from(gpu.device);
    const failure = PicturePainter.create(other, { ...good, format: "rgba8uint" });
    await expect(failure).rejects.toThrow(
      /^pictures\/.*wanted shaders that compile, and a format rgba8uint to draw on/s,
    );
  });

  test("a target of another format or usage, a tensor that is too small", async () => {
    const painter = await PicturePainter.create(gpu, good);
    const y = tensorOf(new Float32Array(32));
    expect(() => painter.run(y, targetOf(4, 4, "bgra8unorm"))).toThrow(
      "PicturePainter: a target of format bgra8unorm; wanted rgba8unorm, as it was made for.",
    );
    expect(() => painter.run(y, textureOf(gpu.device, randomPixels(4, 4, 1), 4, 4))).toThrow("usage RENDER_ATTACHMENT");
    expect(() => painter.run(tensorOf(new Float32Array(31)), targetOf(4, 4))).toThrow("wanted 128 or more");
    expect(() => painter.run(y, undefined as never)).toThrow("undefined for a target");
    expect(() => painter.run(y, targetOf(4, 4), { picure: 1 } as never)).toThrow(
      "PicturePainter/encode: option picure",
    );
    gpu.check();
  });
});
