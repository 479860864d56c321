import { GraphError } from "../core/errors.ts";

/** How an image is cut into tiles on one axis. */
export interface TileAxis {
  /** Where the network's input begins, for each tile; negative where it reaches beyond the image. */
  readonly starts: readonly number[];
  /** Pixels from the start of the input to the part of the output that is used, and the length of that part. */
  readonly border: number;
  readonly core: number;
  /** Pixels at both ends of the output that are not used: none where one tile has the whole axis. */
  readonly margin: number;
}

export interface TileAxisOptions {
  /** Pixels of the image. */
  readonly length: number;
  /** Pixels of the network's input and output. */
  readonly input: number;
  readonly output: number;
  /** Pixels at both ends of the output that are not used, where there is more than one tile. */
  readonly margin: number;
  /** Pixels that the used parts of neighbours have in common, at least. */
  readonly overlap: number;
}

/**
 * The least number of tiles whose used parts cover an axis, evenly spread.
 * @throws GraphError where margin or overlap leave nothing
 */
export function tileAxis({ length, input, output, margin, overlap }: TileAxisOptions): TileAxis {
  const left = output - 2 * margin;
  const whole = [margin, overlap].every((pixels) => Number.isInteger(pixels) && pixels >= 0);
  if (!whole || left < 1 || overlap >= left || output > input) {
    throw new GraphError({
      where: "tiles",
      seen: `margin ${margin} and overlap ${overlap} of an output of ${output} pixels for an input of ${input}`,
      wanted: "whole numbers that leave each tile some pixels of its own",
    });
  }
  const unused = length > output ? margin : 0;
  const core = output - 2 * unused;
  const border = Math.floor((input - output) / 2) + unused;
  const free = length - core;
  const gaps = free > 0 ? Math.ceil(free / (core - overlap)) : 0;
  const starts = gaps > 0 ? Array.from({ length: gaps + 1 }, (_, i) => Math.round((i * free) / gaps)) : [free >> 1];
  return { starts: starts.map((start) => start - border), border, core, margin: unused };
}

/** Index on an axis, mirrored about the middles of the pixels at its ends: as shaders/augment/crops.wgsl does it. */
export function mirrored(i: number, length: number): number {
  const period = Math.max(1, 2 * (length - 1));
  const within = ((i % period) + period) % period;
  return Math.min(within, period - within);
}

/** The flips and quarter turns of a square: 0 is none, each of 1 to 7 another one. */
export const orientations = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Where a pixel of the turned square comes from, as row * side + column of the square as it was. */
export function turned(orientation: number, row: number, column: number, rows: number, columns: number): number {
  const [r, c] = (orientation & 1) === 0 ? [row, column] : [column, row];
  const fromRow = (orientation & 2) === 0 ? r : rows - 1 - r;
  const fromColumn = (orientation & 4) === 0 ? c : columns - 1 - c;
  return fromRow * columns + fromColumn;
}
