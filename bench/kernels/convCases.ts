import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import type { ConvOptions } from "../../src/ops/convGeometry.ts";
import { add } from "../../src/ops/elementwise.ts";
import { type CaseGraph, floatBytes, type KernelCase, tensor } from "./kernelCase.ts";

/** A convolution of a network, square images and filters. */
export interface ConvShape {
  readonly model: string;
  readonly batch: number;
  /** Of the input. */
  readonly side: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly padding: "same" | "valid";
  readonly stride?: number;
  readonly transposed?: true;
  /** As many groups as channels. */
  readonly depthwise?: true;
  readonly bias?: true;
  /** The input is data: nobody asks for its gradient. */
  readonly first?: true;
}

const same = { kernel: 3, padding: "same" } as const;
const unet = { model: "unet", batch: 4, ...same } as const;
const up = { model: "unet", batch: 4, kernel: 2, stride: 2, padding: "valid", transposed: true, bias: true } as const;
const lenet = { model: "lenet", batch: 64, kernel: 5, padding: "valid", bias: true } as const;
const mnist = { model: "mnist", batch: 128, kernel: 3, padding: "valid", bias: true } as const;

/** Every convolution of the three networks, and shapes that other networks have. */
export const convShapes: readonly ConvShape[] = [
  { ...lenet, side: 32, channels: 1, filters: 6, first: true },
  { ...lenet, side: 14, channels: 6, filters: 16 },
  { ...mnist, side: 28, channels: 1, filters: 32, first: true },
  { ...mnist, side: 13, channels: 32, filters: 64 },
  { ...unet, side: 128, channels: 1, filters: 16, first: true },
  { ...unet, side: 128, channels: 16, filters: 16 },
  { ...unet, side: 64, channels: 16, filters: 32 },
  { ...unet, side: 64, channels: 32, filters: 32 },
  { ...unet, side: 32, channels: 32, filters: 64 },
  { ...unet, side: 32, channels: 64, filters: 64 },
  { ...unet, side: 16, channels: 64, filters: 128 },
  { ...unet, side: 16, channels: 128, filters: 128 },
  { ...up, side: 16, channels: 128, filters: 64 },
  { ...unet, side: 32, channels: 128, filters: 64 },
  { ...up, side: 32, channels: 64, filters: 32 },
  { ...unet, side: 64, channels: 64, filters: 32 },
  { ...up, side: 64, channels: 32, filters: 16 },
  { ...unet, side: 128, channels: 32, filters: 16 },
  { ...unet, side: 128, channels: 16, filters: 2, kernel: 1, bias: true },
  { model: "image", batch: 1, side: 256, channels: 64, filters: 128, ...same },
  { model: "image", batch: 4, side: 128, channels: 3, filters: 32, ...same, first: true },
  { model: "image", batch: 4, side: 64, channels: 64, filters: 64, kernel: 1, padding: "same" },
  { model: "image", batch: 4, side: 64, channels: 64, filters: 64, ...same, depthwise: true },
  { model: "image", batch: 4, side: 64, channels: 32, filters: 64, ...same, stride: 2 },
];

/** Forward, and the gradients that training takes; with a bias, dW has the bias gradient in it. */
export function convCases(shape: ConvShape): KernelCase[] {
  const passes = shape.first ? (["fwd", "dW"] as const) : (["fwd", "dX", "dW"] as const);
  const { x, kernel, y } = tensorShapes(shape);
  // A tap of the filter meets each pixel of the smaller image once.
  const pixels = shape.transposed ? sizeOf(x.slice(0, 3)) : sizeOf(y.slice(0, 3));
  const { model, side, channels, filters, batch, kernel: k, stride = 1 } = shape;
  const kind = shape.transposed ? "up" : shape.depthwise ? "depthwise" : "conv";
  const strides = stride > 1 ? `/${stride}` : "";
  return passes.map((pass) => ({
    name: `${model} ${kind} ${side},${channels}->${filters} ${k}x${k}${strides} b${batch}`,
    pass,
    family: "conv",
    flops: 2 * pixels * sizeOf(kernel),
    bytes: floatBytes(x, kernel, y),
    build: () => convGraph(shape, pass),
  }));
}

function tensorShapes({ batch, side, channels, filters, kernel: k, padding, stride = 1, ...rest }: ConvShape) {
  const valid = rest.transposed ? (side - 1) * stride + k : Math.floor((side - k) / stride) + 1;
  const out = padding === "valid" ? valid : rest.transposed ? side * stride : Math.ceil(side / stride);
  return {
    x: [batch, side, side, channels],
    kernel: rest.transposed ? [k, k, filters, channels] : [k, k, rest.depthwise ? 1 : channels, filters],
    y: [batch, out, out, filters],
  };
}

function convGraph(shape: ConvShape, pass: "fwd" | "dX" | "dW"): CaseGraph {
  const { x, kernel, bias, y } = convolve(shape);
  if (pass === "fwd") return { outputs: { y } };
  const wanted: Readonly<Record<string, Value>> =
    pass === "dX" ? { dX: x } : bias ? { dW: kernel, dBias: bias } : { dW: kernel };
  const gradients = differentiate(y, Object.values(wanted), add, tensor("dY", y.type.shape));
  const outputs = Object.keys(wanted).map((name, i) => {
    const gradient = gradients[i];
    if (!gradient) throw new GraphError({ where: shape.model, seen: `no ${name}`, wanted: "a gradient" });
    return [name, gradient] as const;
  });
  return { outputs: Object.fromEntries(outputs) };
}

function convolve(shape: ConvShape) {
  const shapes = tensorShapes(shape);
  const [x, kernel] = [tensor("x", shapes.x), tensor("kernel", shapes.kernel, "parameter")];
  const bias = shape.bias ? tensor("bias", [shape.filters], "parameter") : null;
  const options: ConvOptions = {
    strides: shape.stride ?? 1,
    padding: shape.padding,
    groups: shape.depthwise ? shape.channels : 1,
  };
  const y = shape.transposed ? conv2dTranspose(x, kernel, bias, options) : conv2d(x, kernel, bias, options);
  return { x, kernel, bias, y };
}
