import { FormatError } from "../core/errors.ts";
import { checkNames, checkNumber, isCount } from "../core/options.ts";

/** A mask of cells, row-major: one number is background, any other a cell, or the number of its instance. */
export interface CellMask {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

export interface BorderWeightOptions {
  /** The number of background in the mask: 1 for classes `["cell", "membrane"]`. Default: 0. */
  readonly background?: number;
  /** Weight of a border where two cells touch. Default: 10. */
  readonly w0?: number;
  /** How fast it falls with the distance to the cells, in pixels. Default: 5. */
  readonly sigma?: number;
  /** wc of background and cells. Default: so that both weigh alike over the mask, 1 on average. */
  readonly classWeights?: readonly [number, number];
}

/**
 * The weight map of the U-Net paper (Ronneberger, Fischer and Brox 2015, equation 2), one number a pixel:
 *
 *     w(x) = wc(x) + w0 exp(-(d1 + d2)^2 / (2 sigma^2))
 *
 * d1 and d2: Euclidean distances from x to the nearest and the second nearest cell. The second term is for background
 * alone, so that thin borders between cells are learned. Cells are connected components: pixels of one number that
 * share sides. With fewer than two cells there is no border, and the second term is 0.
 * @example
 * const mask = { data: [1, 0, 1], height: 1, width: 3 }; // two cells, one pixel apart
 * borderWeights(mask, { classWeights: [1, 1] }).map(Math.round); // => [1, 10, 1]
 * const train = segmentationDataset(gpu, cells, { size: 32, weights: (cell) => borderWeights(cell, { background: 1 }) });
 * train.dispose();
 */
export function borderWeights(mask: CellMask, options: BorderWeightOptions = {}): Float32Array<ArrayBuffer> {
  const where = "borderWeights";
  const { data, height, width } = mask;
  checkNames(where, options, ["background", "w0", "sigma", "classWeights"]);
  const { background = 0, w0 = 10, sigma = 5 } = options;
  checkNumber(where, "background", background, Number.isInteger, "a whole number");
  checkNumber(where, "w0", w0, (value) => value >= 0, "0 or more");
  checkNumber(where, "sigma", sigma, (value) => value > 0, "above 0");
  if (!isCount(height) || !isCount(width) || data.length !== height * width) {
    throw new FormatError({
      where,
      seen: `${data.length} pixels for a mask of ${height} x ${width}`,
      wanted: "sides of 1 or more, and as many pixels as they make",
    });
  }
  const cells = labelCells(mask, background);
  const [between, inside] = options.classWeights ?? balanced(cells);
  const sums = distanceSums(cells, height, width);
  return Float32Array.from(sums, (sum, i) => {
    if ((cells[i] ?? 0) > 0) return inside;
    return between + w0 * Math.exp(-(sum * sum) / (2 * sigma * sigma));
  });
}

/** n / (2 n_class): both classes have the same sum, and the mean is 1. A class that is not there gets 1. */
function balanced(cells: Int32Array): [number, number] {
  const inside = cells.reduce((count, cell) => count + (cell > 0 ? 1 : 0), 0);
  const outside = cells.length - inside;
  if (inside === 0 || outside === 0) return [1, 1];
  return [cells.length / (2 * outside), cells.length / (2 * inside)];
}

/** Connected components, numbered from 1 in the order of their first pixels; 0 is background. */
export function labelCells({ data, height, width }: CellMask, background = 0): Int32Array {
  const cells = new Int32Array(height * width);
  const stack: number[] = [];
  let count = 0;
  for (let first = 0; first < cells.length; first++) {
    const value = data[first];
    if (value === background || cells[first]) continue;
    count++;
    const visit = (pixel: number) => {
      if (cells[pixel] || data[pixel] !== value) return;
      cells[pixel] = count;
      stack.push(pixel);
    };
    visit(first);
    for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
      const column = pixel % width;
      if (column > 0) visit(pixel - 1);
      if (column < width - 1) visit(pixel + 1);
      if (pixel >= width) visit(pixel - width);
      if (pixel + width < cells.length) visit(pixel + width);
    }
  }
  return cells;
}

/**
 * d1 + d2 of each pixel; infinite with fewer than two cells. Exact: of a cell among the two nearest to a pixel, the
 * nearest point lies in some column, and there no two other cells can be nearer to the pixel's row, or they would be
 * nearer to the pixel too. So the two nearest cells of each column and row are enough, and a row is searched outwards
 * from the pixel until its columns are further away than the second nearest cell.
 */
function distanceSums(cells: Int32Array, height: number, width: number): Float64Array {
  const near = nearestInColumns(cells, height, width);
  const sums = new Float64Array(cells.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Squares of the two distances, and the first cell.
      let [first, second, firstCell] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
      for (let step = 0; step < width && step * step < second; step++) {
        for (let side = step === 0 ? 1 : -1; side <= 1; side += 2) {
          const column = x + side * step;
          if (column < 0 || column >= width) continue;
          const at = 2 * (y * width + column);
          for (let k = at; k < at + 2; k++) {
            const cell = near.cells[k] ?? 0;
            if (cell === 0) break;
            const rows = near.distances[k] ?? 0;
            const square = step * step + rows * rows;
            if (cell === firstCell) {
              first = Math.min(first, square);
            } else if (square < first) {
              [second, first, firstCell] = [first, square, cell];
            } else {
              second = Math.min(second, square);
            }
          }
        }
      }
      sums[y * width + x] = Math.sqrt(first) + Math.sqrt(second);
    }
  }
  return sums;
}

/** For each pixel the two nearest cells of its column, nearest first, and how many rows away; cell 0: there is none. */
function nearestInColumns(cells: Int32Array, height: number, width: number) {
  const found = new Int32Array(2 * cells.length);
  const distances = new Int32Array(2 * cells.length);
  const offer = (pixel: number, cell: number, distance: number) => {
    const [a, b] = [2 * pixel, 2 * pixel + 1];
    const nearer = (k: number) => found[k] === 0 || distance < (distances[k] ?? 0);
    if (cell === found[a]) {
      distances[a] = Math.min(distances[a] ?? 0, distance);
    } else if (nearer(a)) {
      [found[b], distances[b]] = [found[a] ?? 0, distances[a] ?? 0];
      [found[a], distances[a]] = [cell, distance];
    } else if (cell === found[b]) {
      distances[b] = Math.min(distances[b] ?? 0, distance);
    } else if (nearer(b)) {
      [found[b], distances[b]] = [cell, distance];
    }
  };
  // Downwards, then upwards: what a pixel has found is passed on, one row further away.
  for (const [from, to, by] of [
    [0, height, 1],
    [height - 1, -1, -1],
  ] as const) {
    for (let y = from; y !== to; y += by) {
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        const own = cells[pixel] ?? 0;
        if (own > 0) offer(pixel, own, 0);
        if (y === from) continue;
        const before = 2 * (pixel - by * width);
        for (let k = before; k < before + 2; k++) {
          const cell = found[k] ?? 0;
          if (cell > 0) offer(pixel, cell, (distances[k] ?? 0) + 1);
        }
      }
    }
  }
  return { cells: found, distances };
}
