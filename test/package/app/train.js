import { Gpu, saveWeights, sgd } from "wgrad";
import { drawDigits, imageDataset } from "wgrad/data";
import { openSafetensors } from "wgrad/io";
import { lenet5 } from "wgrad/models";

/** Trains LeNet-5 for a few steps: their losses, how many tensors its weights are, and how a mistake reads. */
export async function train() {
  const gpu = await Gpu.create();
  const model = lenet5();
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await model.compile({ gpu, optimizer, loss: "sparseCategoricalCrossentropy" });
  const digits = imageDataset(gpu, drawDigits({ count: 128, seed: 1 }), { height: 32, width: 32 });
  const { losses } = await model.fit(digits, { epochs: 2, batchSize: 32 });
  const weights = await openSafetensors(await saveWeights(model));
  model.dispose();
  gpu.dispose();
  const refusal = await model.predict(new Float32Array(32 * 32)).catch(String);
  return { losses, tensors: weights.entries.length, refusal };
}
