import { input } from "../core/graph.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import { showBytes, showFlops } from "../core/plan.ts";
import { sizeOf, tensorType } from "../core/types.ts";
import { plan } from "../passes/index.ts";
import { layVariables } from "../passes/layout.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
import { allVariables } from "./state.ts";
import { trainStep } from "./steps.ts";

export interface SummaryOptions {
  /** For what a step takes. Default 32. */
  readonly batchSize?: number;
}

/**
 * A model as a table: name of each layer, kind, shape of its output, number of parameters, whether they learn; then the
 * totals, and, once it is compiled, what a training step takes.
 * @throws GraphError on options that are none
 * @example
 * console.log(summary(model, { batchSize: 16 }));
 */
export function summary(model: Model, options: SummaryOptions = {}): string {
  checkNames("summary", options, ["batchSize"]);
  const batchSize = checkWhole("summary", "batchSize", options.batchSize ?? 32);
  const { made } = model;
  const rows = [
    ["layer", "kind", "output shape", "parameters", "learns"],
    ...model.inputs.map(({ shape }) => ["input", "input", `[N, ${shape.join(", ")}]`, "0", ""]),
    ...model.symbols.map(({ layer, shape }) => {
      const count = layer?.parameterCount ?? 0;
      return [
        layer ? (model.layers.get(layer) ?? "") : "",
        layer?.kind ?? "",
        `[N, ${shape.join(", ")}]`,
        count.toLocaleString("en"),
        count === 0 ? "" : layer?.trainable ? "yes" : "no",
      ];
    }),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column === 3 ? cell.padStart(width) : cell.padEnd(width);
  };
  const table = rows.map((row) => row.map(pad).join("  ").trimEnd());
  const weights = model.namedWeights();
  const count = (list: typeof weights) => list.reduce((sum, { weight }) => sum + sizeOf(weight.shape), 0);
  const trainable = count(weights.filter((entry) => entry.trainable));
  const total = count(weights);
  const width = Math.max(...table.map((line) => line.length));
  return [
    ...table.slice(0, 1),
    "-".repeat(width),
    ...table.slice(1),
    "-".repeat(width),
    `parameters ${total.toLocaleString("en")}, trainable ${trainable.toLocaleString("en")}, fixed ${(total - trainable).toLocaleString("en")}`,
    ...(made ? [describeStep(model, made, batchSize)] : []),
    ...(made?.tuning ? [made.tuning.text] : []),
  ].join("\n");
}

/**
 * Dispatches, flops and bytes of one training step as this device would run it; none of it is run. Where activations are
 * made again, also what that saves and costs.
 */
function describeStep(
  model: Model,
  { state, loss, optimizer, target, recompute }: Compiled,
  batchSize: number,
): string {
  const [shape = [], output = []] = [model.inputs[0]?.shape, model.outputs[0]?.shape];
  // Labels are class indices where the loss wants a class, else numbers like the output.
  const labels = loss.labels === "classes" ? tensorType([batchSize, ...output.slice(0, -1)], "i32") : null;
  const source = () => ({
    x: input("x", tensorType([batchSize, ...shape])),
    y: input("y", labels ?? tensorType([batchSize, ...output])),
  });
  const graph = trainStep({ network: model, state, loss }, optimizer, source);
  const planned = (again: typeof recompute) =>
    plan(graph, layVariables(allVariables(state)), target, { recompute: again });
  const { calls, flops, peakBytes } = planned(recompute);
  const step = `a training step on ${batchSize} examples: ${calls.length} dispatches, ${showFlops(flops)}, ${showBytes(peakBytes)} of GPU memory at its peak`;
  if (!recompute) return step;
  const kept = planned(null);
  const saved = `peak ${showBytes(kept.peakBytes)} -> ${showBytes(peakBytes)} (${showShare(peakBytes, kept.peakBytes)})`;
  const spent = `${showFlops(kept.flops)} -> ${showFlops(flops)} (${showShare(flops, kept.flops)})`;
  return `${step}\nrecompute "${recompute.policy}": ${saved}, ${spent}`;
}

/** `"-35.2 %"`: by how much a number is more or less than another. */
function showShare(now: number, before: number): string {
  const percent = 100 * (now / before - 1);
  return `${percent < 0 ? "-" : "+"}${Math.abs(percent).toFixed(1)} %`;
}
