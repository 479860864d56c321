import * as tf from "@tensorflow/tfjs-core";
import { benchNorm, type NetworkName } from "../networks/network.ts";

/** A weight by its name. */
type Weights = (name: string) => tf.Variable;
/** The logits: [N, H, W, 1] -> [.., classes]. */
type Forward = (x: tf.Tensor4D, weights: Weights, dropout: number) => tf.Tensor;

export const forwards: Readonly<Record<NetworkName, Forward>> = {
  lenet5(x, weights) {
    let h: tf.Tensor4D = x;
    for (const name of ["conv1", "conv2"]) {
      const convolved = tf.conv2d(h, weights(`${name}/kernel`) as tf.Tensor4D, 1, "valid");
      h = tf.avgPool(tf.tanh(tf.add(convolved, weights(`${name}/bias`))), 2, 2, "valid") as tf.Tensor4D;
    }
    const flat = tf.reshape(h, [x.shape[0], -1]);
    return dense(tf.tanh(dense(tf.tanh(dense(flat, weights, "fc1")), weights, "fc2")), weights, "fc3");
  },

  mnistcnn(x, weights, dropout) {
    let h: tf.Tensor4D = x;
    for (const name of ["conv1", "conv2"]) {
      const convolved = tf.conv2d(h, weights(`${name}/kernel`) as tf.Tensor4D, 1, "valid");
      h = tf.maxPool(tf.relu(tf.add(convolved, weights(`${name}/bias`))), 2, 2, "valid") as tf.Tensor4D;
    }
    const flat = tf.reshape(h, [x.shape[0], -1]);
    return dense(dropout > 0 ? tf.dropout(flat, dropout) : flat, weights, "fc1");
  },

  unet(x, weights) {
    const skips: tf.Tensor4D[] = [];
    let h: tf.Tensor4D = x;
    for (const level of [0, 1, 2]) {
      h = twice(h, weights, `enc${level}`);
      skips.push(h);
      h = tf.maxPool(h, 2, 2, "valid");
    }
    h = twice(h, weights, "mid");
    for (const [level, skip] of [...skips.entries()].reverse()) {
      const kernel = weights(`up${level}/kernel`) as tf.Tensor4D;
      const raised = tf.conv2dTranspose(h, kernel, [...skip.shape.slice(0, 3), kernel.shape[2]] as Shape4, 2, "valid");
      h = twice(
        tf.concat([skip, tf.add(raised, weights(`up${level}/bias`)) as tf.Tensor4D], 3),
        weights,
        `dec${level}`,
      );
    }
    return tf.add(tf.conv2d(h, weights("head/kernel") as tf.Tensor4D, 1, "same"), weights("head/bias"));
  },
};

type Shape4 = [number, number, number, number];

function dense(x: tf.Tensor, weights: Weights, name: string): tf.Tensor {
  return tf.add(tf.matMul(x, weights(`${name}/kernel`)), weights(`${name}/bias`));
}

function twice(x: tf.Tensor4D, weights: Weights, block: string): tf.Tensor4D {
  let h = x;
  for (const i of [1, 2]) {
    const convolved = tf.conv2d(h, weights(`${block}/conv${i}/kernel`) as tf.Tensor4D, 1, "same");
    h = tf.relu(normalized(convolved, weights, `${block}/bn${i}`));
  }
  return h;
}

/** Batch normalization by the batch's own moments, which the running statistics follow. */
function normalized(x: tf.Tensor4D, weights: Weights, name: string): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  follow(weights(`${name}/movingMean`), mean);
  follow(weights(`${name}/movingVariance`), variance);
  const [gamma, beta] = [weights(`${name}/gamma`), weights(`${name}/beta`)] as tf.Tensor1D[];
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, benchNorm.epsilon) as tf.Tensor4D;
}

function follow(statistic: tf.Variable, now: tf.Tensor): void {
  tf.tidy(() => statistic.assign(tf.add(tf.mul(statistic, benchNorm.momentum), tf.mul(now, 1 - benchNorm.momentum))));
}
