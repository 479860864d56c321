/** Curves through points, and ink along them: what `digits.ts` draws with. Plain arithmetic and square roots only. */

/** A point of a stroke, with whether the curve turns sharply there. */
export interface StrokePoint {
  x: number;
  y: number;
  corner: boolean;
}

/** One dab of the pen. Consecutive dabs of a stroke are joined; `lifted` starts a new stroke. */
export interface Dab {
  x: number;
  y: number;
  /** Half the pen's width, in pixels, at this place. */
  radius: number;
  lifted: boolean;
}

/**
 * Samples the Catmull-Rom spline through the points, `steps` pieces between each two neighbours. A corner ends one curve and
 * begins the next, and so do the stroke's ends.
 * @param emit is given each place, and how far along the stroke it lies, 0 to 1
 */
export function sampleSpline(
  points: readonly StrokePoint[],
  steps: number,
  emit: (x: number, y: number, along: number) => void,
): void {
  const last = points.length - 1;
  for (let i = 0; i < last; i++) {
    const from = points[i];
    const to = points[i + 1];
    if (!from || !to) break;
    // Beyond a corner or an end the neighbour is the point itself, so that the curve leaves straight.
    const before = (from.corner ? undefined : points[i - 1]) ?? from;
    const after = (to.corner ? undefined : points[i + 2]) ?? to;
    for (let step = i === 0 ? 0 : 1; step <= steps; step++) {
      const t = step / steps;
      emit(
        catmullRom(before.x, from.x, to.x, after.x, t),
        catmullRom(before.y, from.y, to.y, after.y, t),
        (i + t) / last,
      );
    }
  }
}

/** The cubic from b (t = 0) to c (t = 1) with slopes (c - a) / 2 and (d - b) / 2. Source: E. Catmull, R. Rom, 1974. */
function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/**
 * Inks the strokes onto a picture: each pixel takes the darkest of the pieces near it, with
 * coverage = clamp((radius - distance) / softness + 1/2), the distance from the pixel's centre to the piece.
 * @param ink [size, size], values 0 to 1, drawn upon
 * @param softness width of the edge in pixels
 */
export function inkStrokes(ink: Float32Array, size: number, dabs: readonly Dab[], softness: number): void {
  for (let i = 0; i < dabs.length; i++) {
    const to = dabs[i];
    if (!to) break;
    const from = to.lifted ? to : (dabs[i - 1] ?? to);
    inkPiece(ink, size, from, to, softness);
  }
}

/** A piece between two dabs: a capsule whose radius runs from one dab's to the other's. */
function inkPiece(ink: Float32Array, size: number, from: Dab, to: Dab, softness: number): void {
  const reach = Math.max(from.radius, to.radius) + softness / 2;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const perLength2 = 1 / Math.max(dx * dx + dy * dy, 1e-12);
  const left = Math.max(0, Math.ceil(Math.min(from.x, to.x) - reach));
  const right = Math.min(size - 1, Math.floor(Math.max(from.x, to.x) + reach));
  const top = Math.max(0, Math.ceil(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(size - 1, Math.floor(Math.max(from.y, to.y) + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const t = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) * perLength2));
      const ex = x - from.x - t * dx;
      const ey = y - from.y - t * dy;
      const radius = from.radius + t * (to.radius - from.radius);
      const coverage = (radius - Math.sqrt(ex * ex + ey * ey)) / softness + 0.5;
      const at = y * size + x;
      if (coverage > (ink[at] ?? 0)) ink[at] = Math.min(1, coverage);
    }
  }
}
