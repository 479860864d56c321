import { checkNames, checkWhole } from "../core/options.ts";
import { blur, smoothField } from "./fields.ts";
import { drawOrganelles } from "./organelles.ts";
import { RandomStream } from "./random.ts";
import type { LabelledMasks } from "./segmentation.ts";
import { growCells, reach, type Tissue } from "./tissue.ts";

export interface DrawCellsOptions {
  /** Number of images. */
  readonly count: number;
  /** A whole number from 0 to 2^32 - 1; the same seed gives the same bytes on every machine. */
  readonly seed: number;
  /** Side of the images in pixels; a larger image shows more cells, not larger ones. */
  readonly size?: number;
}

/**
 * Draws sections of tissue as an electron microscope shows them, with a mask of the membranes: a data set for
 * segmentation that needs no network. Cells of very different sizes (see tissue.ts) are separated by membranes of
 * varying width and darkness, cut obliquely here and there; inside are mitochondria, vesicles and texture; then come
 * blur, grain and uneven light. About 22 % of the pixels are membrane (mask 1), as in the ISBI 2012 challenge, whose
 * scale of pixels this has. Image i depends on the seed and i alone.
 * @throws GraphError on a count, seed or size out of range
 * @example
 * const { images, masks, classes } = drawCells({ count: 2, seed: 1, size: 64 });
 * classes; // => ["cell", "membrane"]
 */
export function drawCells(options: DrawCellsOptions): LabelledMasks {
  checkNames("drawCells", options, ["count", "seed", "size"]);
  const { count, seed, size = 256 } = options;
  checkWhole("drawCells", "count", count, 1, 100_000);
  checkWhole("drawCells", "seed", seed, 0, 0xffff_ffff);
  checkWhole("drawCells", "size", size, 32, 2048);
  const area = size * size;
  const images = new Uint8Array(count * area);
  const masks = new Uint8Array(count * area);
  for (let i = 0; i < count; i++) {
    const [from, to] = [i * area, (i + 1) * area];
    drawSection(images.subarray(from, to), masks.subarray(from, to), size, new RandomStream(seed, i + 1));
  }
  return { images, masks, count, height: size, width: size, channels: 1, classes: ["cell", "membrane"], name: "cells" };
}

function drawSection(image: Uint8Array, mask: Uint8Array, size: number, random: RandomStream): void {
  const bendX = bendField(size, random);
  const bendY = bendField(size, random);
  const tissue = growCells(size, bendX, bendY, random);
  const shade = new Float32Array(size * size);
  drawOrganelles(shade, size, tissue, random);
  drawTissue(shade, mask, size, tissue, random);
  blur(shade, size);
  develop(image, shade, size, random);
}

/** Displacements in pixels: a broad bend and a small wobble. */
function bendField(size: number, random: RandomStream): Float32Array {
  const broad = smoothField(size, 64, random);
  const small = smoothField(size, 15, random);
  return broad.map((bend, i) => 15 * bend + 3.4 * (small[i] ?? 0));
}

/** Adds cytoplasm and membranes to the shade (grey levels), and marks the membranes in the mask. */
function drawTissue(shade: Float32Array, mask: Uint8Array, size: number, tissue: Tissue, random: RandomStream): void {
  const width = smoothField(size, 22, random);
  const oblique = smoothField(size, 46, random);
  const darkness = smoothField(size, 12, random);
  const coarse = smoothField(size, 7, random);
  const fine = smoothField(size, 2.5, random);
  const glow = tissue.radii.map((radius) => random.normal(0, 8) - (radius < 15 ? 6 : 0));
  for (let i = 0; i < shade.length; i++) {
    const bits = tissue.membrane[i] ?? 0;
    const pairWidth = 0.85 + 0.3 * ((bits & 0xff) / 255);
    const pairDarkness = 0.7 + 0.5 * (((bits >>> 8) & 0xff) / 255);
    // Where the cut runs along a membrane, it shows as a broad grey band.
    const slant = Math.max(0, (oblique[i] ?? 0) - 0.42 - 0.25 * (((bits >>> 16) & 0xff) / 255));
    const half = 2.5 * pairWidth * (1 + 0.22 * (width[i] ?? 0)) * (1 + 4.5 * slant);
    const distance = tissue.distance[i] ?? reach;
    if (distance < half) mask[i] = 1;
    const across = distance / (0.72 * half);
    const profile = 1 / (1 + across * across * across * across);
    const depth = 102 * pairDarkness * (1 + 0.3 * (darkness[i] ?? 0)) * (1 - Math.min(0.35, slant));
    const grain = 11 * (coarse[i] ?? 0) + 15 * (fine[i] ?? 0);
    const cytoplasm = 156 + (glow[tissue.cell[i] ?? 0] ?? 0) + grain;
    // Organelles never shine through a membrane.
    shade[i] = cytoplasm + Math.max(-95, shade[i] ?? 0) * (1 - profile) - depth * profile;
  }
}

/** From grey levels to bytes: the microscope's grain, light and contrast. */
function develop(image: Uint8Array, shade: Float32Array, size: number, random: RandomStream): void {
  const light = smoothField(size, 0.7 * size, random);
  const contrast = random.uniform(0.95, 1.2);
  const brightness = random.uniform(-7, 7);
  const grain = random.uniform(36, 58);
  const crisp = random.uniform(0, 0.45);
  const noise = new Float32Array(shade.length);
  for (let i = 0; i < noise.length; i++) noise[i] = random.uniform(-1, 1);
  const sharp = noise.slice();
  blur(noise, size);
  for (let i = 0; i < image.length; i++) {
    const lit = 126 + contrast * ((shade[i] ?? 0) - 133) + brightness + 16 * (light[i] ?? 0);
    const value = lit + grain * ((noise[i] ?? 0) + crisp * (sharp[i] ?? 0));
    image[i] = Math.round(Math.min(255, Math.max(0, value)));
  }
}
