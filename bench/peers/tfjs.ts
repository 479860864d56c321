/** TensorFlow.js by its operators and optimizers, as a hand-written training loop calls them; the backend is the caller's. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import type { Engine, Task, Trainer } from "../engines/engine.ts";
import { type OptimizerSpec, oneHotOf, pixelsOf } from "../networks/network.ts";
import { forwards } from "./tfjsNetworks.ts";

export function tfjs(backend: string): Engine {
  return async () => {
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start its backend ${backend}.`);
    await tf.ready();
    return train;
  };
}

async function train({ network, weights, examples, dropout }: Task): Promise<Trainer> {
  const variables = new Map(
    weights.map(({ name, shape, data, trainable }) => [
      name,
      tf.variable(tf.tensor(data, [...shape]), trainable, name),
    ]),
  );
  const learning = weights.filter(({ trainable }) => trainable).map(({ name }) => variable(variables, name));
  const optimizer = optimizerOf(network.optimizer);
  const x = tf.tensor4d(pixelsOf(examples), [examples.count, network.side, network.side, 1]);
  const y = tf.tensor2d(oneHotOf(examples), [examples.labels.length, examples.classes]);
  const forward = forwards[network.name];
  const lossOf = (): tf.Scalar => {
    const logits = forward(x, (name) => variable(variables, name), dropout);
    return tf.losses.softmaxCrossEntropy(y, logits.reshape(y.shape)).asScalar();
  };
  let last: tf.Scalar | null = null;
  return {
    step() {
      last?.dispose();
      last = optimizer.minimize(lossOf, true, learning);
    },
    async loss() {
      const [value = Number.NaN] = (await last?.data()) ?? [];
      return value;
    },
  };
}

function variable(variables: ReadonlyMap<string, tf.Variable>, name: string): tf.Variable {
  const found = variables.get(name);
  if (!found) throw new Error(`bench: no weight ${name}`);
  return found;
}

function optimizerOf(spec: OptimizerSpec): tf.Optimizer {
  if (spec.kind === "momentum") return tf.train.momentum(spec.learningRate, spec.momentum);
  return tf.train.adam(spec.learningRate, spec.beta1, spec.beta2, spec.epsilon);
}
