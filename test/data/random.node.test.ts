import { expect, test } from "vitest";
import { mix, RandomStream } from "../../src/data/random.ts";

const draws = (stream: RandomStream, count: number) => Array.from({ length: count }, () => stream.uint32());

test("the same seed and stream give the same numbers, others differ", () => {
  expect(draws(new RandomStream(5, 1), 8)).toEqual(draws(new RandomStream(5, 1), 8));
  expect(draws(new RandomStream(5, 1), 8)).not.toEqual(draws(new RandomStream(5, 2), 8));
  expect(draws(new RandomStream(5, 1), 8)).not.toEqual(draws(new RandomStream(6, 1), 8));
});

test("mix is a bijection on a sample and changes half of the bits", () => {
  expect(new Set(Array.from({ length: 65536 }, (_, i) => mix(i))).size).toBe(65536);
  let changed = 0;
  for (let i = 0; i < 32; i++) {
    for (let bits = mix(12345) ^ mix(12345 ^ (1 << i)); bits !== 0; bits &= bits - 1) changed++;
  }
  expect(changed / 32).toBeGreaterThan(13);
  expect(changed / 32).toBeLessThan(19);
});

test("uniform and normal have their mean and deviation, over 100,000 draws to 5 standard errors", () => {
  const random = new RandomStream(1);
  const count = 100_000;
  const moments = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) };
  };
  const uniform = moments(Array.from({ length: count }, () => random.uniform(2, 4)));
  expect(Math.abs(uniform.mean - 3)).toBeLessThan((5 * Math.sqrt(1 / 3)) / Math.sqrt(count));
  const values = Array.from({ length: count }, () => random.normal(10, 2));
  const normal = moments(values);
  expect(Math.abs(normal.mean - 10)).toBeLessThan((5 * 2) / Math.sqrt(count));
  expect(Math.abs(normal.deviation - 2)).toBeLessThan((5 * 2) / Math.sqrt(2 * count));
  expect(values.every((value) => Math.abs(value - 10) <= 2 * 3.4642)).toBe(true);
});

test("shuffle keeps the values and puts each at each place about equally often", () => {
  const counts = new Array<number>(16).fill(0);
  for (let seed = 0; seed < 8000; seed++) {
    const values = Uint8Array.of(0, 1, 2, 3);
    new RandomStream(seed).shuffle(values);
    expect([...values].sort()).toEqual([0, 1, 2, 3]);
    values.forEach((value, place) => {
      counts[4 * value + place] = (counts[4 * value + place] ?? 0) + 1;
    });
  }
  // 2000 expected, deviation sqrt(8000 x 1/4 x 3/4) = 38.7.
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * 38.7);
});
