/** What the examples of docstrings speak of, beside public names. All of it is small: the examples run in every test. */
import { input as operand } from "../../src/core/graph.ts";
import { type DType, type Shape, tensorType } from "../../src/core/types.ts";
import { drawCells, drawDigits, encodePng, imageDataset, maskToImageData } from "../../src/data/index.ts";
import { conv2d, dense, flatten, Gpu, input, profileStep, sequential, sgd } from "../../src/index.ts";

export const gpu = await Gpu.create();
/** 64 drawn digits of 28x28 pixels. */
export const digits = drawDigits({ count: 64, seed: 1 });
export const data = imageDataset(gpu, digits);
/** A compiled classifier of them. */
export const model = sequential({
  name: "digits",
  inputShape: [28, 28, 1],
  layers: [
    conv2d({ name: "conv1", filters: 4, kernelSize: 5, strides: 4, activation: "relu" }),
    flatten(),
    dense({ name: "fc", units: 10 }),
  ],
});
await model.compile({ gpu, optimizer: sgd({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy" });
/** What a step of its training takes. */
const trainer = await model.trainer(data, { batchSize: 16 });
export const profile = await profileStep(trainer, { steps: 1 });

/** Two drawn tissues of 64x64 pixels: each pixel is cell or membrane. */
export const cells = drawCells({ count: 2, seed: 1, size: 64 });
/** A compiled segmenter of them. */
export const segmenter = sequential({
  name: "segmenter",
  inputShape: [64, 64, 1],
  layers: [conv2d({ filters: 2, kernelSize: 3, padding: "same" })],
});
await segmenter.compile({ gpu, optimizer: sgd({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy" });

/** Files as a page's <input> gives them: masks in PNG, images as large, and the four of MNIST, of two images each. */
const pictures = [0, 1].map((i) => maskToImageData(cells.masks.subarray(i * 64 * 64, (i + 1) * 64 * 64), 64, 64));
export const maskFiles = await Promise.all(
  pictures.map(async (picture, i) => new File([await encodePng(picture)], `${i}.png`)),
);
export const imageFiles = maskFiles;
const idx = (name: string, ...bytes: readonly number[]) => new File([Uint8Array.of(0, 0, 8, ...bytes)], name);
export const mnistFiles = ["train", "t10k"].flatMap((part) => [
  idx(`${part}-images-idx3-ubyte`, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9),
  idx(`${part}-labels-idx1-ubyte`, 1, 0, 0, 0, 2, 4, 2),
]);

/** A picture of the page. */
export const photo = new ImageData(64, 48);

/** The input of functional models. */
export const image = input([28, 28, 1]);

const value = (name: string, shape: Shape, dtype: DType = "f32") => operand(name, tensorType(shape, dtype));
/** Operands of `wgrad/ops`: two images of 8x8 pixels and 4 channels, and what a convolution of them takes. */
export const x = value("x", [2, 8, 8, 4]);
export const kernel = value("kernel", [3, 3, 4, 6]);
export const bias = value("bias", [6]);
/** One number a channel of `x`. */
export const channel = value("channel", [4]);
export const sequence = value("sequence", [2, 10, 4]);
export const volume = value("volume", [2, 8, 8, 8, 4]);
/** Matrices. */
export const a = value("a", [5, 3]);
export const b = value("b", [3, 2]);
/** Scores of 10 classes for 5 examples, and their class indices. */
export const logits = value("logits", [5, 10]);
export const classes = value("classes", [5], "i32");
/** Numbers, as many as there are in `a`. */
export const targets = value("targets", [5, 3]);
/** A shader as an app has it in a file. */
export const wgsl = `
struct FillParams { value: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> params: FillParams;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = params.value;
}`;
