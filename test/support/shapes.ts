import { RandomStream } from "../../src/data/random.ts";

/**
 * Shapes that hurt, drawn by seed: 1, odd and prime sides, one less and one more than the tiles of the kernels,
 * strides beyond the kernel, windows that reach far into the padding.
 */
const tiles = [4, 8, 16];
export const awkwardSides: readonly number[] = [
  1,
  2,
  3,
  5,
  7,
  11,
  13,
  ...tiles.flatMap((tile) => [tile - 1, tile, tile + 1]),
];

export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function matmulShapes(count: number, seed: number): MatmulShape[] {
  const draw = new Draw(seed);
  return Array.from({ length: count }, () => ({
    m: draw.from(awkwardSides),
    n: draw.from(awkwardSides),
    k: draw.from([...awkwardSides, 31, 64, 97]),
    transposeA: draw.chance(0.3),
    transposeB: draw.chance(0.3),
  }));
}

type Pair = readonly [number, number];

export interface WindowShape {
  /** [N, H, W, C] */
  readonly input: readonly [number, number, number, number];
  readonly kernelSize: Pair;
  readonly strides: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
  readonly dilations: Pair;
}

export interface ConvShape extends WindowShape {
  /** [KH, KW, C / groups, F] */
  readonly kernel: readonly [number, number, number, number];
  readonly groups: number;
}

/** Convolutions with at least one output pixel; two in five have groups. */
export function convShapes(count: number, seed: number): ConvShape[] {
  const draw = new Draw(seed);
  return Array.from({ length: count }, () => {
    const groups = draw.chance(0.6) ? 1 : draw.from([2, 3, 4, 5]);
    const channels = groups === 1 ? draw.from(awkwardSides) : groups * draw.from([1, 2, 3, 4]);
    const filters = groups === 1 ? draw.from(awkwardSides) : groups * draw.from([1, 2, 3, 4]);
    const window = windowShape(draw, channels, draw.chance(0.3) ? 2 : 1);
    return { ...window, kernel: [...window.kernelSize, channels / groups, filters], groups };
  });
}

export interface PoolShape extends WindowShape {
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
}

/** Pools with symmetric padding of at most half a window, PyTorch's bound, and no dilation. */
export function poolShapes(count: number, seed: number): PoolShape[] {
  const draw = new Draw(seed);
  return Array.from({ length: count }, () => {
    const window = windowShape(draw, draw.from(awkwardSides), 1);
    const pad = (axis: 0 | 1): Pair => {
      const side = draw.below(Math.floor(window.kernelSize[axis] / 2) + 1);
      return [side, side];
    };
    const [height, width] = window.kernelSize;
    const [n, h, w, c] = window.input;
    return {
      ...window,
      input: [n, Math.max(h, height), Math.max(w, width), c] as const,
      padding: [pad(0), pad(1)] as const,
      ceilMode: draw.chance(0.4),
      countIncludePad: draw.chance(0.5),
    };
  });
}

function windowShape(draw: Draw, channels: number, dilation: number): WindowShape {
  const axis = () => {
    const kernel = draw.from([1, 2, 3, 4, 5, 7]);
    const covered = dilation * (kernel - 1) + 1;
    const pads: Pair = [draw.below(kernel), draw.below(kernel)];
    // Strides go beyond the kernel: then some of the input is never read.
    const stride = draw.from([1, 1, 2, 3, kernel + 1]);
    const size = Math.max(draw.from(awkwardSides), covered - pads[0] - pads[1], 1);
    return { kernel, pads, stride, size };
  };
  const y = axis();
  const x = axis();
  return {
    input: [draw.from([1, 2, 3]), y.size, x.size, channels],
    kernelSize: [y.kernel, x.kernel],
    strides: [y.stride, x.stride],
    padding: [y.pads, x.pads],
    dilations: [dilation, dilation],
  };
}

class Draw {
  readonly #stream: RandomStream;

  constructor(seed: number) {
    this.#stream = new RandomStream(seed);
  }

  below(count: number): number {
    return this.#stream.below(count);
  }

  chance(probability: number): boolean {
    return this.#stream.uniform() < probability;
  }

  from<T>(options: readonly [T, ...T[]] | readonly T[]): T {
    const option = options[this.below(options.length)];
    if (option === undefined) throw new RangeError("nothing to draw from");
    return option;
  }
}
