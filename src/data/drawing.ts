import { FormatError, ShapeError } from "../core/errors.ts";
import { isCount } from "../core/options.ts";

/** Ink below this part of full scale is taken for the blur of an edge, not for the drawing's extent. */
const faint = 0.1;

/**
 * Makes a drawing into what a network trained on MNIST expects, as MNIST's makers did: crop to the ink, scale the
 * longer side to 20/28 of `size` keeping the aspect (each new pixel is the mean of the area that it covers), then move
 * the centre of mass to pixel (size / 2, size / 2). The darkest pixel becomes 255, since pens and canvases differ in
 * strength.
 * @param pixels [height, width], one channel, ink high: bytes 0..255, or floats 0..1
 * @returns [size, size], u8
 * @throws FormatError when nothing is drawn; ShapeError when the sizes do not fit
 * @example
 * const ink = new Uint8Array(280 * 280).fill(255, 280 * 100, 280 * 120); // a thick line across the pad
 * const digit = prepareDrawing(ink, 280, 280);
 * const logits = await model.predict(Float32Array.from(digit, (byte) => byte / 127.5 - 1));
 */
export function prepareDrawing(
  pixels: Uint8Array | Uint8ClampedArray | Float32Array,
  width: number,
  height: number,
  size = 28,
): Uint8Array<ArrayBuffer> {
  wantSizes(pixels.length, width, height, size);
  const full = pixels instanceof Float32Array ? 1 : 255;
  const box = inkBox(pixels, width, height, faint * full);
  const inner = Math.round((size * 20) / 28);
  const scale = inner / Math.max(box.width, box.height);
  const columns = Math.max(1, Math.round(box.width * scale));
  const rows = Math.max(1, Math.round(box.height * scale));
  const small = averageAreas(pixels, width, box, columns, rows);

  let mass = 0;
  let massX = 0;
  let massY = 0;
  let darkest = 0;
  small.forEach((ink, i) => {
    mass += ink;
    massX += ink * (i % columns);
    massY += ink * Math.floor(i / columns);
    darkest = Math.max(darkest, ink);
  });
  // Whole pixels, as in MNIST; a lopsided drawing stops at the edge. Every symmetric drawing lies half a pixel off: the
  // small term sends it right and down, however its sums were rounded.
  const left = clamp(Math.round(size / 2 - massX / mass + 1e-6), 0, size - columns);
  const top = clamp(Math.round(size / 2 - massY / mass + 1e-6), 0, size - rows);
  const image = new Uint8Array(size * size);
  small.forEach((ink, i) => {
    const at = (top + Math.floor(i / columns)) * size + left + (i % columns);
    image[at] = Math.round((255 * ink) / darkest);
  });
  return image;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type Pixels = Uint8Array | Uint8ClampedArray | Float32Array;

/** The smallest box around all pixels of at least `threshold`. */
function inkBox(pixels: Pixels, width: number, height: number, threshold: number): Box {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = pixels[y * width + x] ?? 0;
      if (!Number.isFinite(ink)) {
        throw new FormatError({ where: "drawing", seen: `${ink} at (${x}, ${y})`, wanted: "finite pixels" });
      }
      if (ink < threshold) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) {
    throw new FormatError({
      where: "drawing",
      seen: `${width}x${height} pixels without ink`,
      wanted: "a digit, light on dark",
      mend: "Draw one first.",
    });
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** [rows, columns]: the mean of the box's pixels under each new pixel, parts of pixels counted as such. */
function averageAreas(pixels: Pixels, stride: number, box: Box, columns: number, rows: number): Float64Array {
  const stepX = box.width / columns;
  const stepY = box.height / rows;
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const x0 = (i % columns) * stepX;
    const y0 = Math.floor(i / columns) * stepY;
    let sum = 0;
    for (let y = Math.floor(y0); y < Math.min(box.height, y0 + stepY); y++) {
      const partY = Math.min(y + 1, y0 + stepY) - Math.max(y, y0);
      for (let x = Math.floor(x0); x < Math.min(box.width, x0 + stepX); x++) {
        const partX = Math.min(x + 1, x0 + stepX) - Math.max(x, x0);
        sum += partX * partY * Math.max(0, pixels[(box.top + y) * stride + box.left + x] ?? 0);
      }
    }
    return sum / (stepX * stepY);
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function wantSizes(length: number, width: number, height: number, size: number): void {
  const whole = [width, height].every(isCount) && Number.isInteger(size) && size >= 8;
  if (whole && length === width * height) return;
  throw new ShapeError({
    where: "drawing",
    seen: `${length} pixels for a canvas of ${width}x${height}, into ${size}x${size}`,
    wanted: "one value per pixel, and an image of at least 8x8",
    mend: "Of a canvas's RGBA take one channel, or the opacity.",
  });
}
