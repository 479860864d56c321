import { differentiate } from "../core/autodiff.ts";
import { GraphError, TrainingError } from "../core/errors.ts";
import { type Graph, input, makeGraph, type Value } from "../core/graph.ts";
import { withPath } from "../core/scope.ts";
import { tensorType } from "../core/types.ts";
import type { Batch } from "../ops/batch.ts";
import { add, zerosLike } from "../ops/elementwise.ts";
import { accumulateClassification, type ClassificationTotals, type LossRing } from "../ops/metrics.ts";
import { argMax } from "../ops/reduce.ts";
import type { AucScore } from "./auc.ts";
import { ignored, type Loss, vector } from "./losses.ts";
import type { Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import { callContext, type State } from "./state.ts";

/** Where the examples of a step come from: `cursor` is a u32[4] input, see ops/batch.ts. */
export type Source = (cursor: Value) => Batch;

export interface StepParts {
  readonly network: Network;
  readonly state: State;
  readonly loss: Loss;
  /** Of what layers draw in training, such as dropout. Default 0. */
  readonly seed?: number;
}

/**
 * One training step as one graph: batch, forward pass, loss, gradients, update of every parameter, totals.
 * Inputs: `cursor` u32[4], `hyper` f32[n] (the optimizer's numbers of this step), `step` u32[].
 */
export function trainStep(parts: StepParts, optimizer: Optimizer, source: Source): Graph {
  const { network, state, loss: minimized, seed = 0 } = parts;
  const updates: Value[] = [];
  if (state.parameters.length === 0) {
    throw new TrainingError({
      where: network.name ?? "model",
      seen: "no weights that learn",
      wanted: "one or more",
      mend: "unfreeze() lets layers learn again; then compile.",
    });
  }
  const step = input("step", tensorType([], "u32"));
  const { x, y, weights } = withPath("data", () => source(input("cursor", tensorType([4], "u32"))));
  const context = callContext(state, true, updates, { step, seed });
  const output = withPath(network.name ?? "model", () => network.call([x], context));
  const loss = withPath("loss", () => minimized.call(output, y, weights));
  const parameters = state.parameters.map((variable) => variable.value);
  const objective = withPath("penalties", () => withPenalties(loss, state));
  const gradients = differentiate(objective, parameters, add).map((dW, i) => dW ?? zerosLike(parameters[i] as Value));
  const slots = Object.fromEntries(
    Object.entries(state.slots).map(([name, variables]) => [name, variables.map((variable) => variable.value)]),
  );
  withPath("optimizer", () => {
    const hyper = input("hyper", tensorType([optimizer.hyperSize]));
    updates.push(...constrained(optimizer.update(hyper, parameters, gradients, slots), state));
  });
  withPath("metrics", () => {
    updates.push(...accumulate(minimized, output, y, loss, state.trainTotals, { step, history: state.history }));
  });
  return makeGraph("train", { history: state.history.value, ...totalOutputs(state, "trainTotals") }, updates);
}

/**
 * One evaluation step: batch, forward pass, loss, totals with the confusion matrix; with `auc`, histograms of the scores
 * too. Input: `cursor`.
 */
export function evaluateStep(
  { network, state, loss: minimized }: StepParts,
  source: Source,
  auc: AucScore | null,
): Graph {
  const updates: Value[] = [];
  const { x, y, weights } = withPath("data", () => source(input("cursor", tensorType([4], "u32"))));
  const output = withPath(network.name ?? "model", () => network.call([x], callContext(state, false, [])));
  const loss = withPath("loss", () => minimized.call(output, y, weights));
  withPath("metrics", () => {
    updates.push(...accumulate(minimized, output, y, loss, state.testTotals));
    if (auc) updates.push(auc.accumulate(minimized, output, y, state.testScores));
  });
  const totals = totalOutputs(state, "testTotals");
  return makeGraph("evaluate", auc ? { ...totals, auc: state.testScores.value } : totals, updates);
}

/** The forward pass alone: input `x`, output `y`. */
export function predictStep(network: Network, state: State, batchSize: number): Graph {
  const shape = network.inputs[0]?.shape;
  if (!shape) throw new GraphError({ where: network.name ?? "model", seen: "no input", wanted: "one" });
  const x = input("x", tensorType([batchSize, ...shape]));
  const y = withPath(network.name ?? "model", () => network.call([x], callContext(state, false, [])));
  return makeGraph("forward", { y });
}

/** The loss and what the weights that learn pay for their size. */
function withPenalties(loss: Value, { variables }: State): Value {
  let sum = loss;
  for (const [{ regularizer }, { role, value }] of variables) {
    if (regularizer && role === "parameter") sum = add(sum, regularizer.penalty(value));
  }
  return sum;
}

/** The updates of an optimizer, of which the first are the parameters, with their constraints. */
function constrained(updates: readonly Value[], { variables, parameters }: State): Value[] {
  const constraints = new Map([...variables].map(([{ constraint }, variable]) => [variable, constraint]));
  return updates.map((value, i) => {
    const variable = parameters[i];
    return (variable && constraints.get(variable)?.apply(value)) ?? value;
  });
}

/** Adds a batch to the totals, by what its labels are, and keeps its loss in the ring, if there is one. */
function accumulate(
  loss: Loss,
  output: Value,
  y: Value,
  lost: Value,
  totals: ClassificationTotals,
  ring?: LossRing,
): readonly Value[] {
  const threshold = loss.probabilities ? 0.5 : 0;
  return accumulateClassification(output, truthOf(loss, y), lost, totals, {
    threshold: loss.labels === "values" ? null : threshold,
    share: loss.share?.(lost),
    ring,
    ...ignored(loss),
    classWeights: loss.classWeights && y.type.dtype === "i32" ? vector(loss.classWeights) : undefined,
  });
}

/** Class indices where the answer is a class; labels of the output's shape otherwise. */
export function truthOf({ labels }: Loss, y: Value): Value {
  return labels === "classes" && y.type.dtype === "f32" ? argMax(y) : y;
}

/** Totals as outputs; they are variables, so reading them costs no kernel. */
function totalOutputs(state: State, which: "trainTotals" | "testTotals"): Record<string, Value> {
  const { lossSum, counts, confusion } = state[which];
  const values = { lossSum: lossSum.value, counts: counts.value };
  return confusion ? { ...values, confusion: confusion.value } : values;
}
