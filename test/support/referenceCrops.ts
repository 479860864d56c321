import type { GatherCropsAttrs } from "../../src/ops/augment.ts";
import { permuted } from "./permute.ts";
import { threefry } from "./threefry.ts";

/** A segmentation data set: an image [n, h, w, c] and a mask [n, h, w]. */
export interface CropSet {
  readonly shape: readonly [n: number, h: number, w: number, c: number];
  readonly pixels: Uint8Array;
  readonly masks: Uint8Array;
}

export type Cursor = readonly [first: number, seed: number, epoch: number, shuffle: number];

/** The operator gatherCrops by loops in f64, from its documentation. */
export function referenceCrops(
  { shape: [n, h, w, c], pixels, masks }: CropSet,
  [first, seed, epoch, shuffle]: Cursor,
  attrs: GatherCropsAttrs,
): { x: number[]; y: number[]; sources: [row: number, column: number][] } {
  const { batchSize, size, maskSize, crops, scale, offset } = attrs;
  const margin = (size - maskSize) / 2;
  const [x, y, sources]: [number[], number[], [number, number][]] = [[], [], []];
  for (let b = 0; b < batchSize; b++) {
    const position = first + b;
    const bits = (i: number) => threefry([seed, epoch], [position, i]);
    const { example, top, left, tone, turn } = shuffle ? draw() : covering();
    const blank = position >= crops || example >= n;
    const nodes = shuffle && attrs.elastic ? drawNodes(attrs.elastic, bits) : null;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const [dRow, dColumn] = nodes ? displacement(nodes, attrs.elastic?.grid ?? 2, row, column, size) : [0, 0];
        const half = (size - 1) / 2;
        const [r, k] = turn(row + dRow - half, column + dColumn - half);
        const source: [number, number] = [top + (maskSize - 1) / 2 + r, left + (maskSize - 1) / 2 + k];
        sources.push(source);
        for (let channel = 0; channel < c; channel++) {
          const value = blank ? 0 : Math.min(255, Math.max(0, tone(bilinear(source, channel))));
          x.push(value * scale + offset);
        }
        const inside = [row, column].every((at) => at >= margin && at < margin + maskSize);
        const [mr, mc] = [mirror(Math.floor(source[0] + 0.5), h), mirror(Math.floor(source[1] + 0.5), w)];
        if (inside) y.push(blank ? -100 : (masks[(example * h + mr) * w + mc] ?? Number.NaN));
      }
    }

    function covering() {
      const [rows, columns] = [Math.ceil(h / maskSize), Math.ceil(w / maskSize)];
      const cell = position % (rows * columns);
      return {
        example: Math.floor(position / (rows * columns)),
        top: place(Math.floor(cell / columns), rows, h),
        left: place(cell % columns, columns, w),
        tone: (value: number) => value,
        turn: (r: number, k: number): [number, number] => [r, k],
      };
    }

    function place(i: number, count: number, side: number): number {
      return count === 1 ? Math.floor((side - maskSize) / 2) : Math.round((i * (side - maskSize)) / (count - 1));
    }

    function draw() {
      const round = Math.floor(position / n);
      const [placeRow, placeColumn] = bits(0);
      const [change, toneBits] = bits(1);
      const drawn = (word: number, side: number) => {
        const free = side - maskSize;
        return free < 0 ? Math.floor(free / 2) : Math.floor(((word >>> 16) * (free + 1)) / 65_536);
      };
      const has = (bit: number, allowed: boolean) => allowed && ((change >>> bit) & 1) === 1;
      const quarters = (has(0, attrs.quarterTurns) ? 1 : 0) + (has(1, attrs.quarterTurns) ? 2 : 0);
      const gain = 1 + (attrs.contrast * ((toneBits & 0xffff) - 32767.5)) / 32767.5;
      const shift = (255 * attrs.brightness * ((toneBits >>> 16) - 32767.5)) / 32767.5;
      return {
        example: permuted(position % n, n, (seed + Math.imul(round, 0x9e3779b9)) >>> 0, epoch),
        top: drawn(placeRow, h),
        left: drawn(placeColumn, w),
        tone: (value: number) => (value - 127.5) * gain + 127.5 + shift,
        turn: (r: number, k: number): [number, number] => {
          let at: [number, number] = [r, k];
          for (let i = 0; i < quarters; i++) at = [at[1], -at[0]];
          return [has(2, attrs.verticalFlip) ? -at[0] : at[0], has(3, attrs.horizontalFlip) ? -at[1] : at[1]];
        },
      };
    }

    function bilinear([row, column]: [number, number], channel: number): number {
      const [r, k] = [Math.floor(row), Math.floor(column)];
      const [tr, tk] = [row - r, column - k];
      const at = (i: number, j: number) =>
        pixels[((example * h + mirror(i, h)) * w + mirror(j, w)) * c + channel] ?? Number.NaN;
      const above = (1 - tk) * at(r, k) + (tk && tk * at(r, k + 1));
      return (1 - tr) * above + (tr && tr * ((1 - tk) * at(r + 1, k) + (tk && tk * at(r + 1, k + 1))));
    }
  }
  return { x, y, sources };
}

/** Reflection without repeating the border: .. 2 1 | 0 1 2 .. */
function mirror(i: number, side: number): number {
  if (side === 1) return 0;
  let at = i;
  while (at < 0 || at >= side) at = at < 0 ? -at : 2 * (side - 1) - at;
  return at;
}

function drawNodes({ deviation, grid }: { deviation: number; grid: number }, bits: (i: number) => readonly number[]) {
  const normal = (word = 0) => {
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    return (sum - 510) / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  };
  return Array.from({ length: (grid + 2) ** 2 }, (_, i) => {
    const [row, column] = bits(2 + i);
    return [deviation * normal(row), deviation * normal(column)] as const;
  });
}

/** Bicubic (Catmull-Rom): the cubic through p1 and p2 whose slopes there are those of the neighbours' chords. */
function displacement(
  nodes: readonly (readonly [number, number])[],
  grid: number,
  row: number,
  column: number,
  size: number,
): [number, number] {
  const [r, k] = [row, column].map((at) => (at * (grid - 1)) / Math.max(1, size - 1)) as [number, number];
  const [cellRow, cellColumn] = [Math.min(grid - 2, Math.floor(r)), Math.min(grid - 2, Math.floor(k))];
  const cubic = (p: readonly number[], t: number) => {
    const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = p;
    const [m1, m2] = [(p2 - p0) / 2, (p3 - p1) / 2];
    return (
      (2 * t ** 3 - 3 * t ** 2 + 1) * p1 +
      (t ** 3 - 2 * t ** 2 + t) * m1 +
      (3 * t ** 2 - 2 * t ** 3) * p2 +
      (t ** 3 - t ** 2) * m2
    );
  };
  return [0, 1].map((axis) => {
    const lines = [0, 1, 2, 3].map((i) =>
      cubic(
        [0, 1, 2, 3].map((j) => nodes[(cellRow + i) * (grid + 2) + cellColumn + j]?.[axis] ?? Number.NaN),
        k - cellColumn,
      ),
    );
    return cubic(lines, r - cellRow);
  }) as [number, number];
}
