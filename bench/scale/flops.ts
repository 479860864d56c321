/*
 * Flops of a training step on one image, as the head-to-head counts them: multiply-adds of convolutions and dense layers
 * times 2, forward, gradient by the weights, and gradient by the input but for the first layer's.
 */

function threefold(forward: readonly number[]): number {
  return 3 * forward.reduce((sum, flops) => sum + flops, 0) - (forward[0] ?? 0);
}

const conv = (outSide: number, kernel: number, inputs: number, outputs: number) =>
  2 * outSide ** 2 * kernel ** 2 * inputs * outputs;

export const lenet5Flops = threefold([
  conv(28, 5, 1, 6),
  conv(10, 5, 6, 16),
  ...[400 * 120, 120 * 84, 84 * 10].map((weights) => 2 * weights),
]);

interface UnetSize {
  readonly side: number;
  readonly base: number;
  readonly depth: number;
}

/** Two 3x3 convolutions a block, `same`; 2x2 transposed convolutions up; two classes. One channel in. */
export function unetFlops({ side, base, depth }: UnetSize): number {
  const filters = (level: number) => base * 2 ** level;
  const twice = (level: number, inputs: number) =>
    [inputs, filters(level)].map((channels) => conv(side / 2 ** level, 3, channels, filters(level)));
  const levels = Array.from({ length: depth }, (_, level) => level);
  return threefold([
    ...levels.flatMap((level) => twice(level, level === 0 ? 1 : filters(level - 1))),
    ...twice(depth, filters(depth - 1)),
    ...levels.flatMap((level) => [
      // Each pixel that goes in meets each of the 2x2 taps once.
      conv(side / 2 ** (level + 1), 2, filters(level + 1), filters(level)),
      ...twice(level, 2 * filters(level)),
    ]),
    conv(side, 1, base, 2),
  ]);
}
