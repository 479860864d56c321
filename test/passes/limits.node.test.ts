import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/core/call.ts";
import { LimitError } from "../../src/core/errors.ts";
import { makeGraph, makeVariable, type Value } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { conv3d } from "../../src/ops/conv3d.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { avgPool2d, maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { concat, pad, permute } from "../../src/ops/shape.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { x } from "../support/graphs.ts";
import { planOf } from "../support/trainStep.ts";

/** 128 MiB, what every device takes in one binding: 2^25 numbers. */
const most = defaultTarget.limits.maxStorageBufferBindingSize;
const image = x("image", 1, 4096, 4096, 2);
const large = x("large", 1, 4099, 4096, 2);
const bytes = 4099 * 4096 * 2 * 4;

/** The operator, its operand or its result beyond the limit, and bytes of that. */
const beyond: Readonly<Record<string, readonly [make: () => Value, bytes: number]>> = {
  map: [() => exp(large), bytes],
  sum: [() => sum(large, { axis: 3 }), bytes],
  softmax: [() => softmax(large), bytes],
  maxPool2d: [() => maxPool2d(large, { kernelSize: 2 }), bytes],
  avgPool2d: [() => avgPool2d(large, { kernelSize: 2 }), bytes],
  batchNorm: [() => batchNorm(large).y, bytes],
  permute: [() => permute(large, [0, 3, 1, 2]), bytes],
  "the image of conv2d": [() => conv2d(large, x("kernel", 3, 3, 2, 1)), bytes],
  "the result of conv2d": [
    () => conv2d(x("small", 1, 4096, 4096, 1), x("kernel", 3, 3, 1, 4), null, { padding: "same" }),
    4096 * 4096 * 4 * 4,
  ],
  "the result of conv3d": [
    () => conv3d(x("volume", 1, 256, 256, 256, 1), x("kernel", 1, 1, 1, 1, 4)),
    256 ** 3 * 4 * 4,
  ],
  "the result of matmul": [() => matmul(x("a", 8192, 8), x("b", 8, 8192)), 8192 * 8192 * 4],
  "the result of concat": [() => concat([image, image]), 2 * most],
  "the result of pad": [
    () =>
      pad(image, [
        [0, 0],
        [1, 2],
        [0, 0],
        [0, 0],
      ]),
    bytes,
  ],
  "nearest resizing": [() => upsampleNearest2d(image, { scale: 2 }), 4 * most],
  "bilinear resizing": [() => upsampleBilinear2d(image, { scale: 2 }), 4 * most],
};

describe("a tensor over a binding's limit is an error that says need and limit", () => {
  test.each(Object.entries(beyond))("%s", (_, [make, need]) => {
    const graph = makeGraph("net", { y: make() });
    expect(() => planOf(graph)).toThrow(LimitError);
    expect(() => planOf(graph)).toThrow(
      new RegExp(
        `^net: buffer \\w+ of ${need} bytes; wanted at most ${most} bytes, this device's limit\\. Use a smaller`,
      ),
    );
  });

  test("at the limit it is none", () => {
    const y = softmax(maxPool2d(exp(image), { kernelSize: 1 }));
    expect(planOf(makeGraph("net", { y })).calls).not.toHaveLength(0);
  });

  test("a device with larger bindings takes it", () => {
    const limits = { ...defaultTarget.limits, maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 30 };
    for (const [make] of Object.values(beyond)) {
      expect(planOf(makeGraph("net", { y: make() }), { limits }).calls).not.toHaveLength(0);
    }
  });

  test("parameters that lie side by side, and what a kernel keeps for itself", () => {
    const weights = ["a", "b"].map((name) =>
      makeVariable({
        name,
        role: "parameter",
        type: tensorType([6_000_000, 3]),
        initial: { kind: "constant", value: 0 },
      }),
    );
    const outputs = Object.fromEntries(weights.map(({ name, value }) => [name, sum(value)]));
    const together = () => plan(makeGraph("net", outputs), layVariables(weights), defaultTarget);
    expect(together).toThrow(/parameter of 144000\d\d\d bytes; wanted at most 134217728 bytes/);
  });
});

test("patches of a convolution are never stored, however large they would be", () => {
  const y = conv2d(x("picture", 1, 2048, 2048, 4), x("kernel", 5, 5, 4, 4), null, { padding: "same" });
  const graph = makeGraph("net", { y });
  for (const software of [true, false]) expect(planOf(graph, { software }).peakBytes).toBeLessThan(3 * most);
});
