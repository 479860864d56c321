/**
 * Counter-based random numbers in integer arithmetic: value(seed, stream, counter) = mix(key(seed, stream) + counter x odd).
 * Nothing but 32-bit products, so every machine draws the same numbers. Not for secrets.
 */

/** A bijection of u32 that spreads every bit: xor-shift-multiply with C. Wellons' constants ("lowbias32", 2018, improved). */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** One independent sequence per (seed, stream): image 7 has the same numbers whatever was drawn before it. */
export class RandomStream {
  readonly #key: number;
  #counter = 0;

  constructor(seed: number, stream = 0) {
    this.#key = mix(mix(seed) ^ Math.imul(stream + 1, 0x9e3779b9));
  }

  /** Uniform over 0 .. 2^32 - 1. */
  uint32(): number {
    return mix(this.#key + Math.imul(++this.#counter, 0x9e3779b9));
  }

  /** Uniform over [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 0x1_0000_0000);
  }

  /** Uniform over 0 .. count - 1. */
  below(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  /**
   * About normal, and never beyond 3.47 deviations: four uniforms added (Irwin-Hall). Free of log and cos, whose last
   * bits differ between engines.
   */
  normal(mean = 0, deviation = 1): number {
    const sum = this.uniform() + this.uniform() + this.uniform() + this.uniform();
    return mean + deviation * (sum - 2) * Math.sqrt(3);
  }

  /** Shuffles in place: every order is equally likely (Fisher and Yates). */
  shuffle(values: Uint8Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const held = values[last] ?? 0;
      values[last] = values[other] ?? 0;
      values[other] = held;
    }
  }
}
