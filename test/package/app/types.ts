import { adam, conv2d, conv3d, dense, Gpu, losses, type Model, maxPooling2d, schedules, sequential } from "wgrad";
import { imageDataset } from "wgrad/data";

/** What the editor underlines: a line under `@ts-expect-error` that is no error fails the type check. */
export async function wrong(gpu: Gpu, model: Model): Promise<void> {
  // @ts-expect-error: a name that is no padding
  conv2d({ filters: 8, kernelSize: 3, padding: "smae" });
  // @ts-expect-error: three sides for two axes
  conv2d({ filters: 8, kernelSize: [3, 3, 3] });
  // @ts-expect-error: two sides for three axes
  conv3d({ filters: 8, kernelSize: [3, 3] });
  // @ts-expect-error: filters are missing
  conv2d({ kernelSize: 3 });
  // @ts-expect-error: an option that there is not
  dense({ units: 10, activaton: "relu" });
  // @ts-expect-error: a name that is no activation
  dense({ units: 10, activation: "rellu" });
  // @ts-expect-error: a size is a number
  maxPooling2d({ poolSize: "2" });
  // @ts-expect-error: a loss that has to be called
  await model.compile({ gpu, optimizer: adam(), loss: losses.diceLoss });
  // @ts-expect-error: a name that is no loss
  await model.compile({ gpu, optimizer: adam(), loss: "crossentropy" });
  // @ts-expect-error: a rate is a number or a schedule
  adam({ learningRate: "0.1" });
  // @ts-expect-error: labels are missing
  imageDataset(gpu, {
    name: "mine",
    images: new Uint8Array(4),
    count: 1,
    height: 2,
    width: 2,
    channels: 1,
    classes: 2,
  });
  // @ts-expect-error: bytes, not numbers
  await model.predict([1, 2, 3]);
  // @ts-expect-error: the device is borrowed, not a string
  Gpu.from("gpu");
  // @ts-expect-error: layers, not their names
  sequential({ inputShape: [8, 8, 1], layers: ["dense"] });
}

/** And what it does not. */
export async function right(gpu: Gpu): Promise<Float32Array> {
  const model = sequential({
    inputShape: [28, 28, 1],
    layers: [conv2d({ filters: 8, kernelSize: [3, 5], strides: 2, padding: "same", activation: "relu" })],
  });
  const optimizer = adam({
    learningRate: schedules.exponentialDecay({ learningRate: 0.1, decaySteps: 10, decayRate: 0.9 }),
  });
  await model.compile({ gpu, optimizer, loss: losses.diceLoss({ smooth: 1 }) });
  return model.predict(new Float32Array(28 * 28));
}
