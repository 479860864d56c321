import { expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { encodeIndexedPng } from "../../src/data/indexedPng.ts";
import { type Colour, maskToImageData } from "../../src/data/maskImage.ts";

const colours: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [1, 2, 3],
];
const mask = Uint8Array.from({ length: 7 * 5 }, (_, i) => (i >> 1) % 3);

test("a browser shows every class in its colour", async () => {
  const file = await encodeIndexedPng(mask, 7, 5, colours);
  const bitmap = await createImageBitmap(new Blob([file], { type: "image/png" }));
  expect([bitmap.width, bitmap.height]).toEqual([7, 5]);
  const context = new OffscreenCanvas(7, 5).getContext("2d");
  context?.drawImage(bitmap, 0, 0);
  expect(context?.getImageData(0, 0, 7, 5).data).toEqual(maskToImageData(mask, 7, 5, colours).data);
});

test("the file says that its pixels are indices, of 8 bits", async () => {
  const file = await encodeIndexedPng(mask, 7, 5, colours);
  expect([...file.subarray(12, 16)].map((byte) => String.fromCharCode(byte)).join("")).toBe("IHDR");
  expect([...file.subarray(24, 26)]).toEqual([8, 3]);
  // The palette follows the header: length, name, 9 bytes.
  expect([...file.subarray(41, 50)]).toEqual(colours.flat());
});

test("wrong masks", async () => {
  await expect(encodeIndexedPng(mask, 7, 4, colours)).rejects.toThrow(/35 pixels; wanted 7x4/);
  await expect(encodeIndexedPng(mask, 7, 5, colours.slice(0, 2))).rejects.toThrow(/class 2 with 2 colours/);
  await expect(encodeIndexedPng(new Uint8Array(0), 0, 0, colours)).rejects.toThrow(ShapeError);
});
