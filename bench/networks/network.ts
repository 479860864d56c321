/** What the head-to-head trains: one description of each network, from which come its weights, its data and its flops. */

/** A layer with weights, for one example. Sides are those of the square image that comes out; a transposed one: that goes in. */
export type LayerSpec =
  | {
      readonly kind: "conv";
      readonly name: string;
      readonly side: number;
      readonly kernel: number;
      readonly inputs: number;
      readonly outputs: number;
      readonly bias: boolean;
    }
  | {
      readonly kind: "convTranspose";
      readonly name: string;
      readonly side: number;
      readonly kernel: number;
      readonly inputs: number;
      readonly outputs: number;
    }
  | { readonly kind: "norm"; readonly name: string; readonly channels: number }
  | { readonly kind: "dense"; readonly name: string; readonly inputs: number; readonly outputs: number };

export type OptimizerSpec =
  | { readonly kind: "momentum"; readonly learningRate: number; readonly momentum: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    };

/** A batch as bytes: pixels become pixel / 127.5 - 1; one label an image, or one a pixel. */
export interface Examples {
  readonly count: number;
  readonly side: number;
  /** [count, side, side, 1]. */
  readonly images: Uint8Array;
  /** [count] or [count, side, side], each below `classes`. */
  readonly labels: Uint8Array;
  readonly classes: number;
}

export interface BenchNetwork {
  readonly name: NetworkName;
  /** For headings. */
  readonly title: string;
  /** Unless the command says otherwise. */
  readonly batch: number;
  readonly side: number;
  readonly optimizer: OptimizerSpec;
  /** Rate of dropout before the last layer; 0: none. */
  readonly dropout: number;
  /** In order: the first one's input is the image, whose gradient nobody needs. */
  readonly layers: readonly LayerSpec[];
  /** The same bytes on every call. */
  readonly examples: (count: number) => Examples;
}

export const networkNames = ["lenet5", "mnistcnn", "unet"] as const;
export type NetworkName = (typeof networkNames)[number];

/** Keras' and TF.js' numbers, given to every engine, since their defaults differ in epsilon. */
export const benchAdam: OptimizerSpec = {
  kind: "adam",
  learningRate: 0.001,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
};

/** Of batch normalization, for every engine. */
export const benchNorm = { momentum: 0.9, epsilon: 1e-3 } as const;

/** The images of a batch as the numbers that a network takes: [count, side, side, 1]. */
export function pixelsOf({ images }: Examples): Float32Array<ArrayBuffer> {
  return Float32Array.from(images, (byte) => byte / 127.5 - 1);
}

/** Labels as rows of zeros with a one: [labels, classes]. */
export function oneHotOf({ labels, classes }: Examples): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}
