/** The layers, by family. */
export type { ForEach, KernelOptions, LayerOptions, PaddingOf, PerAxis, Rank } from "./layers/base.ts";
export * from "./layers/conv.ts";
export * from "./layers/dense.ts";
export * from "./layers/dropout.ts";
export * from "./layers/merge.ts";
export * from "./layers/norm.ts";
export * from "./layers/pool.ts";
export * from "./layers/separable.ts";
export * from "./layers/shape.ts";
