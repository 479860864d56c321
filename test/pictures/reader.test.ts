import { beforeAll, describe, expect, test, vi } from "vitest";
import { GraphError, LimitError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { readBuffer } from "../../src/gpu/readback.ts";
import { PicturePainter } from "../../src/pictures/painter.ts";
import { PictureReader, type PictureReaderOptions } from "../../src/pictures/reader.ts";
import type { GpuPicture, PictureSource } from "../../src/pictures/source.ts";
import { testGpu } from "../support/run.ts";
import { randomPixels, resized, textureOf, type Wanted } from "./pixels.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const [width, height] = [13, 9];
const pixels = randomPixels(13, 9, 1);
const bytes = { scale: 1, offset: 0 };

function tensor(count: number): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  return gpu.device.createBuffer({ size: 4 * count, usage });
}

const floats = async (buffer: GPUBuffer) => new Float32Array(await readBuffer(gpu, buffer, 0, buffer.size));

/** Reads one picture at once. */
async function read(source: PictureSource, options: PictureReaderOptions): Promise<Float32Array> {
  const reader = await PictureReader.create(gpu, options);
  const buffer = tensor(options.shape.reduce((product, side) => product * side, 1));
  reader.run(source, { buffer });
  const values = await floats(buffer);
  reader.dispose();
  return values;
}

/** Bytes of a picture may be off by so much; 0 where they are loaded as they are, with sums in f32. */
function expectClose(values: Float32Array, wanted: readonly number[], tolerance = 1e-3): void {
  expect(values).toHaveLength(wanted.length);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (values[i] ?? Number.NaN))));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function canvasOf(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** Blocks of one colour, which the chroma of a video does not blur. */
function frameOf(): VideoFrame {
  const canvas = new OffscreenCanvas(16, 16);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  for (const [i, colour] of ["#c04020", "#20c040", "#4020c0", "#808080"].entries()) {
    context.fillStyle = colour;
    context.fillRect(8 * (i % 2), 8 * Math.floor(i / 2), 8, 8);
  }
  return new VideoFrame(canvas, { timestamp: 0 });
}

describe("a texture becomes the tensor of a float64 reference", () => {
  const cases: readonly (readonly [string, Wanted])[] = [
    ["as it is", { shape: [height, width, 3] }],
    ["grey", { shape: [height, width, 1] }],
    ["larger", { shape: [31, 40, 3] }],
    ["smaller", { shape: [4, 5, 3] }],
    ["one pixel", { shape: [1, 1, 3] }],
    ["upside down", { shape: [7, 13, 3], flipY: true }],
    ["cropped", { shape: [8, 8, 3], crop: { left: 3, top: 2, width: 5, height: 6 } }],
    ["cropped to a pixel", { shape: [3, 3, 1], crop: { left: 12, top: 8, width: 1, height: 1 } }],
  ];
  test.each(cases)("%s", async (_, wanted) => {
    const values = await read(textureOf(gpu.device, pixels, width, height), { ...wanted, ...bytes });
    expectClose(values, resized(pixels, width, height, wanted));
  });

  test.each([
    ["too wide", [9, 9, 3], { left: 2, top: 0, width: 9, height: 9 }],
    ["too high", [4, 13, 3], { left: 0, top: 2, width: 13, height: 4 }],
    ["rounded", [7, 8, 1], { left: 1, top: 0, width: 10, height: 9 }],
  ] as const)("cut to cover the tensor: %s", async (_, shape, crop) => {
    const values = await read(textureOf(gpu.device, pixels, width, height), { shape, crop: "cover", ...bytes });
    expectClose(values, resized(pixels, width, height, { shape, crop }));
  });

  test("scaled by channel, by default to -1 .. 1", async () => {
    const texture = textureOf(gpu.device, pixels, width, height);
    const shape = [height, width, 3] as const;
    const [scale, offset] = [
      [0.5, 2, -1],
      [1, 0, 3],
    ];
    const plain = resized(pixels, width, height, { shape });
    const wanted = plain.map((value, i) => value * (scale[i % 3] ?? 0) + (offset[i % 3] ?? 0));
    expectClose(await read(texture, { shape, scale, offset }), wanted);
    expectClose(
      await read(texture, { shape }),
      plain.map((value) => value / 127.5 - 1),
      1e-5,
    );
  });

  test("of a format -srgb: pixels count as files hold them", async () => {
    const shape = [height, width, 3] as const;
    const texture = textureOf(gpu.device, pixels, width, height, "rgba8unorm-srgb");
    expectClose(await read(texture, { shape, ...bytes }), resized(pixels, width, height, { shape }));
  });

  test("of a format -srgb: every byte comes back, however the device decodes", async () => {
    const ramp = Uint8ClampedArray.from({ length: 4 * 256 }, (_, i) => i >> 2);
    const texture = textureOf(gpu.device, ramp, 256, 1, "rgba8unorm-srgb");
    const wanted = Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
    expectClose(await read(texture, { shape: [1, 256, 3], ...bytes }), wanted);
  });

  test("of 32-bit floats, which no sampler filters", async () => {
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
    const texture = gpu.device.createTexture({ size: [1, 2], format: "r32float", usage });
    gpu.device.queue.writeTexture({ texture }, Float32Array.of(0.25, 0.75), { bytesPerRow: 4 }, [1, 2]);
    const values = await read(texture, { shape: [1, 1, 3], ...bytes });
    expectClose(values, [127.5, 0, 0]);
    expectClose(
      (await read(texture.createView(), { shape: [2, 1, 3], ...bytes })) as never,
      [63.75, 0, 0, 191.25, 0, 0],
    );
  });
});

describe("pictures of the page", () => {
  const shape = [height, width, 3] as const;
  const wanted = resized(pixels, width, height, { shape });
  const sources: readonly (readonly [string, () => PictureSource | Promise<PictureSource>])[] = [
    ["ImageData", () => new ImageData(pixels, width, height)],
    ["bytes as ImageData has them", () => ({ data: new Uint8Array(pixels), width, height })],
    ["canvas", canvasOf],
    ["ImageBitmap", () => createImageBitmap(new ImageData(pixels, width, height))],
    [
      "OffscreenCanvas",
      () => {
        const canvas = new OffscreenCanvas(width, height);
        canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
        return canvas;
      },
    ],
    [
      "image",
      async () => {
        const image = new Image();
        image.src = canvasOf().toDataURL();
        await image.decode();
        return image;
      },
    ],
  ];
  test.each(sources)("%s", async (_, source) => {
    expectClose(await read(await source(), { shape, ...bytes }), wanted, 1e-3);
  });

  test("one after the other through one texture, each whole", async () => {
    const reader = await PictureReader.create(gpu, { shape, ...bytes });
    const buffer = tensor(2 * wanted.length);
    const other = randomPixels(width, height, 2);
    reader.run(new ImageData(pixels, width, height), { buffer }, 0);
    reader.run(new ImageData(other, width, height), { buffer }, 1);
    const values = await floats(buffer);
    expectClose(values.subarray(0, wanted.length), wanted);
    expectClose(values.subarray(wanted.length), resized(other, width, height, { shape }));
    reader.dispose();
  });
});

describe("frames of a video", () => {
  const centre = [4, 12].flatMap((y) => [4, 12].map((x) => [x, y] as const));
  const colours = [
    [192, 64, 32],
    [32, 192, 64],
    [64, 32, 192],
    [128, 128, 128],
  ];

  /** Colours pass through the video's own range and matrix. */
  function expectBlocks(values: Float32Array): void {
    const seen = centre.flatMap(([x, y]) => [...values.subarray(3 * (16 * y + x), 3 * (16 * y + x) + 3)]);
    expectClose(Float32Array.from(seen), colours.flat(), 6);
  }

  test("a VideoFrame", async () => {
    const frame = frameOf();
    expectBlocks(await read(frame, { shape: [16, 16, 3], ...bytes }));
    frame.close();
  });

  test("recorded, where the browser lends them to the device; elsewhere the error names run()", async () => {
    const frame = frameOf();
    const reader = await PictureReader.create(gpu, { shape: [16, 16, 3], ...bytes });
    const buffer = tensor(16 * 16 * 3);
    const encoder = gpu.device.createCommandEncoder();
    let canLend = true;
    try {
      gpu.device.importExternalTexture({ source: frame });
    } catch {
      canLend = false;
    }
    if (canLend) {
      reader.encode(encoder, frame, { buffer });
      gpu.device.queue.submit([encoder.finish()]);
      expectBlocks(await floats(buffer));
    } else {
      expect(() => reader.encode(encoder, frame, { buffer })).toThrow(
        "Read it by run(), which copies it where it must.",
      );
    }
    frame.close();
    expect(() => reader.encode(encoder, frame, { buffer })).toThrow("PictureReader: a VideoFrame that is closed;");
  });

  test("on a device without external textures, as some browsers': copied, and no shader names one", async () => {
    const lending = Object.getOwnPropertyDescriptor(GPUDevice.prototype, "importExternalTexture");
    const device = (await (await navigator.gpu.requestAdapter())?.requestDevice()) as GPUDevice;
    const compile = vi.spyOn(device, "createShaderModule");
    Reflect.deleteProperty(GPUDevice.prototype, "importExternalTexture");
    const own = gpu;
    gpu = Gpu.from(device);
    try {
      const frame = frameOf();
      expectBlocks(await read(frame, { shape: [16, 16, 3], ...bytes }));
      frame.close();
      await PicturePainter.create(gpu, { shape: [4, 4, 1], format: "rgba8unorm", kind: "grey" });
      const texts = compile.mock.calls.map(([{ code }]) => code);
      expect(texts).toHaveLength(3);
      expect(texts.filter((code) => code.includes("texture_external"))).toEqual([]);
    } finally {
      gpu = own;
      // Where there was none, one that is undefined would count as one for the files after this.
      if (lending) Object.defineProperty(GPUDevice.prototype, "importExternalTexture", lending);
      device.destroy();
    }
  });

  test("a <video>", async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 16, height: 16 });
    const context = canvas.getContext("2d");
    const video = document.createElement("video");
    await expect(read(video, { shape: [16, 16, 3] })).rejects.toThrow("a video without a frame yet");
    video.muted = true;
    video.srcObject = canvas.captureStream();
    const frame = frameOf();
    context?.drawImage(frame, 0, 0);
    frame.close();
    await video.play();
    expectBlocks(await read(video, { shape: [16, 16, 3], ...bytes }));
    video.pause();
  });
});

describe("a batch in one encoder", () => {
  test("has each picture in its place", async () => {
    const shape = [4, 5, 1] as const;
    const reader = await PictureReader.create(gpu, { shape, ...bytes });
    const buffer = tensor(64 + 3 * 20);
    const encoder = gpu.device.createCommandEncoder();
    const pictures = [1, 2, 3].map((seed) => randomPixels(width, height, seed));
    pictures.forEach((each, i) => {
      reader.encode(encoder, textureOf(gpu.device, each, width, height), { buffer, offset: 256, size: 240 }, i);
    });
    gpu.device.queue.submit([encoder.finish()]);
    const values = await floats(buffer);
    expect(values.subarray(0, 64).every((value) => value === 0)).toBe(true);
    expectClose(
      values.subarray(64),
      pictures.flatMap((each) => resized(each, width, height, { shape })),
    );
  });
});

describe("what cannot be read says why", () => {
  const shape = [4, 4, 3] as const;

  test.each([
    [{ shape: [4, 4, 2] }, "PictureReader: shape [4, 4, 2]; wanted [height, width, channels] with 1 or 3 channels."],
    [{ shape: [4, 4] }, "PictureReader: shape [4, 4];"],
    [{ shape, scale: [1, 2] }, "PictureReader: 2 numbers for scale; wanted one, or 3."],
    [{ shape, offset: Number.NaN }, "PictureReader: offset NaN; wanted offset to be a number."],
    [{ shape, crop: "contain" }, 'PictureReader: crop "contain"; wanted one of cover.'],
    [{ shape, crop: { left: 0, top: 0, width: 0, height: 1 } }, "PictureReader: a crop of 0x1 pixels at (0, 0);"],
    [{ shape, flipy: true }, "PictureReader: option flipy; wanted one of shape, scale, offset, crop, flipY."],
  ])("%o", async (options, message) => {
    await expect(PictureReader.create(gpu, options as unknown as PictureReaderOptions)).rejects.toThrow(message);
  });

  test("a tensor of more pixels along one side than a dispatch has", async () => {
    const failure = PictureReader.create(gpu, { shape: [1, 8 * 65_535 + 1, 1] });
    await expect(failure).rejects.toThrow("wanted sides of at most 524280, this device's limit.");
    await expect(failure).rejects.toBeInstanceOf(LimitError);
  });

  const picture = (descriptor: Partial<GPUTextureDescriptor>) =>
    gpu.device.createTexture({
      size: [4, 4],
      format: "rgba8unorm",
      usage: GPUTextureUsage.TEXTURE_BINDING,
      ...descriptor,
    });
  const sources: readonly (readonly [string, () => unknown])[] = [
    ["a texture without usage TEXTURE_BINDING", () => picture({ usage: GPUTextureUsage.COPY_DST })],
    ["a texture of dimension 3d", () => picture({ size: [4, 4, 2], dimension: "3d" })],
    [
      "a texture of 4 samples",
      () => picture({ sampleCount: 4, usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT }),
    ],
    ["a texture of format rgba8uint", () => picture({ format: "rgba8uint" })],
    ["a HTMLDivElement", () => document.createElement("div")],
    ["null", () => null],
    ["a HTMLCanvasElement", canvasOf],
  ];
  test.each(sources)("%s", async (seen, source) => {
    const reader = await PictureReader.create(gpu, { shape });
    const encoder = gpu.device.createCommandEncoder();
    const mistake = () => reader.encode(encoder, source() as GpuPicture, { buffer: tensor(48) });
    expect(mistake).toThrow(GraphError);
    expect(mistake).toThrow(`PictureReader: ${seen};`);
  });

  test("a buffer that is too small, a place that is none, a crop beyond the picture, an empty canvas", async () => {
    const crop = { left: 2, top: 0, width: 3, height: 4 };
    const reader = await PictureReader.create(gpu, { shape, crop });
    const small = textureOf(gpu.device, randomPixels(4, 4, 1), 4, 4);
    const enough = { buffer: tensor(48) };
    expect(() => reader.run(small, enough)).toThrow(
      "PictureReader: a crop of 3x4 pixels at (2, 0); wanted whole numbers, inside the picture of 4x4.",
    );
    const large = textureOf(gpu.device, pixels, width, height);
    expect(() => reader.run(large, { buffer: tensor(47) })).toThrow("a buffer of 188 bytes; wanted 192");
    expect(() => reader.run(large, { ...enough, size: 100 })).toThrow("a tensor of 100 bytes; wanted 192 or more");
    expect(() => reader.run(large, enough, 1)).toThrow("a buffer of 192 bytes; wanted 384");
    expect(() => reader.run(large, enough, 0.5)).toThrow("index 0.5");
    const few = { data: new Uint8Array(35), width: 3, height: 3 };
    expect(() => reader.run(few, enough)).toThrow(
      "PictureReader: 35 bytes; wanted 36, red, green, blue and alpha of 3x3",
    );
    const empty = document.createElement("canvas");
    empty.width = 0;
    expect(() => reader.run(empty, enough)).toThrow("a picture of 0x150 pixels");
    gpu.check();
  });
});
