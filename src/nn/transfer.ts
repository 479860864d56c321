import { checkNames } from "../core/options.ts";
import type { Layer, SymbolicTensor } from "./layer.ts";
import { Model } from "./model.ts";
import { applyAll } from "./network.ts";

export interface NewHeadOptions {
  /** Default: the trained model's. */
  readonly name?: string;
  /** The last layer of the trunk that is kept. */
  readonly upTo: string;
  /** What comes on the trunk: layers, or a function of what the layer `upTo` makes. */
  readonly head: readonly Layer[] | ((features: SymbolicTensor) => SymbolicTensor);
}

/**
 * Transfer learning: the trunk of a trained model under a new head. The trunk's layers are shared, so `freeze` on
 * either model holds for both; their values are copied when the new model is compiled, so the trained model must still
 * be compiled then, and is not changed by what the new one learns.
 * @throws GraphError where the model has no such layer; TrainingError, at compile, where it is not compiled
 * @example
 * const parity = withNewHead(model, { upTo: "flatten", head: [dense({ name: "parity", units: 2 })] });
 * await parity.freeze("flatten").compile({ gpu, optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
 */
export function withNewHead(trained: Model, options: NewHeadOptions): Model {
  checkNames("withNewHead", options, ["name", "upTo", "head"]);
  const { name = trained.name, upTo, head } = options;
  const features = trained.outputOf(upTo);
  const output = typeof head === "function" ? head(features) : applyAll(head, features);
  return new Model({
    name,
    inputs: trained.inputs,
    outputs: [output],
    trunkOf: trained,
  });
}
