import { input, makeGraph, makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import type { Optimizer } from "../../src/nn/optimizers.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { initialize } from "../../src/ops/random.ts";
import { plan } from "../../src/passes/index.ts";
import { testGpu } from "./run.ts";

export interface TrainedTensor {
  readonly shape: readonly number[];
  readonly initial: Float32Array;
  /** For each step a gradient. */
  readonly gradients: readonly Float32Array<ArrayBuffer>[];
}

/** Feeds gradients to an optimizer; for each step, the tensors after it. Dispatches of a step beside the copies of inputs. */
export async function trajectory(optimizer: Optimizer, tensors: readonly TrainedTensor[]) {
  const parameters = tensors.map(({ shape, initial }, i) =>
    makeVariable({
      name: `p${i}`,
      role: "parameter",
      type: tensorType(shape),
      initial: { kind: "values", data: initial },
    }),
  );
  const states = Object.entries(optimizer.slots).map(([state, value]) => {
    const variables = parameters.map(({ name, type }) =>
      makeVariable({ name: `${name}/${state}`, role: "slot", state, type, initial: { kind: "constant", value } }),
    );
    return [state, variables] as const;
  });
  const slots = states.flatMap(([, variables]) => variables);
  const store = new Variables(await testGpu(), [...parameters, ...slots]);
  await runOnce(
    store,
    slots.flatMap((slot) => initialize(slot, 0) ?? []),
  );

  const hyper = input("hyper", tensorType([optimizer.hyperSize]));
  const gradients = parameters.map(({ name, type }) => input(name, type));
  const values = ({ value }: Variable) => value;
  const slotValues = Object.fromEntries(states.map(([state, variables]) => [state, variables.map(values)]));
  const updates = optimizer.update(hyper, parameters.map(values), gradients, slotValues);
  const planned = plan(makeGraph("step", {}, updates), store.layout, store.gpu.target);
  const commands = await CommandGraph.compile(planned, store);
  const steps: Float32Array[][] = [];
  for (let step = 1; step <= (tensors[0]?.gradients.length ?? 0); step++) {
    commands.write("hyper", optimizer.hyper(step, rateAt(optimizer.learningRate, step - 1)));
    tensors.forEach((tensor, i) => {
      commands.write(`p${i}`, tensor.gradients[step - 1] ?? new Float32Array());
    });
    commands.run();
    steps.push(await Promise.all(parameters.map(async (variable) => (await store.read(variable)) as Float32Array)));
  }
  commands.dispose();
  store.dispose();
  return { steps, dispatches: planned.calls.length - tensors.length };
}

async function runOnce(store: Variables, updates: readonly Value[]): Promise<void> {
  if (updates.length === 0) return;
  const commands = await CommandGraph.compile(
    plan(makeGraph("initialize", {}, updates), store.layout, store.gpu.target),
    store,
  );
  commands.run();
  commands.dispose();
}
