import { showShape } from "../../src/core/types.ts";
import { inputLayer, type SymbolicTensor } from "../../src/nn/layer.ts";
import { type Model, model } from "../../src/nn/model.ts";

/** A row of a model's table: name of the layer, output "28x28x1", number of parameters. */
export type TableRow = readonly [layer: string, output: string, parameters: number];

/** All rows of a model's table, in the order of the calls. */
export function tableOf(network: Model): TableRow[] {
  return network.symbols.map(({ layer, shape }) => [
    (layer && network.layers.get(layer)) ?? "",
    shape.join("x"),
    layer?.parameterCount ?? 0,
  ]);
}

/** The output and parameters of some layers, in the order asked for: [name, output, parameters]. */
export function rowsOf(network: Model, ...names: readonly string[]): TableRow[] {
  const rows = tableOf(network);
  return names.map((name) => rows.find(([layer]) => layer === name) ?? [name, "no such layer", 0]);
}

/** Outputs and sums of parameters by the first part of the layers' names: "enc0" for "enc0/conv1". */
export function partsOf(network: Model): TableRow[] {
  const parts = new Map<string, { output: string; parameters: number }>();
  for (const [layer, output, parameters] of tableOf(network)) {
    const part = layer.split("/")[0] ?? "";
    parts.set(part, { output, parameters: (parts.get(part)?.parameters ?? 0) + parameters });
  }
  return [...parts].map(([part, { output, parameters }]) => [part, output, parameters]);
}

/** A model of one block. */
export function blockModel(shape: readonly number[], block: (x: SymbolicTensor) => SymbolicTensor): Model {
  const x = inputLayer(shape, `input ${showShape(shape)}`);
  return model({ name: "block", inputs: x, outputs: block(x) });
}
