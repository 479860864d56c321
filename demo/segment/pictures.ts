import { FormatError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { imageToImageData } from "../../src/data/maskImage.ts";
import type { PaintedClass } from "./history.ts";
import { drawLandscape, landscapeClasses } from "./landscape.ts";
import type { Sides } from "./strokes.ts";

/** A picture to paint on. */
export interface OpenedPicture {
  readonly name: string;
  readonly image: ImageData;
  /** Sides of the file, where it was larger. */
  readonly scaledFrom: Sides | null;
  /** The file, where it is at hand. */
  readonly file?: Blob;
}

/** Pixels of a picture that is worked on, as time goes by them; larger ones are made smaller. */
const mostPixels = 512 * 512;
/** Shortest side that is worth painting on. */
const leastSide = 16;

export interface Sample {
  draw(): OpenedPicture;
  /** What there is to tell apart in it. */
  readonly classes: readonly PaintedClass[];
}

/** Pictures that are drawn, for those who have none at hand, with classes in colours that suit them. */
export const samples: Readonly<Record<string, Sample>> = {
  "Drawn landscape": {
    draw: () => {
      const { pixels, width, height } = drawLandscape();
      return { name: "landscape", image: new ImageData(pixels, width, height), scaledFrom: null };
    },
    classes: landscapeClasses.map((name, i) => ({ name, label: [1, 2, 0][i] ?? i })),
  },
  "Drawn tissue": {
    draw: () => {
      const { images, width, height } = drawCells({ count: 1, seed: 1, size: 256 });
      return { name: "tissue", image: imageToImageData(images, width, height), scaledFrom: null };
    },
    classes: [
      { name: "Cell", label: 1 },
      { name: "Membrane", label: 0 },
    ],
  },
};

/** Reads an image file of any kind that the browser shows. @throws FormatError where it shows none, or it is too small */
export async function readPicture(file: Blob, name: string): Promise<OpenedPicture> {
  const bitmap = await createImageBitmap(file).catch((cause) => {
    const seen = `${file.size} bytes that are no image${file.type ? ` (${file.type})` : ""}`;
    const wanted = "a PNG, JPEG, WebP, AVIF or GIF file";
    throw new FormatError({ where: name, seen, wanted }, { cause });
  });
  const { width, height } = bitmap;
  if (Math.min(width, height) < leastSide) {
    const wanted = `at least ${leastSide} pixels a side`;
    throw new FormatError({ where: name, seen: `an image of ${width}x${height} pixels`, wanted });
  }
  const scale = Math.min(1, Math.sqrt(mostPixels / (width * height)));
  const [columns = 1, rows = 1] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = drawOnWhite(bitmap, { width: columns, height: rows });
  bitmap.close();
  const image = context.getImageData(0, 0, columns, rows);
  return { name: name.replace(/\.\w+$/, ""), image, scaledFrom: scale < 1 ? { width, height } : null, file };
}

/** A picture under its overlay, as large as its file, as a PNG file. */
export async function overlayPng(
  { image, scaledFrom, file }: OpenedPicture,
  overlay: ImageBitmapSource,
  opacity: number,
): Promise<Blob> {
  // As it is now: another picture may be opened while the file is read.
  const shown = await createImageBitmap(overlay);
  // A file that was moved or deleted meanwhile cannot be read again; what it was made to is still here.
  const whole = scaledFrom && file ? await createImageBitmap(file).catch(() => null) : null;
  const picture = whole ?? (await createImageBitmap(image));
  const { width, height } = scaledFrom ?? image;
  const context = drawOnWhite(picture, { width, height });
  picture.close();
  context.globalAlpha = opacity;
  // Of blocks, as the mask is.
  context.imageSmoothingEnabled = false;
  context.drawImage(shown, 0, 0, width, height);
  shown.close();
  return context.canvas.convertToBlob({ type: "image/png" });
}

/** What is transparent is white, as on a page. */
function drawOnWhite(bitmap: ImageBitmap, { width, height }: Sides): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (!context) throw new Error("this browser draws on no canvas");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context;
}

/** Red, green and blue of every pixel: [height, width, 3]. */
export function rgbOf({ data, width, height }: ImageData): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return pixels;
}

/** Labels [height, width] of a picture for one of other sides: each pixel has the label of what it lies over. */
export function enlarge(labels: Uint8Array, from: Sides, to: Sides): Uint8Array<ArrayBuffer> {
  const enlarged = new Uint8Array(to.width * to.height);
  const columns = Array.from({ length: to.width }, (_, x) => Math.floor(((x + 0.5) * from.width) / to.width));
  for (let y = 0; y < to.height; y++) {
    const row = from.width * Math.floor(((y + 0.5) * from.height) / to.height);
    columns.forEach((column, x) => {
      enlarged[y * to.width + x] = labels[row + column] ?? 0;
    });
  }
  return enlarged;
}
