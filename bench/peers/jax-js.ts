/** jax-js on WebGPU: a training step is one jitted function of weights, statistics and the optimizer's state. */
import { defaultDevice, init, jit, numpy as np, random, tree, valueAndGrad } from "@jax-js/jax";
import type { Task, Trainer } from "../engines/engine.ts";
import { oneHotOf, pixelsOf } from "../networks/network.ts";
import type { BenchWeight } from "../networks/weights.ts";
import { servePage } from "../page/page.ts";
import { type Arrays, lossOf } from "./jaxNetworks.ts";
import { type OptimizerState, optimizers } from "./jaxOptimizers.ts";

/** All that changes from step to step. */
type Training = {
  parameters: Arrays;
  statistics: Arrays;
  state: OptimizerState;
  /** Of dropout's masks. */
  key: np.Array;
  loss: np.Array;
};

async function train({ network, weights, examples, dropout }: Task): Promise<Trainer> {
  const x = np.array(pixelsOf(examples)).reshape([examples.count, 1, network.side, network.side]);
  const y = np.array(oneHotOf(examples)).reshape([examples.labels.length, examples.classes]);
  const { start, update } = optimizers(network.optimizer);
  const parameters = arraysOf(weights.filter(({ trainable }) => trainable));
  const statistics = arraysOf(weights.filter(({ trainable }) => !trainable));

  const step = jit(({ parameters, statistics, state, key, loss }: Training, x: np.Array, y: np.Array): Training => {
    loss.dispose();
    // A network that draws nothing is not made to pay for the keys.
    const [drawn, nextKey] = dropout > 0 ? halves(random.split(key, 2)) : [key.ref, key];
    const gradientOf = valueAndGrad(lossOf(network.name, dropout), { hasAux: true });
    const [[now, after], gradients] = gradientOf(tree.ref(parameters), statistics, x, y, drawn);
    const next = update(parameters, gradients, state);
    return { ...next, statistics: after, key: nextKey, loss: now };
  });

  let training: Training = {
    parameters,
    statistics,
    state: start(parameters),
    key: random.key(0),
    loss: np.array(0),
  };
  return {
    step() {
      training = step(training, x.ref, y.ref);
    },
    async loss() {
      const [value = Number.NaN] = await training.loss.ref.data();
      return value;
    },
  };
}

function halves(keys: np.Array): [np.Array, np.Array] {
  return [keys.ref.slice(0), keys.slice(1)];
}

/** Weights in the layout of jax-js: channels before the sides, [F, C, KH, KW]. */
function arraysOf(weights: readonly BenchWeight[]): Arrays {
  return Object.fromEntries(
    weights.map(({ name, shape, data }) => {
      const array = np.array(data).reshape([...shape]);
      const isConvolution = shape.length === 4 && !name.startsWith("up");
      return [name, isConvolution ? np.transpose(array, [3, 2, 0, 1]) : array];
    }),
  );
}

servePage(async () => {
  await init("webgpu");
  defaultDevice("webgpu");
  return train;
});
