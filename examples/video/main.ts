/**
 * A video, segmented frame by frame: each frame goes from the browser's decoder to the network and on to a canvas without
 * leaving the GPU. The network first learns, in some seconds, from frames of such streams whose masks are known.
 */
import { adam, Gpu, PicturePainter, PictureReader } from "wgrad";
import { segmentationDataset } from "wgrad/data";
import { unet } from "wgrad/models";
import { discStream, labelledFrames } from "./stream.ts";

const size = 64;
const output = document.querySelector("output") as HTMLOutputElement;

// 1. A device of wgrad's own; `gpu.device` is a GPUDevice like any other.
const gpu = await Gpu.create();

// 2. The network learns.
const frames = labelledFrames(24);
const data = segmentationDataset(gpu, frames, { size, cropsPerEpoch: 64 });
const model = unet({ inputShape: [size, size, 3], padding: "same", batchNormalization: true, base: 4, depth: 2 });
await model.compile({ gpu, optimizer: adam({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
for await (const { epoch, loss } of model.fit(data, { epochs: 2, batchSize: 4 })) {
  output.value = `learning: epoch ${epoch}, loss ${loss.toFixed(3)}`;
}

// 3. The stream: put a camera's here, `await navigator.mediaDevices.getUserMedia({ video: true })`.
const video = document.querySelector("video") as HTMLVideoElement;
video.srcObject = discStream();
await video.play();

// 4. From a frame to the network's input: the middle of the frame, resized and scaled as the data set does it.
const reader = await PictureReader.create(gpu, { shape: [size, size, 3], crop: "cover" });
const forward = await model.forward();

// 5. From the network's output to a canvas: the frame, and over it each class in its colour.
const canvas = document.getElementById("answer") as HTMLCanvasElement;
const context = canvas.getContext("webgpu") as GPUCanvasContext;
const format = navigator.gpu.getPreferredCanvasFormat();
context.configure({ device: gpu.device, format });
const painter = await PicturePainter.create(gpu, {
  shape: [size, size, 2],
  format,
  kind: "classes",
  colours: [
    [0, 0, 0, 0.6],
    [40, 200, 120, 0.5],
  ],
});

// 6. Once for each frame of the video.
let shown = 0;
function onVideoFrame() {
  reader.run(video, forward.x);
  forward.run();
  painter.run(forward.y, context, { picture: video });
  shown++;
  output.value = `${shown} frames segmented`;
  video.requestVideoFrameCallback(onVideoFrame);
}
onVideoFrame();
