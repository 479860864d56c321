import { checkNames } from "../core/options.ts";
import { averagePooling2d, conv2d, dense, flatten } from "../nn/layers.ts";
import { type Model, sequential } from "../nn/model.ts";

/**
 * LeNet-5, after LeCun et al. 1998 in the textbooks' form: 61,706 parameters.
 *
 *     layer                      output     parameters
 *     input                      32x32x1
 *     conv1   6 @ 5x5, tanh      28x28x6           156
 *     pool1   average 2x2        14x14x6
 *     conv2   16 @ 5x5, tanh     10x10x16        2,416
 *     pool2   average 2x2        5x5x16
 *     fc1     120, tanh          120            48,120
 *     fc2     84, tanh           84             10,164
 *     fc3     10 logits          10                850
 * @example
 * const network = lenet5();
 * network.parameterCount; // => 61706
 * await network.compile({ gpu, optimizer: sgd({ learningRate: 0.05 }), loss: "sparseCategoricalCrossentropy" });
 */
export function lenet5(options: { readonly classes?: number } = {}): Model {
  checkNames("lenet5", options, ["classes"]);
  const { classes = 10 } = options;
  return sequential({
    name: "lenet5",
    inputShape: [32, 32, 1],
    layers: [
      conv2d({ name: "conv1", filters: 6, kernelSize: 5, activation: "tanh" }),
      averagePooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 16, kernelSize: 5, activation: "tanh" }),
      averagePooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 120, activation: "tanh" }),
      dense({ name: "fc2", units: 84, activation: "tanh" }),
      dense({ name: "fc3", units: classes }),
    ],
  });
}
