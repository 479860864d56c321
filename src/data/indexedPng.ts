import { ShapeError } from "../core/errors.ts";
import type { Colour } from "./maskImage.ts";

/**
 * A mask [height, width] of classes as a PNG with a palette (colour type 3, PNG 1.2): the bytes of its pixels are the
 * classes themselves, for programs, and every class has its colour, for people. See `maskToImageData` for a picture.
 * @throws ShapeError on another number of pixels, a class without a colour, or more than 256 colours
 * @example
 * const file = await encodeIndexedPng(Uint8Array.of(0, 1, 1, 0), 2, 2, [[0, 0, 0], [255, 170, 0]]);
 */
export async function encodeIndexedPng(
  mask: Uint8Array,
  width: number,
  height: number,
  colours: readonly Colour[],
): Promise<Uint8Array<ArrayBuffer>> {
  checkMask(mask, width, height, colours);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits a pixel
  header.setUint8(9, indexed);
  // Each line begins with its filter: 0, none.
  const lines = new Uint8Array(height * (width + 1));
  for (let row = 0; row < height; row++) {
    lines.set(mask.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  const chunks = [
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("PLTE", Uint8Array.from(colours.flat())),
    chunk("IDAT", await deflate(lines)),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob([signature, ...chunks]).arrayBuffer());
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour type of a pixel that is an index into the palette. */
const indexed = 3;

function checkMask(mask: Uint8Array, width: number, height: number, colours: readonly Colour[]): void {
  if (mask.length !== width * height || mask.length === 0) {
    throw new ShapeError({ where: "mask", seen: `${mask.length} pixels`, wanted: `${width}x${height}, one or more` });
  }
  const most = mask.reduce((a, b) => Math.max(a, b), 0);
  if (most >= colours.length || colours.length > 256) {
    throw new ShapeError({
      where: "mask",
      seen: `class ${most} with ${colours.length} colours`,
      wanted: "a colour for each class, 256 at most",
    });
  }
}

/** Length, name, data, and the check sum of the last two. */
function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** zlib's format, in which PNG keeps pixels. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** CRC-32 of ISO 3309, bit by bit from the lowest: masks are small. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
