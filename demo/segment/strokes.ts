import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { classColours } from "./views.ts";

/** One stroke of the brush, in pixels of the picture. */
export interface Stroke {
  /** The class that it paints; `unlabelled` for the eraser. */
  readonly label: number;
  readonly radius: number;
  /** x, y, x, y, .. of the brush's middle, one pair or more. */
  readonly points: number[];
}

export interface Sides {
  readonly width: number;
  readonly height: number;
}

/** The labels [height, width] that strokes leave, each over those before it. */
export function labelsOf(strokes: readonly Stroke[], sides: Sides): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(sides.width * sides.height).fill(unlabelled);
  for (const stroke of strokes) paint(labels, sides, stroke);
  return labels;
}

/** Paints a stroke from its `from`-th point on: every pixel whose middle is under the round brush. */
export function paint(labels: Uint8Array, sides: Sides, { label, radius, points }: Stroke, from = 0): void {
  const count = points.length / 2;
  for (let i = Math.max(0, from - 1); i < count; i++) {
    const next = Math.min(i + 1, count - 1);
    const [x0 = 0, y0 = 0] = points.slice(2 * i, 2 * i + 2);
    const [x1 = 0, y1 = 0] = points.slice(2 * next, 2 * next + 2);
    paintLine(labels, sides, [x0, y0, x1, y1], radius, label);
  }
}

type Line = readonly [x0: number, y0: number, x1: number, y1: number];

function paintLine(labels: Uint8Array, { width, height }: Sides, line: Line, radius: number, label: number): void {
  const [x0, y0, x1, y1] = line;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squared = dx * dx + dy * dy;
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1) + radius));
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1) + radius));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      const [ax, ay] = [px - along * dx, py - along * dy];
      if (ax * ax + ay * ay <= radius * radius) labels[row * width + column] = label;
    }
  }
}

/** The classes that are painted somewhere. */
export function classesIn(labels: Uint8Array): Set<number> {
  return new Set([...classColours.keys()].filter((label) => labels.includes(label)));
}
