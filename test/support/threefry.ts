/** The GPU's random numbers in plain JavaScript, written from the papers and not from the shaders. */
type Pair = readonly [number, number];

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/** Threefry-2x32 with 20 rounds: 64 bits for a counter, under a key. */
export function threefry([key0, key1]: Pair, [counter0, counter1]: Pair): Pair {
  const keys = [key0, key1, (0x1bd11bda ^ key0 ^ key1) >>> 0];
  let x = (counter0 + key0) >>> 0;
  let y = (counter1 + key1) >>> 0;
  for (let round = 0; round < 20; round++) {
    const left = rotations[round % 8] ?? 0;
    x = (x + y) >>> 0;
    y = (((y << left) | (y >>> (32 - left))) ^ x) >>> 0;
    if (round % 4 < 3) continue;
    const injection = (round + 1) / 4;
    x = (x + (keys[injection % 3] ?? 0)) >>> 0;
    y = (y + (keys[(injection + 1) % 3] ?? 0) + injection) >>> 0;
  }
  return [x, y];
}

/** Element i of a uniform variable; the product is rounded once, to f32. */
export function drawUniform(key: Pair, i: number, limit: number): number {
  const [word] = threefry(key, [i, 0]);
  return Math.fround(((word >>> 8) * 2 + 1 - 2 ** 24) * Math.fround(limit / 2 ** 24));
}

/** Element i of a normal variable. */
export function drawNormal(key: Pair, i: number, deviation: number, truncated: boolean): number {
  const unit = 2 ** 17 * Math.sqrt(32 + 1 / 12);
  for (let n = 0; ; n += 3) {
    const bits = [...threefry(key, [i, n]), ...threefry(key, [i, n + 1])];
    const ones = bits.reduce((sum, word) => sum + popcount(word), 0);
    const dither = threefry(key, [i, n + 2])[0] >>> 16;
    const drawn = (ones - 64) * 2 ** 17 + (2 * dither + 1 - 2 ** 16);
    if (truncated && Math.abs(drawn) > 2 * unit) continue;
    return Math.fround(drawn * Math.fround(deviation / unit));
  }
}

function popcount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
