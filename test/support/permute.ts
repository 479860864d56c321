/** The order of an epoch in plain JavaScript: see shaders/batch/permute.wgsl. */
export function permuted(position: number, count: number, seed: number, epoch: number): number {
  const half = Math.max(1, Math.ceil(Math.log2(count) / 2));
  const mask = 2 ** half - 1;
  const key = mix((mix((seed + 0x9e3779b9) >>> 0) + epoch) >>> 0);
  let at = position;
  do {
    let [left, right] = [Math.floor(at / 2 ** half), at % 2 ** half];
    for (let round = 0; round < 6; round++) {
      const mixed = mix((right + key + Math.imul(round, 0x9e3779b9)) >>> 0);
      [left, right] = [right, ((left ^ mixed) & mask) >>> 0];
    }
    at = left * 2 ** half + right;
  } while (at >= count);
  return at;
}

/** The finalizer of MurmurHash3. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
