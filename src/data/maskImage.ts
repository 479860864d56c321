import { ShapeError } from "../core/errors.ts";

/** Red, green, blue: 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * A colour for each class: the first two as membranes are usually shown, cells white and membranes black; the others
 * are those that colour-blind eyes tell apart best (Okabe and Ito 2008).
 */
export const maskColours: readonly Colour[] = [
  [255, 255, 255],
  [0, 0, 0],
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/**
 * A mask [height, width] of classes as a picture; more classes than colours begin again.
 * @example
 * const picture = maskToImageData(cells.masks.subarray(0, 64 * 64), 64, 64);
 */
export function maskToImageData(
  mask: Uint8Array,
  width: number,
  height: number,
  colours: readonly Colour[] = maskColours,
): ImageData {
  wantPixels("mask", mask.length, width, height, 1);
  const picture = new ImageData(width, height);
  mask.forEach((value, i) => {
    setPixel(picture, i, colours[value % colours.length] ?? [0, 0, 0]);
  });
  return picture;
}

/** An image [height, width, channels] of bytes as a picture: grey for one channel, else its first three. */
export function imageToImageData(image: Uint8Array, width: number, height: number, channels = 1): ImageData {
  wantPixels("image", image.length, width, height, channels);
  const picture = new ImageData(width, height);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    setPixel(picture, i, [image[at] ?? 0, image[at + green] ?? 0, image[at + blue] ?? 0]);
  }
  return picture;
}

export interface SideBySideOptions {
  readonly width: number;
  readonly height: number;
  /** Of the image. Default 1. */
  readonly channels?: number;
  /** One for each class. */
  readonly colours?: readonly Colour[];
}

/** Grey pixels between two pictures. */
const gap = 8;

/**
 * Image, truth and prediction from left to right: one picture of 3 width + 16 by height.
 * @example
 * const [seen, truth] = [cells.images.subarray(0, 64 * 64), cells.masks.subarray(0, 64 * 64)];
 * sideBySide(seen, truth, truth, { width: 64, height: 64 }).width; // => 208
 */
export function sideBySide(
  image: Uint8Array,
  truth: Uint8Array,
  prediction: Uint8Array,
  { width, height, channels = 1, colours = maskColours }: SideBySideOptions,
): ImageData {
  const parts = [
    imageToImageData(image, width, height, channels),
    maskToImageData(truth, width, height, colours),
    maskToImageData(prediction, width, height, colours),
  ];
  const whole = new ImageData(parts.length * (width + gap) - gap, height);
  whole.data.fill(128);
  for (let i = 3; i < whole.data.length; i += 4) whole.data[i] = 255;
  parts.forEach(({ data }, part) => {
    for (let row = 0; row < height; row++) {
      const line = data.subarray(4 * row * width, 4 * (row + 1) * width);
      whole.data.set(line, 4 * (row * whole.width + part * (width + gap)));
    }
  });
  return whole;
}

/**
 * The picture as a PNG file, made by the browser.
 * @example
 * const file = await encodePng(maskToImageData(Uint8Array.of(0, 1, 1, 0), 2, 2));
 */
export async function encodePng(picture: ImageData): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  const file = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await file.arrayBuffer());
}

function setPixel({ data }: ImageData, i: number, [red, green, blue]: Colour): void {
  data[4 * i] = red;
  data[4 * i + 1] = green;
  data[4 * i + 2] = blue;
  data[4 * i + 3] = 255;
}

function wantPixels(name: string, seen: number, width: number, height: number, channels: number): void {
  if (seen === width * height * channels && seen > 0) return;
  throw new ShapeError({
    where: name,
    seen: `${seen} bytes`,
    wanted: `${width * height * channels} for ${width}x${height} pixels of ${channels} channels, one or more`,
  });
}
