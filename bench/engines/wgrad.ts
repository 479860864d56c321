/** wgrad itself, by its public interface. */
import { type Dataset, imageDataset, segmentationDataset } from "../../src/data/index.ts";
import {
  adam,
  conv2d,
  dense,
  dropout,
  flatten,
  Gpu,
  type Model,
  maxPooling2d,
  type Optimizer,
  sequential,
  sgd,
} from "../../src/index.ts";
import { encodeToBytes } from "../../src/io/index.ts";
import { lenet5, unet } from "../../src/models/index.ts";
import { loadWeights } from "../../src/nn/weightFiles.ts";
import { benchNorm, type Examples, type NetworkName, type OptimizerSpec } from "../networks/network.ts";
import { servePage } from "../page/page.ts";
import type { Task, Trainer } from "./engine.ts";

/** The models, with the rate of dropout where they have it. */
const models: Readonly<Record<NetworkName, (task: Task) => Model>> = {
  lenet5: () => lenet5(),
  mnistcnn: ({ dropout: rate }) =>
    sequential({
      name: "mnistcnn",
      inputShape: [28, 28, 1],
      layers: [
        conv2d({ name: "conv1", filters: 32, kernelSize: 3, activation: "relu" }),
        maxPooling2d({ name: "pool1", poolSize: 2 }),
        conv2d({ name: "conv2", filters: 64, kernelSize: 3, activation: "relu" }),
        maxPooling2d({ name: "pool2", poolSize: 2 }),
        flatten({ name: "flatten" }),
        dropout({ name: "dropout", rate }),
        dense({ name: "fc1", units: 10 }),
      ],
    }),
  unet: ({ network: { side } }) =>
    unet({ inputShape: [side, side, 1], padding: "same", batchNormalization: benchNorm, base: 16, depth: 3 }),
};

function optimizerOf(spec: OptimizerSpec): Optimizer {
  const { kind, ...numbers } = spec;
  return kind === "momentum" ? sgd(numbers) : adam(numbers);
}

function datasetOf(gpu: Gpu, { count, side, images, labels, classes }: Examples): Dataset {
  const sides = { count, height: side, width: side, channels: 1 };
  if (labels.length === count) return imageDataset(gpu, { name: "batch", images, labels, classes, ...sides });
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return segmentationDataset(gpu, { name: "batch", images, masks: labels, classes: names, ...sides }, { size: side });
}

async function train(gpu: Gpu, task: Task): Promise<Trainer> {
  const { network, weights, examples } = task;
  const model = models[network.name](task);
  const optimizer = optimizerOf(network.optimizer);
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
  await loadWeights(model, encodeToBytes(weights.map((weight) => ({ ...weight, dtype: "f32" }))));
  const commands = await model.trainCommands(datasetOf(gpu, examples), examples.count);
  return {
    step() {
      // Rows from 0 on, seed, epoch, unshuffled: the same batch at every step.
      commands.write("cursor", Uint32Array.of(0, 0, 1, 0));
      commands.write("hyper", optimizer.hyper(model.stepsDone + 1, network.optimizer.learningRate));
      commands.write("step", Uint32Array.of(model.stepsDone));
      commands.run();
      model.stepsDone++;
    },
    async loss() {
      const history = await commands.read("history");
      return history[(model.stepsDone - 1) % history.length] ?? Number.NaN;
    },
  };
}

servePage(async () => {
  const gpu = await Gpu.create();
  return (task) => train(gpu, task);
});
