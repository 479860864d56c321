/**
 * A three.js scene on its WebGPU renderer, whose device wgrad borrows: a network learns while the scene turns, and what it
 * answers is the texture of a box.
 */
import {
  BoxGeometry,
  ExternalTexture,
  Mesh,
  MeshBasicNodeMaterial,
  PerspectiveCamera,
  Scene,
  WebGPURenderer,
} from "three/webgpu";
import { adam, Gpu, PicturePainter } from "wgrad";
import { drawCells, segmentationDataset } from "wgrad/data";
import { unet } from "wgrad/models";

const size = 64;

// 1. The renderer makes the device; wgrad works on the same.
const canvas = document.getElementById("scene") as HTMLCanvasElement;
const renderer = new WebGPURenderer({ canvas, antialias: true });
renderer.setSize(canvas.width, canvas.height, false);
await renderer.init();
const { device } = renderer.backend as unknown as { readonly device: GPUDevice };
const gpu = Gpu.from(device);

// 2. A network that learns to find membranes in drawings of tissue, and a picture for it to look at.
const data = segmentationDataset(gpu, drawCells({ count: 8, size: 128, seed: 1 }), {
  size,
  augment: { horizontalFlip: true, verticalFlip: true },
});
const model = unet({ inputShape: [size, size, 1], padding: "same", batchNormalization: true, base: 4, depth: 2 });
await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
const trainer = await model.trainer(data, { batchSize: 4 });
const forward = await model.forward();
const seen = drawCells({ count: 1, size, seed: 100 }).images;
device.queue.writeBuffer(
  forward.x.buffer,
  0,
  Float32Array.from(seen, (byte) => byte / 127.5 - 1),
);

// 3. A texture that wgrad paints and three.js shows. Its format decodes sRGB, as three.js wants colours.
const format = "rgba8unorm-srgb";
const texture = device.createTexture({
  size: [256, 256],
  format,
  usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_SRC,
});
const shape = [size, size, 2] as const;
const painter = await PicturePainter.create(gpu, { shape, format, kind: "viridis", channel: 1, activation: "softmax" });

// 4. The scene.
const scene = new Scene();
const camera = new PerspectiveCamera(40, canvas.width / canvas.height, 0.1, 10);
camera.position.z = 2.4;
const box = new Mesh(new BoxGeometry(), new MeshBasicNodeMaterial({ map: new ExternalTexture(texture) }));
box.rotation.x = 0.5;
scene.add(box);

// 5. The loop: train, predict and paint, then render. Both submit to one queue, so three.js sees the new picture.
let steps = 0;
renderer.setAnimationLoop((time) => {
  steps += trainer.step({ budgetMs: 8 });
  const encoder = device.createCommandEncoder();
  forward.encode(encoder);
  painter.encode(encoder, forward.y, texture);
  device.queue.submit([encoder.finish()]);
  box.rotation.y = time / 2000;
  renderer.render(scene, camera);
});

// 6. The loss is read now and then, beside the loop.
const output = document.querySelector("output") as HTMLOutputElement;
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 250));
  if (steps > 0) output.value = `${steps} steps, loss ${(await trainer.loss()).toFixed(3)}`;
}
