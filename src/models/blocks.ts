import type { SymbolicTensor } from "../nn/layer.ts";
import { activation, batchNormalization, type ConvOptions, conv2d } from "../nn/layers.ts";
import { applyAll } from "../nn/network.ts";

/** Numbers of batch normalization, in Keras' sense. */
export interface NormOptions {
  /** What running statistics keep in one step. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Those with which ResNet and DenseNet were published, in Keras' sense: PyTorch's momentum of 0.1 is 0.9 here. */
export const publishedNorm: NormOptions = { momentum: 0.9, epsilon: 1e-5 };

export interface ConvNormOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides?: number;
  /**
   * Default: (kernelSize - 1) / 2 pixels on all sides, for an odd kernel; `same` would put the odd pixel of a strided
   * convolution at the end.
   */
  readonly padding?: NonNullable<ConvOptions<2>["padding"]>;
  /** Default "linear": no activation. */
  readonly activation?: "relu" | "linear";
  readonly norm?: NormOptions;
}

/** Convolution without bias, batch normalization, activation: [h, w, c] -> [h / strides, w / strides, filters]. */
export function convNorm(
  x: SymbolicTensor,
  [conv, norm]: readonly [conv: string, norm: string],
  options: ConvNormOptions,
): SymbolicTensor {
  const { filters, kernelSize, strides = 1, padding = (kernelSize - 1) / 2 } = options;
  const { activation: act = "linear", norm: numbers = publishedNorm } = options;
  return applyAll(
    [
      conv2d({ name: conv, filters, kernelSize, strides, padding, useBias: false, kernelInitializer: "heNormal" }),
      batchNormalization({ name: norm, ...numbers }),
      ...(act === "linear" ? [] : [activation({ name: `${norm}/${act}`, activation: act })]),
    ],
    x,
  );
}

/** Batch normalization, ReLU, convolution without bias: the order of DenseNet. */
export function normConv(
  x: SymbolicTensor,
  [norm, conv]: readonly [norm: string, conv: string],
  { filters, kernelSize }: { readonly filters: number; readonly kernelSize: number },
): SymbolicTensor {
  return applyAll(
    [
      batchNormalization({ name: norm, ...publishedNorm }),
      activation({ name: `${norm}/relu`, activation: "relu" }),
      conv2d({ name: conv, filters, kernelSize, padding: "same", useBias: false, kernelInitializer: "heNormal" }),
    ],
    x,
  );
}
