import { lax, nn, numpy as np, random } from "@jax-js/jax";
import { benchNorm, type NetworkName } from "../networks/network.ts";
import { taken } from "./jaxOptimizers.ts";

/** Arrays by the names of their weights. A function that takes an array owns it: each is used once, or through `.ref`. */
export type Arrays = { [name: string]: np.Array };

/** What a forward pass works with: weights, the statistics before it, and those that it leaves. */
interface Pass {
  readonly weights: Arrays;
  readonly statistics: Arrays;
  readonly after: Arrays;
  readonly dropout: number;
  readonly key: np.Array;
}

/** [N, 1, H, W] -> [labels, classes]. */
const forwards: Readonly<Record<NetworkName, (x: np.Array, pass: Pass) => np.Array>> = {
  lenet5(x, { weights }) {
    let h = x;
    for (const name of ["conv1", "conv2"]) {
      h = pool(np.tanh(convolution(h, weights, name, "VALID")), np.mean);
    }
    const fc1 = np.tanh(dense(flat(h), weights, "fc1"));
    return dense(np.tanh(dense(fc1, weights, "fc2")), weights, "fc3");
  },

  mnistcnn(x, { weights, dropout, key }) {
    let h = x;
    for (const name of ["conv1", "conv2"]) {
      h = pool(nn.relu(convolution(h, weights, name, "VALID")), np.max);
    }
    const features = flat(h);
    if (dropout === 0) return dense(features, weights, "fc1");
    const kept = random.bernoulli(key.ref, 1 - dropout, features.shape);
    return dense(np.where(kept, features.div(1 - dropout), 0), weights, "fc1");
  },

  unet(x, pass) {
    const { weights } = pass;
    const skips: np.Array[] = [];
    let h = x;
    for (const level of [0, 1, 2]) {
      h = twice(h, pass, `enc${level}`);
      skips.push(h.ref);
      h = pool(h, np.max);
    }
    h = twice(h, pass, "mid");
    for (const [level, skip] of [...skips.entries()].reverse()) {
      h = twice(np.concatenate([skip, raised(h, weights, `up${level}`)], 1), pass, `dec${level}`);
    }
    const logits = convolution(h, weights, "head", "SAME");
    return np.transpose(logits, [0, 2, 3, 1]).reshape([-1, 2]);
  },
};

/** Mean cross-entropy of a network, and the statistics that batch normalization leaves. */
export function lossOf(name: NetworkName, dropout: number) {
  return (weights: Arrays, statistics: Arrays, x: np.Array, y: np.Array, key: np.Array): [np.Array, Arrays] => {
    const after: Arrays = {};
    const logits = forwards[name](x, { weights, statistics, after, dropout, key: key.ref });
    key.dispose();
    const loss = np.negative(np.mean(np.sum(nn.logSoftmax(logits, -1).mul(y), -1)));
    return [loss, after];
  };
}

function convolution(x: np.Array, weights: Arrays, name: string, padding: "SAME" | "VALID"): np.Array {
  const y = lax.conv(x, taken(weights, `${name}/kernel`), [1, 1], padding);
  const bias = weights[`${name}/bias`];
  return bias ? y.add(bias.reshape([1, -1, 1, 1])) : y;
}

/** Windows of 2x2, stride 2; an odd row or column is left out. */
function pool(x: np.Array, reduce: (window: np.Array) => np.Array): np.Array {
  return lax.reduceWindow(x, reduce, [2, 2], [2, 2]);
}

/** [N, C, H, W] -> [N, H W C]: rows in the order of the dense layer's weights. */
function flat(x: np.Array): np.Array {
  const [count = 1] = x.shape;
  return np.transpose(x, [0, 2, 3, 1]).reshape([count, -1]);
}

function dense(x: np.Array, weights: Arrays, name: string): np.Array {
  return np.dot(x, taken(weights, `${name}/kernel`)).add(taken(weights, `${name}/bias`));
}

/**
 * Transposed convolution, kernel 2x2 and stride 2, whose windows do not overlap: a product and a reshape.
 * `lax.convTranspose` gives wrong numbers on WebGPU in 0.1.25, and takes longer.
 */
function raised(x: np.Array, weights: Arrays, name: string): np.Array {
  const [count = 1, , height = 1, width = 1] = x.shape;
  const kernel = taken(weights, `${name}/kernel`);
  const [, , filters = 1] = kernel.shape;
  const y = np.einsum("nchw,ijfc->nfhiwj", x, kernel).reshape([count, filters, 2 * height, 2 * width]);
  return y.add(taken(weights, `${name}/bias`).reshape([1, -1, 1, 1]));
}

function twice(x: np.Array, pass: Pass, block: string): np.Array {
  let h = x;
  for (const i of [1, 2]) {
    h = convolution(h, pass.weights, `${block}/conv${i}`, "SAME");
    h = nn.relu(normalized(h, pass, `${block}/bn${i}`));
  }
  return h;
}

/** Batch normalization by the batch's own moments, which the running statistics follow. */
function normalized(x: np.Array, { weights, statistics, after }: Pass, name: string): np.Array {
  const mean = np.mean(x.ref, [0, 2, 3], { keepdims: true });
  const centered = x.sub(mean.ref);
  const variance = np.mean(np.square(centered.ref), [0, 2, 3], { keepdims: true });
  const row = (key: string) => taken(weights, `${name}/${key}`).reshape([1, -1, 1, 1]);
  const follow = (key: string, now: np.Array) => {
    const moved = now.reshape([-1]).mul(1 - benchNorm.momentum);
    after[`${name}/${key}`] = lax.stopGradient(taken(statistics, `${name}/${key}`).mul(benchNorm.momentum).add(moved));
  };
  follow("movingMean", mean);
  follow("movingVariance", variance.ref);
  return centered
    .div(np.sqrt(variance.add(benchNorm.epsilon)))
    .mul(row("gamma"))
    .add(row("beta"));
}
