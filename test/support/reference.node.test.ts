import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/types.ts";
import { CaseAttrs } from "../conformance/adapter.ts";
import { compare } from "../conformance/compare.ts";
import { type GoldenTensor, type OpCase, readGolden } from "../conformance/format.ts";
import { channelsLast, inverse, kernelLast, type Layout, permute } from "../conformance/layout.ts";
import {
  conv2d,
  conv2dInputGradient,
  conv2dKernelGradient,
  dot,
  matmul,
  numericGradient,
  samePadding,
  type Tensor64,
  tensor64,
} from "./reference.ts";
import { averagePool2d, averagePool2dGradient, maxPool2d, maxPool2dGradient } from "./referencePool.ts";
import { convShapes, poolShapes } from "./shapes.ts";

/** The judge is judged: the naive loops against PyTorch's vectors, and against their own differences. */
const cases = (await readGolden(async (name) => {
  return new Uint8Array(await readFile(new URL(`../golden/${name}`, import.meta.url))).buffer;
}, /^(conv2d|max_pool2d|avg_pool2d|matmul)$/)) as OpCase[];
const named = (op: string) => cases.filter((found) => found.op === op).map((found) => [found.id, found] as const);

function read(tensors: Readonly<Record<string, GoldenTensor>>, name: string, layout: Layout): Tensor64 {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`no ${name}`);
  const { shape, data } = permute(tensor, layout(tensor.shape.length));
  return tensor64(shape, data);
}

function check(name: string, { shape, data }: Tensor64, want: GoldenTensor | undefined, layout: Layout) {
  if (!want) throw new Error(`no ${name}`);
  const got = permute({ shape, data: Float32Array.from(data) }, inverse(layout(shape.length)));
  expect(compare(name, got, want).failure).toBeNull();
}

const pair = (numbers: readonly number[]) => [numbers[0] ?? 0, numbers[1] ?? 0] as const;

test.each(named("conv2d"))("%s", (_, { attrs: fields, inputs, outputs, grads, gradOutput }) => {
  const attrs = new CaseAttrs(fields);
  const x = read(inputs, "x", channelsLast);
  const kernel = read(inputs, "w", kernelLast);
  const strides = pair(attrs.perAxis("stride", 2, 1));
  const dilations = pair(attrs.perAxis("dilation", 2, 1));
  const side = (axis: 0 | 1) => {
    const pads = attrs.has("pads") ? attrs.perAxis("pads", 4) : [];
    if (pads.length > 0) return [pads[axis] ?? 0, pads[axis + 2] ?? 0] as const;
    const size = x.shape[axis + 1] ?? 0;
    if (attrs.is("padding", "same")) return samePadding(size, kernel.shape[axis] ?? 0, 1, dilations[axis]);
    const pad = attrs.perAxis("padding", 2, 0)[axis] ?? 0;
    return [pad, pad] as const;
  };
  const options = { strides, dilations, padding: [side(0), side(1)] as const, groups: attrs.number("groups", 1) };
  const y = conv2d(x, kernel, options);
  const bias = inputs.b?.data;
  const biased = tensor64(
    y.shape,
    y.data.map((value, i) => value + (bias?.[i % bias.length] ?? 0)),
  );
  check("y", biased, outputs.y, channelsLast);
  const dY = read({ dY: gradOutput as GoldenTensor }, "dY", channelsLast);
  check("x", conv2dInputGradient(dY, kernel, x.shape, options), grads.x, channelsLast);
  check("w", conv2dKernelGradient(x, dY, kernel.shape, options), grads.w, kernelLast);
});

test.each(named("max_pool2d").concat(named("avg_pool2d")))("%s", (_, found) => {
  const attrs = new CaseAttrs(found.attrs);
  const x = read(found.inputs, "x", channelsLast);
  const kernelSize = pair(attrs.perAxis("kernel_size", 2));
  const [top, left] = pair(attrs.perAxis("padding", 2, 0));
  const options = {
    kernelSize,
    strides: attrs.has("stride") ? pair(attrs.perAxis("stride", 2)) : kernelSize,
    dilations: pair(attrs.perAxis("dilation", 2, 1)),
    padding: [
      [top, top],
      [left, left],
    ] as const,
    ceilMode: attrs.boolean("ceil_mode", false),
    countIncludePad: attrs.boolean("count_include_pad", true),
  };
  const dY = read({ dY: found.gradOutput as GoldenTensor }, "dY", channelsLast);
  const largest = found.op === "max_pool2d";
  const y = largest ? maxPool2d(x, options).y : averagePool2d(x, options);
  check("y", y, found.outputs.y, channelsLast);
  const dX = largest ? maxPool2dGradient(x, dY, options) : averagePool2dGradient(dY, x.shape, options);
  check("x", dX, found.grads.x, channelsLast);
});

test.each(named("matmul"))("%s", (_, { attrs: fields, inputs, outputs }) => {
  const attrs = new CaseAttrs(fields);
  const swapped = (swap: boolean): Layout => {
    return (rank) => Array.from({ length: rank }, (_, i) => (swap && i >= rank - 2 ? 2 * rank - 3 - i : i));
  };
  const a = read(inputs, "a", swapped(attrs.boolean("transpose_a", false)));
  const b = read(inputs, "b", swapped(attrs.boolean("transpose_b", false)));
  check("y", matmul(a, b), outputs.y, swapped(false));
});

describe("on awkward shapes", () => {
  const wave = (shape: readonly number[], phase: number) => {
    return tensor64(
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + phase)),
    );
  };

  test.each(convShapes(12, 1).map((shape) => [JSON.stringify(shape), shape] as const))("convolution %s", (_, shape) => {
    const x = wave(shape.input, 0);
    const kernel = wave(shape.kernel, 1);
    const y = conv2d(x, kernel, shape);
    expect(y.data.length).toBeGreaterThan(0);
    const dY = wave(y.shape, 2);
    const product = dot(y.data, dY.data);
    expect(dot(x.data, conv2dInputGradient(dY, kernel, x.shape, shape).data)).toBeCloseTo(product, 9);
    expect(dot(kernel.data, conv2dKernelGradient(x, dY, kernel.shape, shape).data)).toBeCloseTo(product, 9);
  });

  test("the gradients of the pools are those of central differences", () => {
    for (const shape of poolShapes(20, 2)) {
      const x = wave(shape.input, 0);
      if (x.data.length > 2000) continue;
      const dY = wave(averagePool2d(x, shape).shape, 2);
      const average = numericGradient((data) => dot(averagePool2d({ ...x, data }, shape).data, dY.data), x.data);
      const largest = numericGradient((data) => dot(maxPool2d({ ...x, data }, shape).y.data, dY.data), x.data);
      averagePool2dGradient(dY, x.shape, shape).data.forEach((value, i) => {
        expect(average[i]).toBeCloseTo(value, 6);
      });
      maxPool2dGradient(x, dY, shape).data.forEach((value, i) => {
        expect(largest[i]).toBeCloseTo(value, 6);
      });
    }
  });
});
