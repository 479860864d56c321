import { differentiate } from "../core/autodiff.ts";
import { GraphError } from "../core/errors.ts";
import { type Graph, input, makeGraph, type Value } from "../core/graph.ts";
import { withPath } from "../core/scope.ts";
import { tensorType } from "../core/types.ts";
import { add, zerosLike } from "../ops/elementwise.ts";
import { recordScalar } from "../ops/history.ts";
import { accumulateClassification } from "../ops/metrics.ts";
import type { Loss } from "./losses.ts";
import type { Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import { callContext, type State } from "./state.ts";

/** Where the examples of a step come from: `cursor` is a u32[4] input, see ops/batch.ts. */
export type Source = (cursor: Value) => { readonly x: Value; readonly y: Value };

export interface StepParts {
  readonly network: Network;
  readonly state: State;
  readonly loss: Loss;
}

/**
 * One training step as one graph: batch, forward pass, loss, gradients, update of every parameter, totals.
 * Inputs: `cursor` u32[4], `hyper` f32[n] (the optimizer's numbers of this step), `step` u32[].
 */
export function trainStep({ network, state, loss: minimized }: StepParts, optimizer: Optimizer, source: Source): Graph {
  const updates: Value[] = [];
  const { x, y } = withPath("data", () => source(input("cursor", tensorType([4], "u32"))));
  const output = withPath(network.name ?? "model", () => network.call([x], callContext(state, true, updates)));
  const loss = withPath("loss", () => minimized.call(output, y));
  const parameters = state.parameters.map((variable) => variable.value);
  const gradients = differentiate(loss, parameters, add).map((dW, i) => dW ?? zerosLike(parameters[i] as Value));
  const slots = Object.fromEntries(
    Object.entries(state.slots).map(([name, variables]) => [name, variables.map((variable) => variable.value)]),
  );
  withPath("optimizer", () => {
    const hyper = input("hyper", tensorType([optimizer.hyperSize]));
    if (parameters.length > 0) updates.push(...optimizer.update(hyper, parameters, gradients, slots));
  });
  withPath("metrics", () => {
    updates.push(recordScalar(loss, input("step", tensorType([], "u32")), state.history));
    if (minimized.labels === "classes") updates.push(...accumulateClassification(output, y, loss, state.trainTotals));
  });
  return makeGraph("train", totalOutputs(state, "trainTotals"), updates);
}

/** One evaluation step: batch, forward pass, loss, totals with the confusion matrix. Inputs: `cursor`, `step`. */
export function evaluateStep({ network, state, loss: minimized }: StepParts, source: Source): Graph {
  const updates: Value[] = [];
  const { x, y } = withPath("data", () => source(input("cursor", tensorType([4], "u32"))));
  const output = withPath(network.name ?? "model", () => network.call([x], callContext(state, false, [])));
  const loss = withPath("loss", () => minimized.call(output, y));
  withPath("metrics", () => {
    updates.push(recordScalar(loss, input("step", tensorType([], "u32")), state.history));
    if (minimized.labels === "classes") updates.push(...accumulateClassification(output, y, loss, state.testTotals));
  });
  return makeGraph("evaluate", totalOutputs(state, "testTotals"), updates);
}

/** The forward pass alone: input `x`, output `y`. */
export function predictStep(network: Network, state: State, batchSize: number): Graph {
  const shape = network.inputs[0]?.shape;
  if (!shape) throw new GraphError({ where: network.name ?? "model", seen: "no input", wanted: "one" });
  const x = input("x", tensorType([batchSize, ...shape]));
  const y = withPath(network.name ?? "model", () => network.call([x], callContext(state, false, [])));
  return makeGraph("predict", { y });
}

/** Totals as outputs; they are variables, so reading them costs no kernel. */
function totalOutputs(state: State, which: "trainTotals" | "testTotals"): Record<string, Value> {
  const { lossSum, counts, confusion } = state[which];
  const values = { history: state.history.value, lossSum: lossSum.value, counts: counts.value };
  return confusion ? { ...values, confusion: confusion.value } : values;
}
