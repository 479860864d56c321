import { input, makeGraph } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { plan } from "../../src/passes/index.ts";
import { poisonSlots } from "../support/poisonSlots.ts";
import { type Comparison, compare, equal, merge } from "./compare.ts";
import type { OptimizerCase } from "./format.ts";
import { optimizerOf, parameter, update } from "./step.ts";

/**
 * The optimizer alone: it is fed the reference's gradients, and the parameters are compared after every step. Null
 * where the engine does not have it.
 */
export async function runOptimizer(gpu: Gpu, { optimizer: name, attrs, steps, params }: OptimizerCase) {
  const optimizer = optimizerOf(name, attrs);
  if (!optimizer) return null;
  const parameters = params.map(({ initial }, i) => parameter(`p${i}`, initial));
  const gradients = parameters.map(({ type }, i) => input(`gradient${i}`, type));
  const { updates, slots, hyper } = update(optimizer, parameters, gradients);
  const variables = new Variables(gpu, [...parameters, ...slots]);
  const seen = params.map(({ paramsAfterStep }) => new Float32Array(sizeOf(paramsAfterStep.shape)));
  try {
    const graph = makeGraph("optimizer", {}, updates);
    const commands = await CommandGraph.compile(plan(graph, variables.layout, gpu.target), variables);
    poisonSlots(commands);
    for (let step = 0; step < steps; step++) {
      commands.write("hyper", hyper(step));
      for (const [i, { gradsPerStep, initial }] of params.entries()) {
        const size = sizeOf(initial.shape);
        commands.write(`gradient${i}`, Float32Array.from(gradsPerStep.data.subarray(step * size, (step + 1) * size)));
      }
      commands.run();
      const after = await Promise.all(parameters.map((variable) => variables.read(variable)));
      for (const [i, data] of after.entries()) seen[i]?.set(data, step * data.length);
    }
    commands.dispose();
  } finally {
    variables.dispose();
  }
  return params.reduce<Comparison>((worst, { paramsAfterStep }, i) => {
    const got = { shape: paramsAfterStep.shape, data: seen[i] ?? [] };
    return merge(worst, compare(`params[${i}].params_after_step`, got, paramsAfterStep));
  }, equal);
}
