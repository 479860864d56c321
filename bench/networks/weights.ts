import { RandomStream } from "../../src/data/random.ts";
import type { BenchNetwork, LayerSpec } from "./network.ts";

/** A tensor that every engine starts from. Kernels are [.., in, out]; of a transposed convolution [.., out, in]. */
export interface BenchWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for the running statistics of batch normalization. */
  readonly trainable: boolean;
  readonly data: Float32Array<ArrayBuffer>;
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable?: false;
  /** A constant, or the bound of uniform numbers about 0. */
  readonly initial: { readonly value: number } | { readonly bound: number };
}

/** The first weights of a network: Glorot's uniform numbers from one seed, biases 0; made on the host, by no engine. */
export function weightsOf({ layers }: Pick<BenchNetwork, "layers">): BenchWeight[] {
  return layers.flatMap(weightSpecs).map(({ name, shape, initial, trainable = true }, i) => {
    const size = shape.reduce((product, side) => product * side, 1);
    const random = new RandomStream(4, i);
    const data = Float32Array.from({ length: size }, () =>
      "value" in initial ? initial.value : random.uniform(-initial.bound, initial.bound),
    );
    return { name, shape, trainable, data };
  });
}

/** Number of weights that learn. */
export function parameterCount(network: Pick<BenchNetwork, "layers">): number {
  return weightsOf(network)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { data }) => sum + data.length, 0);
}

function weightSpecs(layer: LayerSpec): WeightSpec[] {
  const { name } = layer;
  if (layer.kind === "norm") {
    const shape = [layer.channels];
    return [
      { name: `${name}/gamma`, shape, initial: { value: 1 } },
      { name: `${name}/beta`, shape, initial: { value: 0 } },
      { name: `${name}/movingMean`, shape, initial: { value: 0 }, trainable: false },
      { name: `${name}/movingVariance`, shape, initial: { value: 1 }, trainable: false },
    ];
  }
  const { inputs, outputs } = layer;
  const window = layer.kind === "dense" ? [] : [layer.kernel, layer.kernel];
  const channels = layer.kind === "convTranspose" ? [outputs, inputs] : [inputs, outputs];
  const taps = window.reduce((product, side) => product * side, 1);
  const bound = Math.sqrt(6 / (taps * (inputs + outputs)));
  const bias: WeightSpec = { name: `${name}/bias`, shape: [outputs], initial: { value: 0 } };
  const hasBias = layer.kind !== "conv" || layer.bias;
  return [{ name: `${name}/kernel`, shape: [...window, ...channels], initial: { bound } }, ...(hasBias ? [bias] : [])];
}
