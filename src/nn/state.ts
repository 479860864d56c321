import { GraphError } from "../core/errors.ts";
import { makeGraph, makeVariable, type Value, type Variable } from "../core/graph.ts";
import { currentPath } from "../core/scope.ts";
import { tensorType } from "../core/types.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Variables } from "../gpu/variables.ts";
import { aucHistogram } from "../ops/auc.ts";
import { type ClassificationTotals, classificationTotals } from "../ops/metrics.ts";
import { initialize } from "../ops/random.ts";
import { plan } from "../passes/index.ts";
import type { CallContext, Weight } from "./layer.ts";
import type { NamedWeight, Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";

/** How many losses the GPU keeps between readings. */
export const historyLength = 256;

/** The variables of a network in training: which tensor on the GPU stands for which weight. */
export interface State {
  readonly weights: readonly NamedWeight[];
  readonly variables: ReadonlyMap<Weight, Variable>;
  /** Those that learn, in the order of their arena. */
  readonly parameters: readonly Variable[];
  /** State of the optimizer, by its name, one for each parameter. */
  readonly slots: Readonly<Record<string, readonly Variable[]>>;
  /** Running totals of the training epoch, and of an evaluation. */
  readonly trainTotals: ClassificationTotals;
  readonly testTotals: ClassificationTotals;
  /** Histograms of the scores of an evaluation, for its AUC. */
  readonly testScores: Variable;
  /** The last losses, one a step. */
  readonly history: Variable;
}

/** Variables for all weights and their optimizer. `trainable` decides into which arena a weight goes. */
export function makeState(network: Network, optimizer: Optimizer): State {
  const weights = network.namedWeights();
  const variables = new Map<Weight, Variable>();
  for (const { name, weight, trainable } of weights) {
    const role = weight.kind === "statistic" ? "statistic" : trainable ? "parameter" : "frozen";
    variables.set(weight, makeVariable({ name, role, type: tensorType(weight.shape), initial: weight.initial }));
  }
  const parameters = [...variables.values()].filter(({ role }) => role === "parameter");
  const slots = Object.entries(optimizer.slots).map(([state, value]) => [
    state,
    parameters.map(({ name, type }) =>
      makeVariable({ name: `${name}/${state}`, role: "slot", type, initial: { kind: "constant", value }, state }),
    ),
  ]);
  // One output is a yes or no.
  const classes = Math.max(2, network.outputs[0]?.shape.at(-1) ?? 1);
  return {
    weights,
    variables,
    parameters,
    slots: Object.fromEntries(slots),
    trainTotals: classificationTotals("train"),
    testTotals: classificationTotals("test", classes),
    testScores: aucHistogram("test"),
    history: makeVariable({
      name: "lossHistory",
      role: "metric",
      type: tensorType([historyLength]),
      initial: { kind: "constant", value: 0 },
    }),
  };
}

export function allVariables(state: State): Variable[] {
  const totals = [state.trainTotals, state.testTotals].flatMap(({ lossSum, counts, confusion }) => [
    lossSum,
    counts,
    ...(confusion ? [confusion] : []),
  ]);
  return [
    ...state.variables.values(),
    ...Object.values(state.slots).flat(),
    ...totals,
    state.testScores,
    state.history,
  ];
}

/** Room on the GPU for all variables, with their first values: drawn there, from the seed. */
export async function initializeState(gpu: Gpu, state: State, seed: number): Promise<Variables> {
  const variables = allVariables(state);
  const store = new Variables(gpu, variables);
  // Buffers are born zero.
  const born = variables.filter(({ initial }) => initial.kind !== "constant" || initial.value !== 0);
  const updates = born.map((variable) => initialize(variable, seed)).filter((value) => value !== null);
  if (updates.length > 0) {
    const commands = await CommandGraph.compile(
      plan(makeGraph("initialize", {}, updates), store.layout, gpu.target),
      store,
    );
    commands.run();
    commands.dispose();
  }
  return store;
}

/** A state and where its values lie. */
export interface StoredState {
  readonly state: State;
  readonly store: Variables;
}

/** Copies the values of the weights that both have: those of shared layers. Optimizer states stay. */
export async function copyWeights(from: StoredState, to: StoredState): Promise<void> {
  for (const [weight, variable] of to.state.variables) {
    const source = from.state.variables.get(weight);
    if (source) to.store.write(variable, await from.store.read(source));
  }
}

/** Where the random numbers of a step come from: `step` is u32 []. */
export interface StepRandom {
  readonly step: Value;
  readonly seed: number;
}

/**
 * What layers are given while a step is built; `updates` collects the statistics that they replace. Each call of a layer
 * has a stream of random numbers of its own, named by its path, and numbered where a layer is called again.
 */
export function callContext(
  state: State,
  training: boolean,
  updates: Value[],
  random: StepRandom | null = null,
): CallContext {
  const calls = new Map<string, number>();
  const replaced = new Set<Weight>();
  const variableOf = (weight: Weight): Variable => {
    const variable = state.variables.get(weight);
    if (!variable) {
      throw new GraphError({
        where: weight.name,
        seen: "a weight that was made after compile",
        wanted: "the weights that the model was compiled with",
        mend: "Call compile again.",
      });
    }
    return variable;
  };
  return {
    training,
    weight: (weight) => variableOf(weight).value,
    update: (weight, value) => {
      variableOf(weight);
      if (replaced.has(weight)) {
        throw new GraphError({
          where: currentPath(),
          seen: "a layer with running statistics that is called twice",
          wanted: "one call of it, in training",
          mend: "Give each place a batchNormalization() of its own.",
        });
      }
      replaced.add(weight);
      updates.push(value);
    },
    random() {
      const path = currentPath();
      if (!random) throw new GraphError({ where: path, seen: "random numbers", wanted: "them in training alone" });
      const count = calls.get(path) ?? 0;
      calls.set(path, count + 1);
      return { ...random, stream: count === 0 ? path : `${path}#${count}` };
    },
  };
}
