import { input, makeGraph, type Value, type Variable } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { tensorType } from "../../src/core/types.ts";
import type { Model } from "../../src/nn/model.ts";
import { Network } from "../../src/nn/network.ts";
import { callContext } from "../../src/nn/state.ts";
import { softmax } from "./judge.ts";
import type { networks } from "./networks.ts";
import type { NetworkName } from "./settings.ts";

/** Pictures of one layer, one for each channel. */
export interface LayerView {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly count: number;
  /** [height, width, count] */
  readonly values: Float32Array<ArrayBuffer>;
}

/** What a network makes of one image, from its first kernels to its answer. */
export interface Look {
  readonly probabilities: readonly number[];
  /** Kernels of the first convolution. */
  readonly filters: LayerView;
  readonly maps: readonly LayerView[];
}

/**
 * Runs the network on one image and reads what its layers make of it.
 * @param x [side, side, 1]
 */
export async function lookThrough(
  model: Model,
  { filters, maps }: Pick<(typeof networks)[NetworkName], "filters" | "maps">,
  x: Float32Array<ArrayBuffer>,
): Promise<Look> {
  const kernel = kernelOf(model, filters);
  const commands = await model.compiled.commands.get("look", null, () => lookStep(model, kernel, maps));
  commands.write("x", x);
  commands.run();
  // All copies are submitted here, before a step of the training can come between.
  const names = Object.keys(commands.plan.outputs);
  const values = await Promise.all(names.map((name) => commands.read(name)));
  const outputs = new Map(names.map((name, i) => [name, values[i] as Float32Array<ArrayBuffer>]));
  const viewOf = (name: string, shape: readonly number[]): LayerView => {
    const [height = 0, width = 0, count = 0] = shape;
    return { name, height, width, count, values: outputs.get(name) ?? new Float32Array() };
  };
  const [kh = 0, kw = 0, , count = 0] = kernel.type.shape;
  return {
    probabilities: softmax(outputs.get("y") ?? new Float32Array()),
    filters: viewOf("filters", [kh, kw, count]),
    maps: maps.map((name) => viewOf(name, model.outputOf(name).shape)),
  };
}

/** Input `x`; outputs `y`, the logits, `filters`, and the maps by the names of their layers. */
function lookStep(model: Model, kernel: Variable, maps: readonly string[]) {
  const symbols = maps.map((name) => model.outputOf(name));
  const network = new Network({ inputs: model.inputs, outputs: [...symbols, ...model.outputs] });
  const x = input("x", tensorType([1, ...(model.inputs[0]?.shape ?? [])]));
  const values = withPath(model.name ?? "model", () =>
    network.callAll([x], callContext(model.compiled.state, false, [])),
  );
  const outputs = [...maps, "y"].map((name, i): [string, Value] => [name, values[i] ?? x]);
  return makeGraph("look", { ...Object.fromEntries(outputs), filters: kernel.value });
}

/** The kernel of a convolution of one input channel. */
function kernelOf(model: Model, layer: string): Variable {
  const { state } = model.compiled;
  const found = state.weights.find(({ name }) => name === `${layer}/kernel`);
  const variable = found && state.variables.get(found.weight);
  if (!variable) throw new Error(`${layer} has no kernel`);
  return variable;
}
