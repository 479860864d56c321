import { mix, type RandomStream } from "./random.ts";

/** A cell as it is packed: a disc. */
interface Seed {
  x: number;
  y: number;
  readonly radius: number;
}

/** Cells that fill a square, and how far each pixel is from the membrane between them. */
export interface Tissue {
  /** [size, size]: which cell a pixel lies in. */
  readonly cell: Uint16Array;
  /** [size, size]: pixels to the middle of the nearest membrane; `reach` where it is further. */
  readonly distance: Float32Array;
  /** [size, size]: 32 bits that are the same all along the membrane between two cells. */
  readonly membrane: Uint32Array;
  /** Radius of each cell, about. */
  readonly radii: readonly number[];
}

/** Membranes further away than this make no difference to a pixel. */
export const reach = 12;
/** Cells are packed beyond the frame by this much, so that those at the border look like the others. */
const outside = 48;
/** Side of the square blocks for which the cells nearby are listed. */
const blockSide = 12;
/** Distance between the samples that Lloyd's step is made of. */
const sampleStep = 8;

/**
 * Grows cells of very different sizes, as nerve fibres cut across have: discs are packed, large ones first, moved once
 * towards their centres of mass (Lloyd 1982), and grown until they touch. A pixel belongs to the disc whose rim is
 * nearest (the additively weighted Voronoi diagram, whose edges are hyperbolas), measured on a plane that is stretched
 * along one direction and bent by `bendX` and `bendY`, in pixels.
 */
export function growCells(size: number, bendX: Float32Array, bendY: Float32Array, random: RandomStream): Tissue {
  const plane = stretchedPlane(size, random);
  const seeds = packDiscs(plane.extent, random);
  relax(seeds, plane.extent);
  const near = listNearby(seeds, plane.extent);
  // Flat arrays, and the distances of one pixel kept between its two loops: most of the time is spent here.
  const seedX = Float64Array.from(seeds, ({ x }) => x);
  const seedY = Float64Array.from(seeds, ({ y }) => y);
  const start = Float64Array.from(seeds, ({ radius }) => growth * radius);
  const rims = new Float64Array(seeds.length);
  const cell = new Uint16Array(size * size);
  const distance = new Float32Array(size * size);
  const membrane = new Uint32Array(size * size);
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const at = py * size + px;
      const u = px - size / 2 + (bendX[at] ?? 0);
      const v = py - size / 2 + (bendY[at] ?? 0);
      const x = plane.xx * u + plane.xy * v;
      const y = plane.yx * u + plane.yy * v;
      const candidates = near(x, y);
      let mine = 0;
      let least = Infinity;
      for (let i = 0; i < candidates.length; i++) {
        const other = candidates[i] ?? 0;
        const dx = x - (seedX[other] ?? 0);
        const dy = y - (seedY[other] ?? 0);
        const rim = Math.sqrt(dx * dx + dy * dy) - (start[other] ?? 0);
        rims[i] = rim;
        if (rim < least) {
          least = rim;
          mine = other;
        }
      }
      const ownLength = Math.max(1e-6, least + (start[mine] ?? 0));
      const ownX = (x - (seedX[mine] ?? 0)) / ownLength;
      const ownY = (y - (seedY[mine] ?? 0)) / ownLength;
      let nearest = reach;
      let across = mine;
      for (let i = 0; i < candidates.length; i++) {
        const other = candidates[i] ?? 0;
        const gap = (rims[i] ?? 0) - least;
        if (other === mine || gap > plane.steepest * nearest) continue;
        // The difference of the two distances, over the length of its gradient in pixels of the image.
        const length = Math.max(1e-6, (rims[i] ?? 0) + (start[other] ?? 0));
        const gradientX = (x - (seedX[other] ?? 0)) / length - ownX;
        const gradientY = (y - (seedY[other] ?? 0)) / length - ownY;
        const slopeX = plane.xx * gradientX + plane.yx * gradientY;
        const slopeY = plane.xy * gradientX + plane.yy * gradientY;
        const pixels = gap / Math.max(0.2, Math.sqrt(slopeX * slopeX + slopeY * slopeY));
        if (pixels < nearest) {
          nearest = pixels;
          across = other;
        }
      }
      cell[at] = mine;
      distance[at] = nearest;
      membrane[at] = mix(Math.min(mine, across) * 65_536 + Math.max(mine, across));
    }
  }
  return { cell, distance, membrane, radii: seeds.map(({ radius }) => radius) };
}

const nowhere: Seed = { x: 1e9, y: 1e9, radius: 0 };

/** How much of its radius a disc has from the start: 1 gives round cells, 0 the common Voronoi diagram. */
const growth = 0.8;

function rimDistance(seed: Seed, x: number, y: number): number {
  const dx = x - seed.x;
  const dy = y - seed.y;
  return Math.sqrt(dx * dx + dy * dy) - growth * seed.radius;
}

/** The map from pixels, counted from the middle of the image, to the plane of the discs; half its side is `extent`. */
function stretchedPlane(size: number, random: RandomStream) {
  const stretch = random.uniform(1, 1.7);
  const along = 1 / Math.sqrt(stretch);
  const acrossIt = Math.sqrt(stretch);
  // tan of half the angle gives its cosine and sine without a function that engines round differently.
  const tangent = random.uniform(-1, 1);
  const cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
  const sine = (2 * tangent) / (1 + tangent * tangent);
  return {
    xx: along * cosine,
    xy: along * sine,
    yx: -acrossIt * sine,
    yy: acrossIt * cosine,
    /** How fast the difference of two distances can grow: each by one on the plane, which stretches a pixel by this. */
    steepest: 2 * acrossIt,
    /** The corner of the image lies within, and more beyond it. */
    extent: (size / 2) * Math.SQRT2 * acrossIt + outside,
  };
}

/** Radii of the discs in pixels, and how many are tried on each 100 x 100 pixels of the plane. */
const generations = [
  { least: 34, most: 62, tries: 5 },
  { least: 17, most: 32, tries: 24 },
  { least: 6, most: 14, tries: 160 },
] as const;

/** Discs that hardly overlap: large ones first, then what fits between them. */
function packDiscs(extent: number, random: RandomStream): Seed[] {
  const seeds: Seed[] = [];
  for (const { least, most, tries } of generations) {
    for (let left = Math.ceil((tries * 4 * extent * extent) / 10_000); left > 0; left--) {
      const radius = random.uniform(least, most);
      const x = random.uniform(-extent, extent);
      const y = random.uniform(-extent, extent);
      const free = seeds.every((seed) => {
        const apart = 0.92 * (radius + seed.radius);
        return (x - seed.x) * (x - seed.x) + (y - seed.y) * (y - seed.y) > apart * apart;
      });
      if (free) seeds.push({ x, y, radius });
    }
  }
  return seeds;
}

/** Moves each disc half the way to the centre of mass of the points that are nearest to its rim. */
function relax(seeds: readonly Seed[], extent: number): void {
  const sums = seeds.map(() => ({ x: 0, y: 0, count: 0 }));
  const near = listNearby(seeds, extent);
  for (let y = -extent; y < extent; y += sampleStep) {
    for (let x = -extent; x < extent; x += sampleStep) {
      let mine = 0;
      let least = Infinity;
      for (const candidate of near(x, y)) {
        const rim = rimDistance(seeds[candidate] ?? nowhere, x, y);
        if (rim >= least) continue;
        least = rim;
        mine = candidate;
      }
      const sum = sums[mine];
      if (!sum) continue;
      sum.x += x;
      sum.y += y;
      sum.count++;
    }
  }
  seeds.forEach((seed, i) => {
    const sum = sums[i];
    if (!sum || sum.count === 0) return;
    seed.x += 0.5 * (sum.x / sum.count - seed.x);
    seed.y += 0.5 * (sum.y / sum.count - seed.y);
  });
}

/** For a point of the plane: all discs that may be nearest to it, or have a membrane within reach of it. */
function listNearby(seeds: readonly Seed[], extent: number): (x: number, y: number) => readonly number[] {
  const side = Math.ceil((2 * extent) / blockSide);
  // Across a block each of two distances changes by half its diagonal; 2.7 is the steepest that a plane can be.
  const slack = blockSide * Math.SQRT2 + 2.7 * reach;
  const lists: (readonly number[] | undefined)[] = new Array(side * side);
  const inside = (place: number) => Math.min(side - 1, Math.max(0, Math.floor((place + extent) / blockSide)));
  return (x, y) => {
    const row = inside(y);
    const column = inside(x);
    const known = lists[row * side + column];
    if (known) return known;
    const middleX = (column + 0.5) * blockSide - extent;
    const middleY = (row + 0.5) * blockSide - extent;
    const rims = seeds.map((seed) => rimDistance(seed, middleX, middleY));
    const least = rims.reduce((a, b) => Math.min(a, b), Infinity);
    const list: number[] = [];
    rims.forEach((rim, i) => {
      if (rim <= least + slack) list.push(i);
    });
    lists[row * side + column] = list;
    return list;
  };
}
