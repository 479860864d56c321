import type { RandomStream } from "./random.ts";
import type { Tissue } from "./tissue.ts";

/**
 * Darkens what lies inside cells and is no membrane: mitochondria (grey ovals with a dark rim and folds), and vesicles
 * (dark rings of a few pixels). They are what a network must learn not to take for membranes.
 */
export function drawOrganelles(shade: Float32Array, size: number, tissue: Tissue, random: RandomStream): void {
  const wanted = Math.round((size * size) / 9000);
  for (let i = 0; i < 6 * wanted && wanted > 0; i++) {
    const x = random.below(size);
    const y = random.below(size);
    const radius = tissue.radii[tissue.cell[y * size + x] ?? 0] ?? 0;
    const kind = random.uniform();
    if (radius < 15) continue;
    if (kind < 0.2) drawMitochondrion(shade, size, tissue, { x, y, radius }, random);
    else drawVesicles(shade, size, tissue, { x, y, radius }, random);
  }
}

interface Spot {
  readonly x: number;
  readonly y: number;
  /** Of the cell around it. */
  readonly radius: number;
}

function drawMitochondrion(shade: Float32Array, size: number, tissue: Tissue, spot: Spot, random: RandomStream): void {
  const long = random.uniform(0.34, 0.66) * Math.min(36, spot.radius);
  const short = long * random.uniform(0.45, 0.8);
  const tangent = random.uniform(-1, 1);
  const cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
  const sine = (2 * tangent) / (1 + tangent * tangent);
  const depth = random.uniform(28, 66);
  const folds = random.uniform(0, 34);
  const fold = random.uniform(3.2, 5);
  forEachNear(size, spot, long + 3, (at, dx, dy) => {
    if (tissue.cell[at] !== tissue.cell[spot.y * size + spot.x] || (tissue.distance[at] ?? 0) < 3) return;
    const u = dx * cosine + dy * sine;
    const v = dy * cosine - dx * sine;
    const out = Math.sqrt((u / long) * (u / long) + (v / short) * (v / short));
    const rim = ((out - 1) * short) / 1.6;
    if (rim > 2) return;
    const wave = Math.abs(((u / fold) % 2) - 1);
    const inner = out < 1 ? depth + folds * (wave - 0.5) : 0;
    const edge = rim > -2 ? (1 - (rim * rim) / 4) * (depth + 22) : 0;
    shade[at] = (shade[at] ?? 0) - Math.max(inner, edge);
  });
}

/** A swarm of vesicles about one point. */
function drawVesicles(shade: Float32Array, size: number, tissue: Tissue, spot: Spot, random: RandomStream): void {
  const wide = 0.42 * spot.radius;
  const depth = random.uniform(25, 70);
  for (let left = 2 + random.below(14); left > 0; left--) {
    const x = Math.round(spot.x + random.normal(0, wide));
    const y = Math.round(spot.y + random.normal(0, wide));
    const radius = random.uniform(0.7, 3);
    forEachNear(size, { x, y }, radius + 1.5, (at, dx, dy) => {
      if ((tissue.distance[at] ?? 0) < 3) return;
      const rim = (Math.sqrt(dx * dx + dy * dy) - radius) / 1.3;
      if (rim * rim < 1) shade[at] = (shade[at] ?? 0) - depth * (1 - rim * rim);
    });
  }
}

/** All pixels of the image in a square about a spot. */
function forEachNear(
  size: number,
  { x, y }: { readonly x: number; readonly y: number },
  radius: number,
  visit: (at: number, dx: number, dy: number) => void,
): void {
  const span = Math.ceil(radius);
  for (let py = Math.max(0, y - span); py <= Math.min(size - 1, y + span); py++) {
    for (let px = Math.max(0, x - span); px <= Math.min(size - 1, x + span); px++) {
      visit(py * size + px, px - x, py - y);
    }
  }
}
