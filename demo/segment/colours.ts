/** A 3x3 matrix, its rows one after the other. */
type Matrix = readonly number[];

/** How colours of a picture become what a network sees: y = matrix (rgb - mean), in standard deviations. */
export interface ColourSpace {
  /** Of red, green and blue, 0 to 255. */
  readonly mean: readonly number[];
  readonly matrix: Matrix;
}

/** Numbers of standard deviations that a byte holds on either side of the mean. */
const span = 4;
/** Standard deviations from the lowest byte to the highest. */
export const colourRange = 2 * span;
/** x = byte * scale + offset: standard deviations from bytes. */
export const colourScaling = { scale: span / 127.5, offset: -span };
/** Added to each variance, so that the grain of a grey picture is not blown up to colours: (4 of 255)^2. */
const leastVariance = 16;

/**
 * The colours of a picture with mean 0, variance 1 and no correlation: matrix = L^-1 where L L' = covariance +
 * leastVariance I. Photographs are mostly light and shade of one hue; so what else tells two things apart is as loud as
 * that.
 *
 * @param pixels [count, 3], u8
 */
export function colourSpaceOf(pixels: Uint8Array): ColourSpace {
  const count = pixels.length / 3;
  const mean = [0, 0, 0];
  pixels.forEach((value, i) => {
    mean[i % 3] = (mean[i % 3] ?? 0) + value / count;
  });
  const covariance: number[] = [leastVariance, 0, 0, 0, leastVariance, 0, 0, 0, leastVariance];
  for (let at = 0; at < pixels.length; at += 3) {
    for (let i = 0; i < 9; i++) {
      const [row, column] = [Math.floor(i / 3), i % 3];
      const product = ((pixels[at + row] ?? 0) - (mean[row] ?? 0)) * ((pixels[at + column] ?? 0) - (mean[column] ?? 0));
      covariance[i] = (covariance[i] ?? 0) + product / count;
    }
  }
  return { mean, matrix: inverseFactor(covariance) };
}

/** Whether red, green and blue [count, 3] are equal in every pixel. */
export function isGrey(pixels: Uint8Array): boolean {
  return pixels.every((value, i) => value === pixels[i - (i % 3)]);
}

/** Pixels [count, 3] in a colour space, as bytes for `colourScaling`. */
export function toColourSpace(pixels: Uint8Array, { mean, matrix }: ColourSpace): Uint8Array<ArrayBuffer> {
  const [m0 = 0, m1 = 0, m2 = 0] = mean;
  const rows = [0, 3, 6].map((first) => matrix.slice(first, first + 3));
  // Rounds, and holds what lies beyond the span at its ends.
  const seen = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [(pixels[at] ?? 0) - m0, (pixels[at + 1] ?? 0) - m1, (pixels[at + 2] ?? 0) - m2];
    rows.forEach(([a = 0, b = 0, c = 0], channel) => {
      seen[at + channel] = ((a * red + b * green + c * blue) / span + 1) * 127.5;
    });
  }
  return new Uint8Array(seen.buffer);
}

/** A colour space from the text that a network's file carries; null where that names none. */
export function parseColourSpace(text = "null"): ColourSpace | null {
  const value: Partial<ColourSpace> | null = JSON.parse(text);
  const { mean = [], matrix = [] } = value ?? {};
  return mean.length === 3 && matrix.length === 9 && [...mean, ...matrix].every(Number.isFinite)
    ? { mean, matrix }
    : null;
}

/** The inverse of the Cholesky factor of a symmetric, positive matrix: rows (a), (b, d), (c, e, f) of the factor. */
function inverseFactor([xx = 0, , , yx = 0, yy = 0, , zx = 0, zy = 0, zz = 0]: Matrix): Matrix {
  const a = Math.sqrt(xx);
  const [b, c] = [yx / a, zx / a];
  const d = Math.sqrt(yy - b * b);
  const e = (zy - b * c) / d;
  const f = Math.sqrt(zz - c * c - e * e);
  return [1 / a, 0, 0, -b / (a * d), 1 / d, 0, (b * e - c * d) / (a * d * f), -e / (d * f), 1 / f];
}
