import { expect, test } from "vitest";
import { makeGraph, makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import { conv2dInputGradientOp, conv2dTranspose } from "../../src/ops/conv.ts";
import { turnFiltersOp } from "../../src/ops/turnFilters.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { prepare } from "../../src/passes/prepare.ts";
import { evaluate, numbers, randomTensor, tensor, testGpu } from "../support/run.ts";

function parameter(name: string, shape: readonly number[], seed: number): Variable {
  const data = numbers(sizeOf(shape), seed);
  return makeVariable({ name, role: "parameter", type: tensorType(shape), initial: { kind: "values", data } });
}

/** Filters of odd and even channels, between parameters of other kinds, as in a network. */
const shapes = [[3, 3, 5, 7], [7], [5, 5, 6, 16], [2, 2, 8, 12], [1, 1, 3, 9], [65]];

/** Gradients by the input over all filters: at stride 1, strided, and as the forward pass of a transposed convolution. */
function gradients(read: (index: number) => Value): Record<string, Value> {
  const window = {
    kernel: [3, 3],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [
      [1, 1],
      [1, 1],
    ] as const,
    groups: 1,
  };
  const image = (shape: readonly number[], seed: number) => randomTensor(shape, seed);
  return {
    same: applyOne(conv2dInputGradientOp, [image([2, 6, 5, 7], 11), read(0)], { ...window, shape: [2, 6, 5, 5] }),
    strided: applyOne(conv2dInputGradientOp, [image([1, 4, 5, 16], 12), read(2)], {
      ...window,
      kernel: [5, 5],
      strides: [2, 1],
      pads: [
        [2, 2],
        [2, 2],
      ],
      shape: [1, 8, 5, 6],
    }),
    transposed: conv2dTranspose(image([2, 3, 4, 12], 13), read(3), null, { strides: 2 }),
    pointwise: conv2dTranspose(image([2, 3, 4, 9], 14), read(4)),
  };
}

test("turned filters give the gradients of filters as they are", async () => {
  const variables = shapes.map((shape, i) => parameter(`w${i}`, shape, i + 1));
  const target = { software: true };
  const want = await evaluate(
    gradients((i) => tensor(shapes[i] ?? [], numbers(sizeOf(shapes[i] ?? []), i + 1))),
    { target },
  );
  const got = await evaluate(
    gradients((i) => (variables[i] as Variable).value),
    { target, variables },
  );
  for (const [name, values] of Object.entries(want)) {
    const other = got[name as keyof typeof got] ?? [];
    const worst = Math.max(...[...values].map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
    expect(worst, name).toBeLessThan(3e-6);
  }
});

test("one node turns them all, and only where kernels gain by it", async () => {
  const variables = shapes.map((shape, i) => parameter(`w${i}`, shape, i + 1));
  const graph = makeGraph(
    "test",
    gradients((i) => (variables[i] as Variable).value),
  );
  const { target } = await testGpu();
  const counted = (software: boolean) =>
    prepare(graph, layVariables(variables), { ...target, software }).nodes.filter(({ op }) => op === turnFiltersOp)
      .length;
  expect([counted(true), counted(false)]).toEqual([1, 0]);
});
