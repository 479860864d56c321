import { digitExamples } from "./digitExamples.ts";
import type { BenchNetwork } from "./network.ts";

/** LeNet-5: two 5x5 convolutions with tanh and average pooling, three dense layers; 61,706 parameters. */
export const lenet5Bench: BenchNetwork = {
  name: "lenet5",
  title: "LeNet-5",
  batch: 64,
  side: 32,
  optimizer: { kind: "momentum", learningRate: 0.05, momentum: 0.9 },
  dropout: 0,
  layers: [
    { kind: "conv", name: "conv1", side: 28, kernel: 5, inputs: 1, outputs: 6, bias: true },
    { kind: "conv", name: "conv2", side: 10, kernel: 5, inputs: 6, outputs: 16, bias: true },
    { kind: "dense", name: "fc1", inputs: 400, outputs: 120 },
    { kind: "dense", name: "fc2", inputs: 120, outputs: 84 },
    { kind: "dense", name: "fc3", inputs: 84, outputs: 10 },
  ],
  examples: (count) => digitExamples(count, 32),
};
