/**
 * Every error that wgrad throws on purpose. A message answers four questions, in this order:
 * where (the module path), what was seen, what was wanted, how to mend it.
 */
export interface ErrorParts {
  /** Module path of the layer or node, `"unet/down1/conv2"`; empty outside a model. */
  readonly where?: string;
  readonly seen: string;
  readonly wanted: string;
  readonly mend?: string;
}

export class WgradError extends Error {
  readonly where: string;
  constructor(parts: ErrorParts | string, options?: ErrorOptions) {
    super(typeof parts === "string" ? parts : sentence(parts), options);
    this.name = new.target.name;
    this.where = typeof parts === "string" ? "" : (parts.where ?? "");
  }
}

/** Shapes that do not fit an operator or a layer. */
export class ShapeError extends WgradError {}
/** An element type that an operator does not take. */
export class DTypeError extends WgradError {}
/** An impossible graph: a cycle, a foreign value, a gradient that does not exist, an option out of range. */
export class GraphError extends WgradError {}
/** A shader that did not link or compile. */
export class ShaderError extends WgradError {}
/** A tensor, binding or grid beyond what the device allows; says need and limit. */
export class LimitError extends WgradError {}
/** No adapter, a lost device, out of memory, or a validation error of the browser. */
export class DeviceError extends WgradError {}
/** A file or a data set that is not what it says it is. */
export class FormatError extends WgradError {}
/** Training that cannot go on: a loss that is no number, or a model that is not compiled. */
export class TrainingError extends WgradError {}

function sentence({ where, seen, wanted, mend }: ErrorParts): string {
  const head = where ? `${where}: ` : "";
  return `${head}${seen}; wanted ${wanted}.${mend ? ` ${mend}` : ""}`;
}
