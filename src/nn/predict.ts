import { ShapeError } from "../core/errors.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import { showShape, sizeOf } from "../core/types.ts";
import type { Model } from "./model.ts";
import { predictStep } from "./steps.ts";

export interface PredictOptions {
  /** Examples that are predicted together. Default 32. */
  readonly batchSize?: number;
  /** Gives up between batches: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The network's output for examples that lie in host memory; see `Model.predict`. */
export async function predict(model: Model, x: Float32Array, options: PredictOptions): Promise<Float32Array> {
  checkNames("predict", options, ["batchSize", "signal"]);
  const { batchSize = 32, signal } = options;
  checkWhole("predict", "batchSize", batchSize);
  if (!(x instanceof Float32Array)) {
    throw new ShapeError({
      where: "predict",
      seen: "examples that are no Float32Array",
      wanted: "one, of all their numbers",
    });
  }
  const { state, commands: graphs } = model.compiled;
  const shape = model.inputs[0]?.shape ?? [];
  const size = sizeOf(shape);
  if (x.length === 0 || x.length % size !== 0) {
    throw new ShapeError({
      where: `${model.name ?? "model"}/predict`,
      seen: `${x.length} numbers`,
      wanted: `a multiple of ${size}, for examples of ${showShape(shape)}`,
    });
  }
  const commands = await graphs.get(`predict/${batchSize}`, null, () => predictStep(model, state, batchSize));
  const outputSize = sizeOf(model.outputs[0]?.shape ?? []);
  const y = new Float32Array((x.length / size) * outputSize);
  const batch = new Float32Array(batchSize * size);
  for (let first = 0; first * size < x.length; first += batchSize) {
    signal?.throwIfAborted();
    const examples = Math.min(batchSize, x.length / size - first);
    batch.fill(0);
    batch.set(x.subarray(first * size, (first + examples) * size));
    commands.write("x", batch);
    commands.run();
    y.set((await commands.read("y")).subarray(0, examples * outputSize), first * outputSize);
  }
  return y;
}
