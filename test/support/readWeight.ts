import type { Variable } from "../../src/core/graph.ts";
import type { Model } from "../../src/nn/model.ts";

/** The values of a weight, read from the GPU. */
export async function readWeight(model: Model, variable: Variable): Promise<Float32Array> {
  return (await model.compiled.store.read(variable)) as Float32Array;
}
