import type { Initial } from "../core/graph.ts";
import { byName, checkNames } from "../core/options.ts";
import type { Shape } from "../core/types.ts";

/**
 * How a weight gets its first values, by the number of its inputs and outputs (`fanIn`, `fanOut`). Drawn on the GPU
 * from (seed, name of the weight), by integer arithmetic and one multiplication, so every device gets the same bits.
 */
export type Initializer = (fans: { readonly fanIn: number; readonly fanOut: number }) => Initial;

/**
 * 0: the default of biases.
 * @example
 * dense({ units: 10, kernelInitializer: initializers.zeros });
 */
export const zeros: Initializer = () => ({ kind: "constant", value: 0 });

/**
 * 1.
 * @example
 * dense({ units: 10, biasInitializer: initializers.ones });
 */
export const ones: Initializer = () => ({ kind: "constant", value: 1 });

/**
 * One number.
 * @example
 * dense({ units: 1, biasInitializer: initializers.constantOf(-4.6) });
 */
export function constantOf(value: number): Initializer {
  return () => ({ kind: "constant", value });
}

/**
 * U(-limit, limit). Default limit: 0.05.
 * @example
 * dense({ units: 10, kernelInitializer: initializers.randomUniform({ limit: 0.1 }) });
 */
export function randomUniform(options: { readonly limit?: number } = {}): Initializer {
  checkNames("randomUniform", options, ["limit"]);
  const { limit = 0.05 } = options;
  return () => ({ kind: "uniform", limit });
}

/**
 * N(0, deviation^2). Default deviation: 0.05.
 * @example
 * dense({ units: 10, kernelInitializer: initializers.randomNormal({ deviation: 0.01 }) });
 */
export function randomNormal(options: { readonly deviation?: number } = {}): Initializer {
  checkNames("randomNormal", options, ["deviation"]);
  const { deviation = 0.05 } = options;
  return () => ({ kind: "normal", deviation, truncated: false });
}

/**
 * N(0, deviation^2) without what lies beyond two deviations. Default deviation: 0.05.
 * @example
 * dense({ units: 10, kernelInitializer: initializers.truncatedNormal({ deviation: 0.02 }) });
 */
export function truncatedNormal(options: { readonly deviation?: number } = {}): Initializer {
  checkNames("truncatedNormal", options, ["deviation"]);
  const { deviation = 0.05 } = options;
  return () => ({ kind: "normal", deviation, truncated: true });
}

/** Deviation of a standard normal cut at +-2; dividing by it restores the variance, as Keras does. */
const truncatedDeviation = 0.87962566103423978;

/**
 * U(-l, l), l = sqrt(6 / (fanIn + fanOut)). Glorot & Bengio 2010; the default of Keras' Dense and Conv2D.
 * @example
 * conv2d({ filters: 8, kernelSize: 3, kernelInitializer: initializers.glorotUniform });
 */
export const glorotUniform: Initializer = ({ fanIn, fanOut }) => ({
  kind: "uniform",
  limit: Math.sqrt(6 / (fanIn + fanOut)),
});

/**
 * Truncated normal of variance 2 / (fanIn + fanOut).
 * @example
 * conv2d({ filters: 8, kernelSize: 3, kernelInitializer: "glorotNormal" }); // by name, too
 */
export const glorotNormal: Initializer = ({ fanIn, fanOut }) => ({
  kind: "normal",
  deviation: Math.sqrt(2 / (fanIn + fanOut)) / truncatedDeviation,
  truncated: true,
});

/**
 * U(-l, l), l = sqrt(6 / fanIn). He et al. 2015, for ReLU networks.
 * @example
 * conv2d({ filters: 8, kernelSize: 3, activation: "relu", kernelInitializer: "heUniform" });
 */
export const heUniform: Initializer = ({ fanIn }) => ({ kind: "uniform", limit: Math.sqrt(6 / fanIn) });

/**
 * Truncated normal of variance 2 / fanIn.
 * @example
 * conv2d({ filters: 8, kernelSize: 3, activation: "relu", kernelInitializer: "heNormal" });
 */
export const heNormal: Initializer = ({ fanIn }) => ({
  kind: "normal",
  deviation: Math.sqrt(2 / fanIn) / truncatedDeviation,
  truncated: true,
});

/** Each stands for the initializer with its defaults. */
export type InitializerName =
  | "zeros"
  | "ones"
  | "glorotUniform"
  | "glorotNormal"
  | "heUniform"
  | "heNormal"
  | "randomNormal"
  | "randomUniform"
  | "truncatedNormal";

/**
 * By the names that layers take.
 * @internal
 */
export const initializers: Readonly<Record<InitializerName, Initializer>> = {
  zeros,
  ones,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  randomNormal: /* @__PURE__ */ randomNormal(),
  randomUniform: /* @__PURE__ */ randomUniform(),
  truncatedNormal: /* @__PURE__ */ truncatedNormal(),
};

/**
 * An initializer by name, or the function itself.
 * @internal
 */
export function initializerOf(where: string, choice: InitializerName | Initializer): Initializer {
  return byName(where, "initializer", initializers, choice);
}

/** Fans of a kernel [.., in, out]: the axes before the last two are the window.
 * @internal
 */
export function fansOf(shape: Shape): { fanIn: number; fanOut: number } {
  const window = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) };
}
