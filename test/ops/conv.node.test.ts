import { expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph } from "../../src/core/graph.ts";
import { withPath } from "../../src/core/scope.ts";
import { conv2d, conv2dTranspose } from "../../src/ops/conv.ts";
import { add } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { expectAnswers } from "../support/fourAnswers.ts";
import { x } from "../support/graphs.ts";

const image = x("image", 1, 8, 8, 3);
const inNet = (make: () => unknown) => () => withPath("net", make);

test.each([
  [
    "channels",
    inNet(() => conv2d(image, x("kernel", 3, 3, 1, 4), null, { groups: 2 })),
    "conv2d",
    /3 channels and 4 f/,
  ],
  ["filters", inNet(() => conv2d(image, x("kernel", 3, 3, 1, 4), null, { groups: 3 })), "conv2d", /3 channels and 4 f/],
  [
    "the channels of what is transposed",
    inNet(() => conv2dTranspose(image, x("kernel", 3, 3, 2, 3), null, { groups: 2 })),
    "conv2dInputGradient",
    /4 channels and 3 filters/,
  ],
] as const)("groups that do not divide %s", async (_, mistake, op, message) => {
  await expectAnswers(mistake, ShapeError, `net/${op}`, message);
  expect(mistake).toThrow(/Take channels and filters that are multiples of [23], or fewer groups\.$/);
});

test("a number of groups that is not whole", async () => {
  const mistake = inNet(() => conv2dTranspose(image, x("kernel", 3, 3, 1, 3), null, { groups: 1.5 }));
  await expectAnswers(mistake, ShapeError, "net/conv2dInputGradient", /1\.5 groups/);
});

test.each([4, 5])("a transposed convolution that crops more than there is, by %i pixels a side", async (padding) => {
  const mistake = inNet(() => conv2dTranspose(image, x("kernel", 1, 1, 2, 3), null, { padding }));
  const message = new RegExp(`an image with a side of ${8 - 2 * padding}; wanted at least one pixel`);
  await expectAnswers(mistake, ShapeError, "net/conv2dInputGradient", message);
});

test('an output padding beside the size that padding "same" gives', async () => {
  const options = { strides: 2, padding: "same", outputPadding: [0, 1] } as const;
  const mistake = inNet(() => conv2dTranspose(image, x("kernel", 3, 3, 2, 3), null, options));
  await expectAnswers(
    mistake,
    GraphError,
    "net/conv2dTranspose",
    /outputPadding 1; wanted none with padding "same"\. Leave it out/,
  );
});

test.each([
  ["conv2d", () => conv2d(image, x("kernel", 3, 3, 3, 4), null, { stride: 2 } as object)],
  ["conv2dTranspose", () => conv2dTranspose(image, x("kernel", 3, 3, 4, 3), null, { stride: 2 } as object)],
] as const)("an option that %s does not know", (op, make) => {
  expect(inNet(make)).toThrow(GraphError);
  expect(inNet(make)).toThrow(`net/${op}: option stride; wanted one of strides, padding, dilations, groups`);
});

test.each([1, 2, 3])("both gradients count the flops of the forward pass, at stride %i", (strides) => {
  const [of, kernel] = [x("of", 2, 12, 12, 8), x("kernel", 3, 3, 8, 16)];
  const y = conv2d(of, kernel, null, { strides, padding: "same" });
  const [dX, dKernel] = differentiate(y, [of, kernel], add, x("dY", ...y.type.shape));
  if (!dX || !dKernel) throw new Error("no gradient");
  const { calls } = plan(makeGraph("step", { y, dX, dKernel }), layVariables([]), defaultTarget);
  const flops = (name: string) => calls.filter(({ call }) => call.name === name).map(({ call }) => call.flops);
  const forward = 2 * 2 * (12 / strides) ** 2 * 9 * 8 * 16;
  expect(flops("conv2d")).toEqual([forward]);
  expect(flops("conv2dInputGradient")).toEqual([forward]);
  expect(flops("conv2dKernelGradient")).toEqual([forward]);
});
