import { lenet5Flops, unetFlops } from "./flops.ts";

/** A network at one size. */
export type ScalePoint =
  | { readonly model: "lenet5"; readonly batch: number }
  | {
      readonly model: "unet";
      readonly batch: number;
      /** Of the square image. */
      readonly side: number;
      /** Channels of the first level. */
      readonly base: number;
      /** Levels above the bottom. */
      readonly depth: number;
    };

/** One property of a network that grows while the others stand. */
export interface Growth {
  readonly model: ScalePoint["model"];
  readonly varied: "batch" | "side" | "base" | "depth";
  readonly points: readonly ScalePoint[];
}

/** What grows, about a middle that an adapter of its kind does in a fraction of a second. */
export function growths(software: boolean): Growth[] {
  const middle = software
    ? { model: "unet" as const, batch: 2, side: 64, base: 8, depth: 3 }
    : { model: "unet" as const, batch: 16, side: 256, base: 32, depth: 3 };
  const values = software
    ? { batch: [1, 2, 4, 8], side: [32, 64, 128, 256], base: [4, 8, 16, 32], depth: [1, 2, 3, 4] }
    : { batch: [2, 4, 8, 16, 32], side: [64, 128, 256, 512], base: [8, 16, 32, 64], depth: [1, 2, 3, 4, 5] };
  const images = software ? [16, 64, 256, 1024] : [16, 64, 256, 1024, 4096];
  const varied = ["batch", "side", "base", "depth"] as const;
  return [
    { model: "lenet5", varied: "batch", points: images.map((batch) => ({ model: "lenet5", batch })) },
    ...varied.map(
      (property): Growth => ({
        model: "unet",
        varied: property,
        points: values[property].map((value) => ({ ...middle, [property]: value })),
      }),
    ),
  ];
}

/** `"unet b2 64x64 base 8 depth 3"`. */
export function pointName(point: ScalePoint): string {
  const { model, batch } = point;
  return model === "unet"
    ? `${model} b${batch} ${point.side}x${point.side} base ${point.base} depth ${point.depth}`
    : `${model} b${batch}`;
}

/** Of one training step: see flops.ts. */
export function pointFlops(point: ScalePoint): number {
  return point.batch * (point.model === "unet" ? unetFlops(point) : lenet5Flops);
}
