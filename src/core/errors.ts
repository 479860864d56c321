/**
 * Every error that wgrad throws on purpose. A message answers four questions, in this order:
 * where (the module path), what was seen, what was wanted, how to mend it.
 */
export interface ErrorParts {
  /** Module path of the layer or node, `"unet/down1/conv2"`; empty outside a model. */
  readonly where?: string;
  /** What was found. */
  readonly seen: string;
  /** What would have been right. */
  readonly wanted: string;
  /** How to mend it, as a sentence. */
  readonly mend?: string;
}

/**
 * What every error of wgrad is: a sentence that says where, what was seen, what was wanted and how to mend it.
 * @example
 * try {
 *   sequential({ inputShape: [28, 28], layers: [conv2d({ name: "conv1", filters: 8, kernelSize: 3 })] });
 * } catch (error) {
 *   if (error instanceof WgradError) console.log(error.where, error.message);
 * }
 */
export class WgradError extends Error {
  // Written out, here and below: a bundler shortens the names of classes.
  override readonly name: string = "WgradError";
  /** Module path of the layer or node, `"unet/down1/conv2"`; empty outside a model. */
  readonly where: string;
  constructor(parts: ErrorParts | string, options?: ErrorOptions) {
    super(typeof parts === "string" ? parts : sentence(parts), options);
    this.where = typeof parts === "string" ? "" : (parts.where ?? "");
  }
}

/**
 * Shapes that do not fit an operator or a layer.
 * @example
 * conv2d({ filters: 8, kernelSize: 3 }).apply(input([28, 28])); // => ShapeError
 */
export class ShapeError extends WgradError {
  override readonly name = "ShapeError";
}

/**
 * An element type that an operator does not take.
 * @example
 * dense({ units: 10, activation: (x) => relu(argMax(x)) }).apply(image); // => DTypeError
 */
export class DTypeError extends WgradError {
  override readonly name = "DTypeError";
}

/**
 * An impossible graph: a cycle, a foreign value, a gradient that does not exist, an option out of range.
 * @example
 * dropout({ rate: 1.5 }); // => GraphError
 */
export class GraphError extends WgradError {
  override readonly name = "GraphError";
}

/**
 * A shader that did not link or compile.
 * @example
 * try {
 *   await model.compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy" });
 * } catch (error) {
 *   if (error instanceof ShaderError) console.log(error.message); // of an operator of your own, say
 * }
 */
export class ShaderError extends WgradError {
  override readonly name = "ShaderError";
}

/**
 * A tensor, binding or grid beyond what the device allows; says need and limit.
 * @example
 * gpu.createBuffer("too large", 2 ** 50, GPUBufferUsage.STORAGE); // => LimitError
 */
export class LimitError extends WgradError {
  override readonly name = "LimitError";
}

/**
 * No adapter, a lost device, out of memory, or a validation error of the browser.
 * @example
 * Gpu.from({} as GPUDevice); // => DeviceError
 */
export class DeviceError extends WgradError {
  override readonly name = "DeviceError";
}

/**
 * A file or a data set that is not what it says it is.
 * @example
 * imageDataset(gpu, { ...digits, count: 3 }); // => FormatError
 */
export class FormatError extends WgradError {
  override readonly name = "FormatError";
}

/**
 * Training that cannot go on: a loss that is no number, or a model that is not compiled.
 * @example
 * lenet5().predict(new Float32Array(32 * 32)); // => TrainingError
 */
export class TrainingError extends WgradError {
  override readonly name = "TrainingError";
}

function sentence({ where, seen, wanted, mend }: ErrorParts): string {
  const head = where ? `${where}: ` : "";
  return `${head}${seen}; wanted ${wanted}.${mend ? ` ${mend}` : ""}`;
}
