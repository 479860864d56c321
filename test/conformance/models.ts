import type { Value } from "../../src/core/graph.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { tanh } from "../../src/ops/elementwise.ts";
import { dense } from "../../src/ops/matmul.ts";
import { avgPool2d } from "../../src/ops/pool.ts";
import { flatten } from "../../src/ops/shape.ts";
import { asItIs, inverse, kernelLast, type Layout, type Plain, permute } from "./layout.ts";

/** A network of the training runs, written with operators alone. Names of weights are those of the state dict. */
export interface GoldenModel {
  /** x: [N, H, W, C]. */
  logits(x: Value, weight: (name: string) => Value): Value;
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

/** conv 5x5 (6), tanh, average pool; conv 5x5 (16), tanh, average pool; 120, tanh, 84, tanh, 10. */
const lenet5: GoldenModel = {
  logits(x, weight) {
    const conv = (value: Value, name: string) => {
      return avgPool2d(tanh(conv2d(value, weight(`${name}.weight`), weight(`${name}.bias`))), { kernelSize: 2 });
    };
    const linear = (value: Value, name: string) => dense(value, weight(`${name}.weight`), weight(`${name}.bias`));
    const features = flatten(conv(conv(x, "conv1"), "conv2"));
    return linear(tanh(linear(tanh(linear(features, "fc1")), "fc2")), "fc3");
  },
  arrange(name, shape) {
    const [units = 0, inputs = 0] = shape;
    // The reference flattens 16 channels of 5 x 5 channels first, the engine channels last.
    if (name === "fc1.weight") return { shape: [units, 16, 5, 5], layout: kernelLast, engineShape: [inputs, units] };
    const layout = shape.length > 1 ? kernelLast : asItIs;
    return { shape, layout, engineShape: layout(shape.length).map((axis) => shape[axis] ?? 0) };
  },
};

export const models: Readonly<Record<string, GoldenModel>> = { lenet5 };
