import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { type ImageFile, isbi2012Classes, type MaskClass, readImagePairs } from "../../src/data/imageFolder.ts";
import { encodePng, imageToImageData, maskToImageData, sideBySide } from "../../src/data/maskImage.ts";

const [width, height] = [7, 5];

/** A PNG of grey bytes. */
async function png(pixels: Uint8Array, w = width, h = height, channels = 1): Promise<Blob> {
  return new Blob([await encodePng(imageToImageData(pixels, w, h, channels))]);
}

function file(name: string, blob: Blob): ImageFile {
  return { name, read: async () => blob };
}

const grey = (seed: number) => Uint8Array.from({ length: width * height }, (_, i) => (i * 37 + seed * 11) % 256);
const label = (seed: number) => grey(seed + 50).map((value) => (value < 60 ? 0 : 255));

async function pairs(masks = [label(1), label(2)]) {
  return {
    name: "toy",
    images: [file("image/10.png", await png(grey(2))), file("image/9.png", await png(grey(1)))],
    masks: await Promise.all(masks.map(async (mask, i) => file(`label/${9 + i}.png`, await png(mask)))),
    classes: isbi2012Classes,
  };
}

describe("readImagePairs", () => {
  test("reads the bytes of grey PNGs, in the order of their numbers", async () => {
    const told: number[][] = [];
    const set = await readImagePairs({ ...(await pairs()), onProgress: (done, total) => told.push([done, total]) });
    expect(set).toMatchObject({ count: 2, height, width, channels: 1, classes: ["cell", "membrane"], name: "toy" });
    expect([...set.images]).toEqual([...grey(1), ...grey(2)]);
    expect([...set.masks]).toEqual([...label(1), ...label(2)].map((value) => (value === 0 ? 1 : 0)));
    expect(told).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  test("reads colours, or weighs them to grey", async () => {
    const colours = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 29) % 256);
    const images = [file("1.png", await png(colours, width, height, 3))];
    const options = { ...(await pairs()), images, masks: [file("1.png", await png(label(1)))] };
    expect([...(await readImagePairs({ ...options, channels: 3 })).images]).toEqual([...colours]);
    const [red = 0, green = 0, blue = 0] = colours;
    expect((await readImagePairs(options)).images[0]).toBe(Math.round(0.299 * red + 0.587 * green + 0.114 * blue));
  });

  test("reads JPEG", async () => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("a canvas");
    context.fillStyle = "rgb(90, 90, 90)";
    context.fillRect(0, 0, width, height);
    const images = [file("1.jpg", await canvas.convertToBlob({ type: "image/jpeg", quality: 1 }))];
    const set = await readImagePairs({ ...(await pairs()), images, masks: [file("1.png", await png(label(1)))] });
    for (const pixel of set.images) expect(Math.abs(pixel - 90)).toBeLessThanOrEqual(2);
  });

  test("wrong files", async () => {
    const good = await pairs();
    const [first] = good.images;
    const [mask] = good.masks;
    if (!first || !mask) throw new Error("two files");
    const smaller = file("label/10.png", await png(new Uint8Array(30), 6, 5));
    await expect(readImagePairs({ ...good, masks: [mask, smaller] })).rejects.toThrow(
      /label\/10\.png: 6x5 pixels; wanted 7x5, as its image, image\/10\.png/,
    );
    const larger = file("image/10.png", await png(new Uint8Array(64), 8, 8));
    await expect(readImagePairs({ ...good, images: [good.images[1] ?? first, larger] })).rejects.toThrow(
      /image\/10\.png: 8x8 pixels; wanted 7x5, as the first image, image\/9\.png/,
    );
    const text = file("image/10.png", new Blob(["not an image"]));
    await expect(readImagePairs({ ...good, images: [good.images[1] ?? first, text] })).rejects.toThrow(
      /image\/10\.png: a file that cannot be read or decoded/,
    );
    const lost = { name: "image/10.png", read: () => Promise.reject(new Error("status 404")) };
    await expect(readImagePairs({ ...good, images: [good.images[1] ?? first, lost] })).rejects.toThrow(/status 404/);
    await expect(readImagePairs({ ...good, masks: [mask] })).rejects.toThrow(/image\/10\.png without a mask/);
    await expect(readImagePairs({ ...good, images: [], masks: [] })).rejects.toThrow(FormatError);
  });

  test("values of a mask that are no class, and classes that are none", async () => {
    const good = await pairs();
    const classes: MaskClass[] = [
      { name: "cell", from: 255, to: 255 },
      { name: "membrane", from: 0, to: 0 },
    ];
    expect((await readImagePairs({ ...good, classes })).count).toBe(2);
    const odd = await pairs([label(1), label(2).with(9, 128)]);
    await expect(readImagePairs({ ...odd, classes })).rejects.toThrow(
      /label\/10\.png: the pixel rgba\(128, 128, 128, 255\) at row 1, column 2; wanted grey values of cell \(255 to 255\)/,
    );
    const twice = [...classes, { name: "both", from: 0, to: 9 }];
    await expect(readImagePairs({ ...good, classes: twice })).rejects.toThrow(/class both for the values 0 to 9/);
  });

  test("transparent pixels", async () => {
    const good = await pairs();
    const clear = new OffscreenCanvas(width, height);
    clear.getContext("2d");
    const images = [file("9.png", await clear.convertToBlob()), ...good.images.slice(0, 1)];
    await expect(readImagePairs({ ...good, images })).rejects.toThrow(/9\.png: a transparent pixel/);
  });
});

describe("pictures", () => {
  test("of a mask: a colour for each class, and again from the first", () => {
    const { data } = maskToImageData(Uint8Array.of(0, 1, 2, 9), 2, 2);
    expect([...data]).toEqual([255, 255, 255, 255, 0, 0, 0, 255, 230, 159, 0, 255, 255, 255, 255, 255]);
    expect(() => maskToImageData(new Uint8Array(3), 2, 2)).toThrow(/mask: 3 bytes; wanted 4/);
  });

  test("image, truth and prediction side by side, with grey between", () => {
    const picture = sideBySide(Uint8Array.of(7, 9), Uint8Array.of(0, 1), Uint8Array.of(1, 1), { width: 1, height: 2 });
    expect([picture.width, picture.height]).toEqual([19, 2]);
    const red = Array.from({ length: 38 }, (_, i) => picture.data[4 * i]);
    const gap = new Array<number>(8).fill(128);
    expect(red).toEqual([7, ...gap, 255, ...gap, 0, 9, ...gap, 0, ...gap, 0]);
    expect(picture.data.every((value, i) => i % 4 < 3 || value === 255)).toBe(true);
  });
});
