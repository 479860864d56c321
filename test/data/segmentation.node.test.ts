import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { pairFiles } from "../../src/data/imageFolder.ts";
import { checkLabelledMasks, type LabelledMasks, sliceMasks } from "../../src/data/segmentation.ts";

const set: LabelledMasks = {
  images: Uint8Array.from({ length: 3 * 4 * 5 * 2 }, (_, i) => i),
  masks: Uint8Array.from({ length: 3 * 4 * 5 }, (_, i) => i % 3),
  count: 3,
  height: 4,
  width: 5,
  channels: 2,
  classes: ["a", "b", "c"],
  name: "toy",
};

describe("checkLabelledMasks", () => {
  test("returns a set that is sound", () => {
    expect(checkLabelledMasks(set)).toBe(set);
  });

  test.each<[string, Partial<LabelledMasks>, RegExp]>([
    ["no images", { count: 0, images: new Uint8Array(), masks: new Uint8Array() }, /toy: 0 images of 4x5x2; wanted at/],
    ["no channels", { channels: 0, images: new Uint8Array() }, /3 images of 4x5x0/],
    ["masks of another size", { masks: new Uint8Array(59) }, /120 bytes of images and 59 of masks; wanted 120 and 60/],
    ["images of another size", { images: new Uint8Array(121) }, /121 bytes of images/],
    [
      "a value that is no class",
      { masks: set.masks.with(47, 3) },
      /3 in the mask of image 2, at row 1, column 2; wanted 0 to 2 \(a, b, c\)/,
    ],
    ["one class", { classes: ["a"] }, /classes a; wanted 2 to 256 names/],
    ["one name twice", { classes: ["a", "b", "a"] }, /each once/],
  ])("refuses %s", (_, wrong, message) => {
    expect(() => checkLabelledMasks({ ...set, ...wrong })).toThrow(FormatError);
    expect(() => checkLabelledMasks({ ...set, ...wrong })).toThrow(message);
  });
});

describe("sliceMasks", () => {
  test("gives a part, without copying", () => {
    const part = checkLabelledMasks(sliceMasks(set, 1, 3));
    expect(part.count).toBe(2);
    expect([...part.images]).toEqual([...set.images].slice(40));
    expect([...part.masks]).toEqual([...set.masks].slice(20));
    expect(part.images.buffer).toBe(set.images.buffer);
  });

  test.each([
    [2, 2],
    [-1, 2],
    [0, 4],
    [0.5, 2],
  ])("refuses %d to %d", (first, end) => {
    expect(() => sliceMasks(set, first, end)).toThrow(FormatError);
  });
});

describe("pairFiles", () => {
  const files = (...names: string[]) => names.map((name) => ({ name, read: async () => new Blob() }));

  test("pairs by stem, in the order of the numbers", () => {
    const images = files("image/10.png", "image/2.png", "image/1.jpg", "image/b3.png", "image/b12.png");
    const masks = files("m/1.png", "m/2.png", "m/10.png", "m/b12.png", "m/b3.png");
    const names = pairFiles("set", images, masks).map(({ image, mask }) => [image.name, mask.name]);
    expect(names).toEqual([
      ["image/1.jpg", "m/1.png"],
      ["image/2.png", "m/2.png"],
      ["image/10.png", "m/10.png"],
      ["image/b3.png", "m/b3.png"],
      ["image/b12.png", "m/b12.png"],
    ]);
  });

  test.each([
    [files("1.png", "2.png"), files("1.png"), /set: 2\.png without a mask; wanted images, and for each a mask/],
    [files("1.png"), files("1.png", "3.png"), /3\.png without an image/],
    [files("a/1.png", "b/1.jpg"), files("1.png"), /a\/1\.png and b\/1\.jpg; wanted one file of each name/],
    [[], [], /no images/],
    [files("1", "2", "3", "4", "5", "6"), [], /4 without a mask, and 2 more/],
  ])("refuses files without partners: %#", (images, masks, message) => {
    expect(() => pairFiles("set", images, masks)).toThrow(FormatError);
    expect(() => pairFiles("set", images, masks)).toThrow(message);
  });
});
