import { digitExamples } from "./digitExamples.ts";
import { type BenchNetwork, benchAdam } from "./network.ts";

/** Keras' "simple MNIST convnet": 3x3 convolutions 32 and 64 with ReLU and max pooling, dropout, dense; 34,826 parameters. */
export const mnistcnnBench: BenchNetwork = {
  name: "mnistcnn",
  title: "Keras MNIST network",
  batch: 128,
  side: 28,
  optimizer: benchAdam,
  dropout: 0.5,
  layers: [
    { kind: "conv", name: "conv1", side: 26, kernel: 3, inputs: 1, outputs: 32, bias: true },
    { kind: "conv", name: "conv2", side: 11, kernel: 3, inputs: 32, outputs: 64, bias: true },
    { kind: "dense", name: "fc1", inputs: 1600, outputs: 10 },
  ],
  examples: (count) => digitExamples(count, 28),
};
