import { smoothField } from "../../src/data/fields.ts";
import { RandomStream } from "../../src/data/random.ts";

/** What a pixel of the landscape is, by its number in the truth. */
export const landscapeClasses = ["Water", "Meadow", "Rock"] as const;

export interface Landscape {
  readonly width: number;
  readonly height: number;
  /** [height, width, 4], red, green, blue and opacity. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** [height, width], an index into `landscapeClasses`. */
  readonly truth: Uint8Array;
}

const side = 256;

/**
 * Draws a coast from above: water with ripples, meadow with tufts, rock with cracks, and the class of every pixel. Light
 * changes over the picture, and the three share their greys, so that no one colour tells them apart.
 */
export function drawLandscape(seed = 3): Landscape {
  const random = new RandomStream(seed);
  const field = (spacing: number) => smoothField(side, spacing, random);
  const [shore, cape, cliff, light] = [field(90), field(33), field(57), field(120)];
  const [ripple, tuft, patch, crack, grain] = [field(26), field(4), field(18), field(9), field(2)];
  const truth = new Uint8Array(side * side);
  const pixels = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i++) {
    const [row, column] = [Math.floor(i / side), i % side];
    const at = (values: Float32Array) => values[i] ?? 0;
    const height = at(shore) + 0.4 * at(cape) + 0.9 * (column / side - 0.4);
    const label = height < 0 ? 0 : at(cliff) + 0.3 * at(cape) + 0.7 * (row / side - 0.4) > 0.1 ? 2 : 1;
    const stone = 112 + 16 * at(patch) - (Math.abs(at(crack)) < 0.1 ? 55 : 0);
    const wave = Math.abs(((row + 9 * at(ripple)) / 7) % 2);
    const texture = [
      [58 + 26 * wave, 96 + 24 * wave, 122 + 22 * wave],
      [92 + 34 * at(tuft) + 14 * at(patch), 112 + 34 * at(tuft), 66 + 20 * at(tuft)],
      [stone + 4, stone, stone - 8],
    ][label];
    truth[i] = label;
    texture?.forEach((value, channel) => {
      pixels[4 * i + channel] = value + 34 * at(light) + 14 * at(grain);
    });
    pixels[4 * i + 3] = 255;
  }
  return { width: side, height: side, pixels, truth };
}
