import { FormatError } from "../../src/core/errors.ts";
import type { Shape } from "../../src/core/types.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { unet } from "../../src/models/unet.ts";
import type { NamedWeight, Network } from "../../src/nn/network.ts";
import type { GoldenTensors } from "./format.ts";
import { asItIs, inverse, kernelLast, type Layout, type Plain, permute } from "./layout.ts";

/** A network of the training runs, made by its builder in src/models. */
export interface GoldenModel {
  /** For images of this shape, [H, W, C], and the reference's weights, whose shapes tell how wide and deep it is. */
  build(inputShape: Shape, initial: GoldenTensors): Network;
  /** How a weight of this shape lies in the engine. */
  arrange(name: string, shape: readonly number[]): Arrangement;
}

/** The reference's tensor seen as `shape`, its axes in the order of `layout`, seen as `engineShape`. */
export interface Arrangement {
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly engineShape: readonly number[];
}

type Numbers = Float32Array<ArrayBuffer>;

export function toEngine({ shape, layout, engineShape }: Arrangement, data: Numbers): Plain<Numbers> {
  return { shape: engineShape, data: permute({ shape, data }, layout(shape.length)).data };
}

export function toReference({ shape, layout }: Arrangement, data: Numbers): Numbers {
  const axes = layout(shape.length);
  return permute({ shape: axes.map((axis) => shape[axis] ?? 0), data }, inverse(axes)).data;
}

/** The engine's words for what PyTorch calls weight, bias and running statistics. */
const words: Readonly<Record<string, string>> = {
  kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  movingMean: "running_mean",
  movingVariance: "running_var",
};

/** `"enc0/bn1/movingMean"` under the name that it has in the reference's state dict: `"enc0.bn1.running_mean"`. */
export function referenceName({ name, weight }: NamedWeight): string {
  const word = words[weight.name];
  if (!word) throw new FormatError({ seen: `weight ${name}`, wanted: `one of ${Object.keys(words).join(", ")}` });
  return [...name.split("/").slice(0, -1), word].join(".");
}

/** Kernels channels last, everything else as it is. */
function arrangeKernels(shape: readonly number[]): Arrangement {
  const layout = shape.length > 1 ? kernelLast : asItIs;
  return { shape, layout, engineShape: layout(shape.length).map((axis) => shape[axis] ?? 0) };
}

const goldenLenet5: GoldenModel = {
  build: (_, initial) => lenet5({ classes: initial["fc3.bias"]?.shape[0] ?? 0 }),
  arrange(name, shape) {
    const [units = 0, inputs = 0] = shape;
    // The reference flattens 16 channels of 5 x 5 channels first, the engine channels last.
    if (name === "fc1.weight") return { shape: [units, 16, 5, 5], layout: kernelLast, engineShape: [inputs, units] };
    return arrangeKernels(shape);
  },
};

const goldenUnet: GoldenModel = {
  build: (inputShape, initial) =>
    unet({
      inputShape,
      padding: "same",
      // PyTorch's defaults: there, the momentum of 0.1 is what comes in.
      batchNormalization: { momentum: 0.9, epsilon: 1e-5 },
      base: initial["enc0.conv1.weight"]?.shape[0] ?? 0,
      depth: Object.keys(initial).filter((name) => /^enc\d+\.conv1\.weight$/.test(name)).length,
      classes: initial["head.bias"]?.shape[0] ?? 0,
    }),
  arrange: (_, shape) => arrangeKernels(shape),
};

export const models: Readonly<Record<string, GoldenModel>> = { lenet5: goldenLenet5, unet: goldenUnet };
