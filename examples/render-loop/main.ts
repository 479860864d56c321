/**
 * A page with a WebGPU render loop of its own, and a U-Net that learns inside it. In each frame the network trains for as
 * long as the frame can spare, then predicts; the page's own shader reads the prediction where the network left it.
 */
import { adam, Gpu } from "wgrad";
import { drawCells, segmentationDataset } from "wgrad/data";
import { unet } from "wgrad/models";
import shader from "./show.wgsl?raw";

const size = 64;

// 1. The page's device, as it has it anyway. wgrad borrows it.
const adapter = await navigator.gpu.requestAdapter();
if (!adapter) throw new Error("This page needs a browser with WebGPU.");
const device = await adapter.requestDevice();
const gpu = Gpu.from(device);

// 2. A network and its data: drawings of tissue, of which it is to find the membranes.
const tissue = drawCells({ count: 8, size: 128, seed: 1 });
const data = segmentationDataset(gpu, tissue, { size, augment: { horizontalFlip: true, verticalFlip: true } });
const model = unet({ inputShape: [size, size, 1], padding: "same", batchNormalization: true, base: 4, depth: 2 });
await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
const trainer = await model.trainer(data, { batchSize: 4 });

// 3. Where the network looks: a buffer of the page's, with a picture that it does not train on.
const seen = drawCells({ count: 1, size, seed: 100 }).images;
const pixels = device.createBuffer({
  size: 4 * seen.length,
  usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
});
device.queue.writeBuffer(
  pixels,
  0,
  Float32Array.from(seen, (byte) => byte / 127.5 - 1),
);
const forward = await model.forward({ x: { buffer: pixels } });

// 4. The page's own drawing: one pipeline that shows numbers in a buffer, for each canvas.
const format = navigator.gpu.getPreferredCanvasFormat();
const module = device.createShaderModule({ code: shader });
const show = (canvasId: string, entryPoint: string, numbers: GPUBufferBinding) => {
  const canvas = document.getElementById(canvasId) as HTMLCanvasElement;
  const context = canvas.getContext("webgpu") as GPUCanvasContext;
  context.configure({ device, format });
  const pipeline = device.createRenderPipeline({
    layout: "auto",
    vertex: { module, entryPoint: "corner" },
    fragment: { module, entryPoint, targets: [{ format }] },
  });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: numbers }],
  });
  return (encoder: GPUCommandEncoder) => {
    const view = context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }] });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.draw(3);
    pass.end();
  };
};
const showPicture = show("picture", "picture", { buffer: pixels });
// The output is bound as it lies: no copy, and nobody waits for it.
const showAnswer = show("answer", "answer", forward.y);

// 5. The loop. All of it is one queue, so what is submitted later sees what was learned before.
let steps = 0;
function onFrame() {
  steps += trainer.step({ budgetMs: 8 });
  const encoder = device.createCommandEncoder();
  forward.encode(encoder);
  showPicture(encoder);
  showAnswer(encoder);
  device.queue.submit([encoder.finish()]);
  requestAnimationFrame(onFrame);
}
onFrame();

// 6. The loss is read now and then, beside the loop.
const output = document.querySelector("output") as HTMLOutputElement;
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 250));
  if (steps > 0) output.value = `${steps} steps, loss ${(await trainer.loss()).toFixed(3)}`;
}
