/**
 * Training in Node, on Dawn: npm install wgrad webgpu, then node main.mjs. The package webgpu gives Node what a browser has;
 * from there on it is the same program.
 */
import { create, globals } from "webgpu";
import { adam, Gpu } from "wgrad";
import { drawDigits, imageDataset } from "wgrad/data";
import { lenet5 } from "wgrad/models";

// 1. What a page finds in place: `navigator.gpu`, GPUBufferUsage and the like.
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });

// 2. A network, data, training.
const gpu = await Gpu.create();
console.log(`Device: ${gpu.adapter.description || gpu.adapter.vendor}`);
const digits = (count, seed) => imageDataset(gpu, drawDigits({ count, seed }), { height: 32, width: 32 });
const model = lenet5();
await model.compile({ gpu, optimizer: adam({ learningRate: 0.002 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
for await (const { epoch, epochEnd } of model.fit(digits(1500, 1), { epochs: 3, batchSize: 32 })) {
  if (epochEnd)
    console.log(`epoch ${epoch}: loss ${epochEnd.loss.toFixed(3)}, accuracy ${epochEnd.accuracy.toFixed(3)}`);
}
const { accuracy } = await model.evaluate(digits(200, 2));
console.log(`accuracy on digits it has not seen: ${accuracy.toFixed(3)}`);

// 3. Dawn's threads would keep the process alive.
process.exit();
