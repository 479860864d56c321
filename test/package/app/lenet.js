import { Gpu, sgd } from "wgrad";
import { imageDataset } from "wgrad/data";
import { lenet5 } from "wgrad/models";

/** The least that trains LeNet-5, for the test of its size. */
export async function train(images) {
  const gpu = await Gpu.create();
  const model = lenet5();
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
  for await (const { epoch, loss } of model.fit(imageDataset(gpu, images), { epochs: 3, batchSize: 64 })) {
    console.log(epoch, loss);
  }
}
