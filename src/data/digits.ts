import { checkNames, checkWhole } from "../core/options.ts";
import { type Glyph, glyphs } from "./glyphs.ts";
import type { LabelledImages } from "./labelledImages.ts";
import { RandomStream } from "./random.ts";
import { type Dab, inkStrokes, type StrokePoint, sampleSpline } from "./strokes.ts";

/** Spline pieces between two points of a glyph; about one pixel each at 28 x 28. */
const stepsPerSpan = 5;

export interface DrawDigitsOptions {
  /** Number of images. */
  readonly count: number;
  /** A whole number from 0 to 2^32 - 1; the same seed gives the same bytes on every machine. */
  readonly seed: number;
  /** Side of the images in pixels. */
  readonly size?: number;
}

/**
 * Draws handwritten digits: a data set that needs no network. Each is one of several ways to write the digit, deformed
 * as hands deform it (slant, rotation, proportions, taper, wobbling points, pen width and pressure, gaps), and placed
 * as MNIST's makers placed theirs: 255 on 0, scaled into a box of 20/28 of the side, centred by mass. Classes are
 * balanced to within one image and shuffled. Image i depends on the seed, i and its label alone.
 * @throws GraphError on a count, seed or size out of range
 * @example
 * const { images, labels } = drawDigits({ count: 100, seed: 1 });
 * images.length; // => 78400
 */
export function drawDigits(options: DrawDigitsOptions): LabelledImages {
  checkNames("drawDigits", options, ["count", "seed", "size"]);
  const { count, seed, size = 28 } = options;
  checkWhole("drawDigits", "count", count, 1, 10_000_000);
  checkWhole("drawDigits", "seed", seed, 0, 0xffff_ffff);
  checkWhole("drawDigits", "size", size, 16, 512);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  new RandomStream(seed).shuffle(labels);
  const images = new Uint8Array(count * size * size);
  const ink = new Float32Array(size * size);
  labels.forEach((label, i) => {
    const random = new RandomStream(seed, i + 1);
    ink.fill(0);
    const dabs = writeDigit(label, random);
    fitBox(dabs, size, random);
    inkStrokes(ink, size, dabs, (random.uniform(0.9, 1.5) * size) / 28);
    developInk(ink, size, images.subarray(i * size * size, (i + 1) * size * size), random);
  });
  return { images, labels, count, height: size, width: size, channels: 1, classes: 10, name: "digits" };
}

/** Strokes of one digit in units of its height, before it is placed; radii are in pixels of a 28 x 28 image. */
function writeDigit(label: number, random: RandomStream): Dab[] {
  const glyph = pickGlyph(glyphs[label] ?? [], random);
  const hand = deformation(label, random);
  const wobble = random.uniform(0.01, 0.055);
  const penRadius = random.uniform(0.55, 1) * random.uniform(1.1, 2.5);
  const dabs: Dab[] = [];
  for (const stroke of glyph.strokes) {
    const points = stroke.map(({ x, y, corner }, i): StrokePoint => {
      // A pen lands and leaves with less care than it turns.
      const free = i === 0 || i === stroke.length - 1 ? 1.5 * wobble : wobble;
      // Some round the corners that others make.
      const sharp = corner && random.uniform() < 0.75;
      return { ...hand(x + random.normal(0, free), y + random.normal(0, free)), corner: sharp };
    });
    const pressures = [0, 0, 0].map(() => random.normal(1, 0.14));
    let lifted = true;
    let gap = random.uniform() < 0.03 ? random.uniform(0.15, 0.85) : 2;
    sampleSpline(points, stepsPerSpan, (x, y, along) => {
      if (along > gap) {
        if (along > gap + 0.06) gap = 2;
        lifted = true;
        return;
      }
      dabs.push({ x, y, radius: Math.max(0.45, penRadius * bezier(pressures, along)), lifted });
      lifted = false;
    });
  }
  return dabs;
}

/** The map of a hand: where it puts a point of the unit box. Smooth, so that strokes keep their joints. */
function deformation(label: number, random: RandomStream): (x: number, y: number) => { x: number; y: number } {
  const width = Math.max(0.3, random.normal(label === 0 ? 0.95 : 0.85, 0.17));
  const balance = random.normal(0, 0.28); // moves the waist: how much of the height the upper half takes
  const lean = random.normal(0, 0.28); // the same from left to right
  const taper = random.normal(0, 0.18); // wider at the foot than at the head, or narrower
  const slant = random.normal(0.14, label === 1 ? 0.28 : 0.24); // to the right, as most people write
  const bend = random.normal(0, 0.12);
  // tan of half the angle gives its cosine and sine without a function that engines round differently.
  const tangent = random.normal(0, 0.07);
  const cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
  const sine = (2 * tangent) / (1 + tangent * tangent);
  return (x, y) => {
    const warpedX = x + lean * x * (1 - x) - 0.5;
    const warpedY = y + balance * y * (1 - y) - 0.5;
    const u = width * warpedX * (1 + taper * warpedY) - slant * warpedY + bend * warpedY * warpedY;
    return { x: u * cosine - warpedY * sine, y: u * sine + warpedY * cosine };
  };
}

/** Scales the strokes so that the longer side, pen included, fills the picture's middle box, and puts them in the middle. */
function fitBox(dabs: readonly Dab[], size: number, random: RandomStream): void {
  const pixel = size / 28;
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  let thickest = 0;
  for (const dab of dabs) {
    dab.radius *= pixel;
    thickest = Math.max(thickest, dab.radius);
    left = Math.min(left, dab.x);
    right = Math.max(right, dab.x);
    top = Math.min(top, dab.y);
    bottom = Math.max(bottom, dab.y);
  }
  const box = 20 * pixel * random.uniform(0.95, 1.02);
  const scale = (box - 2 * thickest) / Math.max(right - left, bottom - top, 1e-6);
  // Whole pixels are left to centring by mass; parts of pixels are drawn here.
  const middleX = size / 2 + random.uniform(-0.5, 0.5);
  const middleY = size / 2 + random.uniform(-0.5, 0.5);
  for (const dab of dabs) {
    dab.x = middleX + (dab.x - (left + right) / 2) * scale;
    dab.y = middleY + (dab.y - (top + bottom) / 2) * scale;
  }
}

/**
 * From coverage 0..1 to bytes, with an overall strength and a little noise where there is ink, moved by whole pixels so
 * that the centre of mass comes to pixel (size / 2, size / 2), as in MNIST but less exactly. The outermost pixels stay
 * empty.
 */
function developInk(ink: Float32Array, size: number, image: Uint8Array, random: RandomStream): void {
  const { x, y, left, right, top, bottom } = inkExtent(ink, size);
  const wander = () => (random.uniform(-0.6, 0.6) * size) / 28;
  const moveX = Math.min(size - 2 - right, Math.max(1 - left, Math.round(size / 2 - x + wander())));
  const moveY = Math.min(size - 2 - bottom, Math.max(1 - top, Math.round(size / 2 - y + wander())));
  const move = moveY * size + moveX;
  const strength = random.uniform(245, 300);
  const noise = random.uniform(0, 14);
  for (let i = 0; i < ink.length; i++) {
    const coverage = ink[i] ?? 0;
    if (coverage === 0) continue;
    image[i + move] = Math.round(Math.min(255, Math.max(0, coverage * strength + random.uniform(-noise, noise))));
  }
}

/** Centre of mass (x, y), and the outermost columns and rows that hold ink. */
function inkExtent(ink: Float32Array, size: number) {
  let mass = 0;
  let massX = 0;
  let massY = 0;
  let left = size;
  let right = 0;
  let top = size;
  let bottom = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const coverage = ink[y * size + x] ?? 0;
      if (coverage === 0) continue;
      mass += coverage;
      massX += coverage * x;
      massY += coverage * y;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return { x: massX / mass, y: massY / mass, left, right, top, bottom };
}

function pickGlyph(variants: readonly Glyph[], random: RandomStream): Glyph {
  let rest = random.uniform(
    0,
    variants.reduce((sum, glyph) => sum + glyph.weight, 0),
  );
  const picked = variants.find((glyph) => {
    rest -= glyph.weight;
    return rest < 0;
  });
  return picked ?? variants[0] ?? { weight: 0, strokes: [] };
}

/** The quadratic Bezier curve through three pressures: light or heavy at the start, in the middle, at the end. */
function bezier([a = 1, b = 1, c = 1]: readonly number[], t: number): number {
  return (1 - t) * (1 - t) * a + 2 * t * (1 - t) * b + t * t * c;
}
