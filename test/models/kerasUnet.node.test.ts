import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sizeOf } from "../../src/core/types.ts";
import { kerasUnet } from "../../src/models/index.ts";
import type { Layer } from "../../src/nn/layer.ts";

interface KerasRow {
  readonly name: string;
  readonly type: string;
  readonly output_shape: readonly number[];
  readonly params: number;
  readonly non_trainable: number;
  readonly connected_to: readonly string[];
}

const path = new URL("../golden/keras_unet_layers.json", import.meta.url);
const keras = JSON.parse(readFileSync(path, "utf8")) as { readonly layers: readonly KerasRow[] };
const model = kerasUnet();

/** The model in the words of Keras' summary. */
function rows(): KerasRow[] {
  const source = model.inputs[0]?.value.source;
  const nameOf = (layer: Layer | null) => (layer && model.layers.get(layer)) ?? "input_1";
  const input: KerasRow = {
    name: source?.kind === "input" ? source.name : "",
    type: "inputlayer",
    output_shape: model.inputs[0]?.shape ?? [],
    params: 0,
    non_trainable: 0,
    connected_to: [],
  };
  const layers = model.symbols.map(({ layer, shape, inputs }) => ({
    name: nameOf(layer),
    type: layer?.kind.toLowerCase() ?? "",
    output_shape: shape,
    params: layer?.parameterCount ?? 0,
    non_trainable: (layer?.weights ?? [])
      .filter(({ kind }) => kind === "statistic")
      .reduce((sum, weight) => sum + sizeOf(weight.shape), 0),
    connected_to: inputs.map((source) => nameOf(source.layer)),
  }));
  return [input, ...layers];
}

test("all rows of Keras' summary, the input and 71 layers: name, type, shape, parameters, inputs", () => {
  const byName = (a: KerasRow, b: KerasRow) => (a.name < b.name ? -1 : 1);
  // Keras sorts by depth, we by calls: the order of parallel branches differs.
  const wanted = keras.layers.map((row) => ({ ...row, type: row.type.toLowerCase() })).toSorted(byName);
  expect(wanted).toHaveLength(1 + 71);
  expect(rows().toSorted(byName)).toEqual(wanted);
});

test("2,058,979 parameters: 2,055,203 learn, 3,776 are running statistics", () => {
  expect(model.parameterCount).toBe(2_058_979);
  expect(model.trainableParameterCount).toBe(2_055_203);
  expect(model.parameterCount - model.trainableParameterCount).toBe(3_776);
});
