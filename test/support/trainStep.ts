import { defaultTarget, type Target } from "../../src/core/call.ts";
import { type Graph, input, makeGraph, makeVariable } from "../../src/core/graph.ts";
import type { Plan } from "../../src/core/plan.ts";
import { withPath } from "../../src/core/scope.ts";
import { tensorType } from "../../src/core/types.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { lossOf } from "../../src/nn/losses.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { allVariables, callContext, makeState } from "../../src/nn/state.ts";
import { trainStep } from "../../src/nn/steps.ts";
import { gatherBatch } from "../../src/ops/batch.ts";
import { type PlanOptions, plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";

/** LeNet-5 as graphs, with a data set of 28x28 digits, without a GPU. */
export function lenet5Graphs(batchSize: number) {
  const network = lenet5();
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  const state = makeState(network, optimizer);
  const data = (name: string, shape: number[]) =>
    makeVariable({
      name: `digits/${name}`,
      role: "data",
      type: tensorType(shape, "u8"),
      initial: { kind: "constant", value: 0 },
    });
  const images = data("images", [60_000, 28, 28, 1]);
  const labels = data("labels", [60_000]);
  const batch = { batchSize, height: 32, width: 32, scale: 1 / 127.5, offset: -1 };
  const x = input("x", tensorType([batchSize, 32, 32, 1]));
  const y = withPath("lenet5", () => network.call([x], callContext(state, false, [])));
  const train = trainStep({ network, state, loss: lossOf("sparseCategoricalCrossentropy") }, optimizer, (cursor) =>
    gatherBatch(images.value, labels.value, cursor, batch),
  );
  return { forward: makeGraph("forward", { y }), train, variables: [...allVariables(state), images, labels] };
}

/** Its training step as a plan. */
export function lenet5Plan(batchSize: number, target: Partial<Target> = {}, options: PlanOptions = {}): Plan {
  const { train, variables } = lenet5Graphs(batchSize);
  return plan(train, layVariables(variables), { ...defaultTarget, ...target }, options);
}

/** Plans a graph that has no variables. */
export function planOf(graph: Graph, target: Partial<Target> = {}, options: PlanOptions = {}): Plan {
  return plan(graph, layVariables([]), { ...defaultTarget, ...target }, options);
}

/** Text without the numbers that tell variables of one name apart. */
export function withoutIds(text: string): string {
  return text.replaceAll(/#\d+/g, "");
}
