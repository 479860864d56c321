import type { RandomStream } from "./random.ts";

/**
 * Smooth noise [size, size] within -1 .. 1: independent numbers on a lattice, `spacing` pixels apart, and between them a
 * smooth-step in each direction (value noise, Perlin 1985). Only + - x /: the same bits on every machine.
 */
export function smoothField(size: number, spacing: number, random: RandomStream): Float32Array {
  const columns = columnsOf(size, spacing, random.uniform());
  const nodes = Math.ceil(size / spacing) + 2;
  const lattice = Float32Array.from({ length: nodes * nodes }, () => random.uniform(-1, 1));
  const field = new Float32Array(size * size);
  const line = new Float32Array(nodes);
  for (let y = 0; y < size; y++) {
    const { node, share } = columns[y] ?? origin;
    for (let i = 0; i < nodes; i++) {
      const above = lattice[node * nodes + i] ?? 0;
      line[i] = above + share * ((lattice[(node + 1) * nodes + i] ?? 0) - above);
    }
    for (let x = 0; x < size; x++) {
      const { node: left, share: right } = columns[x] ?? origin;
      const before = line[left] ?? 0;
      field[y * size + x] = before + right * ((line[left + 1] ?? 0) - before);
    }
  }
  return field;
}

const origin = { node: 0, share: 0 };

/** For each pixel of a line: the lattice node before it, and the share of the node after it. */
function columnsOf(size: number, spacing: number, shift: number) {
  return Array.from({ length: size }, (_, i) => {
    const at = i / spacing + shift;
    const node = Math.floor(at);
    const t = at - node;
    return { node, share: t * t * (3 - 2 * t) };
  });
}

/** Weights 1 2 1 along both axes, in place; the border repeats its pixel. */
export function blur(field: Float32Array, size: number): void {
  const pass = (stride: number, across: number) => {
    for (let line = 0; line < size; line++) {
      let before = field[line * across] ?? 0;
      let here = before;
      for (let i = 0; i < size; i++) {
        const at = line * across + i * stride;
        const after = i + 1 < size ? (field[at + stride] ?? 0) : here;
        field[at] = 0.25 * before + 0.5 * here + 0.25 * after;
        before = here;
        here = after;
      }
    }
  };
  pass(1, size);
  pass(size, 1);
}
