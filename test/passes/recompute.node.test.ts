import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import {
  type Graph,
  input,
  makeGraph,
  makeVariable,
  type Node,
  type Value,
  type Variable,
} from "../../src/core/graph.ts";
import { type Plan, slotBytes } from "../../src/core/plan.ts";
import { printGraph } from "../../src/core/print.ts";
import { tensorType } from "../../src/core/types.ts";
import { verify } from "../../src/core/verify.ts";
import { resnet18 } from "../../src/models/resnet.ts";
import { unet } from "../../src/models/unet.ts";
import { lossOf } from "../../src/nn/losses.ts";
import type { Network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers.ts";
import { recompute } from "../../src/nn/recompute.ts";
import { allVariables, makeState } from "../../src/nn/state.ts";
import { predictStep, trainStep } from "../../src/nn/steps.ts";
import { relu, tanh } from "../../src/ops/activations.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { conv2d } from "../../src/ops/conv.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { add } from "../../src/ops/elementwise.ts";
import { dense } from "../../src/ops/matmul.ts";
import { maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/reshape.ts";
import { optimize, type PlanOptions, plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { makeAgain } from "../../src/passes/recompute.ts";
import type { RecomputePolicy } from "../../src/passes/recomputeChoice.ts";
import { orderOf, slotBytesOf, studyStep } from "../../src/passes/recomputeOrder.ts";
import { x } from "../support/graphs.ts";
import { planOf } from "../support/trainStep.ts";

/** sum(y) and its gradients by these, and what else is asked for. */
function gradientsOf(
  y: Value,
  wrt: readonly Value[],
  { updates = [], ...others }: { readonly updates?: readonly Value[]; readonly inner?: Value } = {},
): Graph {
  const loss = sum(y);
  const gradients = differentiate(loss, wrt, add).flatMap((value, i) => (value ? [[`d${i}`, value] as const] : []));
  return optimize(makeGraph("step", { ...others, loss, ...Object.fromEntries(gradients) }, updates));
}

/** The graph in which the results of all nodes of the forward pass that `wanted` names are made again. */
function again(graph: Graph, wanted: (node: Node) => boolean): Graph {
  const step = studyStep(graph, defaultTarget);
  const remade = graph.nodes.filter((node) => !step.backward.has(node) && wanted(node));
  return verify(makeAgain(step, new Set(remade)), "recompute");
}

const lines = (graph: Graph) =>
  printGraph(graph)
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim().replace(/ \{.*\}/, ""));

describe("makeAgain", () => {
  test("makes a result again right before its first reader in the backward pass", () => {
    const [a, b, c] = [x("a", 2, 4, 4, 3), x("b", 1, 1, 3, 3), x("c", 1, 1, 3, 3)];
    const graph = gradientsOf(conv2d(tanh(conv2d(tanh(conv2d(a, b)), b)), c), [b, c]);
    expect(lines(graph)).toMatchInlineSnapshot(`
      [
        "%1 = reshape(1) : f32[1, 1, 1, 1]",
        "%2 = map[identity](%1) : f32[2, 4, 4, 3]",
        "%3 = conv2d(@a, @b) -> tanh : f32[2, 4, 4, 3]",
        "%4 = conv2d(%3, @b) -> tanh : f32[2, 4, 4, 3]",
        "%5 = conv2d(%4, @c) : f32[2, 4, 4, 3]",
        "%6 = sum(%5) : f32[]",
        "%7 = conv2dKernelGradient(%4, %2) : f32[1, 1, 3, 3]",
        "%8 = conv2dInputGradient(%2, @c, %4) -> tanh.dx : f32[2, 4, 4, 3]",
        "%9 = conv2dKernelGradient(%3, %8) : f32[1, 1, 3, 3]",
        "%10 = conv2dInputGradient(%8, @b, %3) -> tanh.dx : f32[2, 4, 4, 3]",
        "%11 = conv2dKernelGradient(@a, %10) : f32[1, 1, 3, 3]",
        "%12 = map[add](%9, %11) : f32[1, 1, 3, 3]",
      ]
    `);
    expect(lines(again(graph, ({ op }) => op.name === "conv2d"))).toMatchInlineSnapshot(`
      [
        "%1 = reshape(1) : f32[1, 1, 1, 1]",
        "%2 = map[identity](%1) : f32[2, 4, 4, 3]",
        "%3 = conv2d(@a, @b) -> tanh : f32[2, 4, 4, 3]",
        "%4 = conv2d(%3, @b) -> tanh : f32[2, 4, 4, 3]",
        "%5 = conv2d(%4, @c) : f32[2, 4, 4, 3]",
        "%6 = sum(%5) : f32[]",
        "%7 = conv2d(@a, @b) -> tanh : f32[2, 4, 4, 3]",
        "%8 = conv2d(%7, @b) -> tanh : f32[2, 4, 4, 3]",
        "%9 = conv2dKernelGradient(%8, %2) : f32[1, 1, 3, 3]",
        "%10 = conv2dInputGradient(%2, @c, %8) -> tanh.dx : f32[2, 4, 4, 3]",
        "%11 = conv2dKernelGradient(%7, %10) : f32[1, 1, 3, 3]",
        "%12 = conv2dInputGradient(%10, @b, %7) -> tanh.dx : f32[2, 4, 4, 3]",
        "%13 = conv2dKernelGradient(@a, %12) : f32[1, 1, 3, 3]",
        "%14 = map[add](%11, %13) : f32[1, 1, 3, 3]",
      ]
    `);
  });

  test("batch normalization is only applied again: its statistics stay, and are counted once", () => {
    const running = ["mean", "variance"].map((name) =>
      makeVariable({ name, role: "statistic", type: tensorType([3]), initial: { kind: "constant", value: 0 } }),
    );
    const [runningMean = null, runningVariance = null] = running.map(({ value }) => value);
    const [a, w] = [x("a", 2, 4, 4, 3), x("w", 1, 1, 3, 3)];
    const { y, updates } = batchNorm(conv2d(a, w), { runningMean, runningVariance });
    const graph = gradientsOf(conv2d(relu(y), w), [w], { updates });
    const made = again(graph, ({ op }) => op.name === "batchNorm");
    const names = made.nodes.map(({ op }) => op.name);
    expect(names.filter((name) => name.startsWith("batchNorm"))).toEqual([
      "batchNorm",
      "batchNormApply",
      "batchNormGradient",
    ]);
    expect(made.updates).toEqual(graph.updates);
    const [first, apply] = ["batchNorm", "batchNormApply"].map((name) => made.nodes.find(({ op }) => op.name === name));
    expect(apply?.epilogue).toBe(first?.epilogue);
    expect(apply?.inputs[1]).toBe(first?.outputs[1]);
  });

  test("dropout draws the mask of the same seed, stream and step", () => {
    const [a, w, step] = [x("a", 2, 4), x("w", 4, 3), input("step", tensorType([], "u32"))];
    const dropped = dropout(a, { step, seed: 3, stream: "drop", rate: 0.5 });
    const { nodes } = again(gradientsOf(dense(dropped, w), [w]), ({ op }) => op.name === "dropout");
    const [first, second, ...others] = nodes.filter(({ op }) => op.name === "dropout");
    expect(second).not.toBe(first);
    expect(second?.attrs).toBe(first?.attrs);
    expect(second?.inputs).toEqual([a, step]);
    expect(others).toHaveLength(0);
  });

  test("a view of what is made again is one of the new result", () => {
    const [a, w] = [x("a", 2, 4), x("w", 8, 3)];
    const { nodes } = again(gradientsOf(dense(reshape(tanh(a), [1, 8]), w), [w]), ({ op }) => op.name === "map");
    const views = nodes.filter(({ op }) => op.view && op.name === "reshape");
    const gradient = nodes.find(({ op }) => op.name === "denseKernelGradient");
    const second = gradient?.inputs[0]?.source;
    expect(second?.kind === "node" && second.node).toBe(views.at(-1));
    expect(views.at(-1)?.inputs[0]).not.toBe(views[0]?.inputs[0]);
  });

  test("what the forward pass makes for others stays, what it made for the backward pass alone goes", () => {
    const [a, w] = [x("a", 2, 8, 8, 3), x("w", 1, 1, 3, 3)];
    const inner = tanh(conv2d(a, w));
    const graph = gradientsOf(conv2d(maxPool2d(inner, { kernelSize: 2 }), w), [w], { inner });
    const made = again(graph, () => true);
    expect(made.outputs.inner).toBe(graph.outputs.inner);
    const [first, second] = made.nodes.filter(({ op }) => op.name === "maxPool2d");
    const backward = made.nodes.find(({ op }) => op.name === "maxPool2dBackward");
    expect(backward?.inputs).toContain(second?.outputs[1]);
    expect(backward?.inputs).not.toContain(first?.outputs[1]);
    // Without the loss, nobody in the forward pass reads the pool.
    const { d0 } = graph.outputs;
    const silent = again(makeGraph("step", { d0: d0 as Value }), () => true);
    expect(silent.nodes.filter(({ op }) => op.name === "maxPool2d")).toHaveLength(1);
  });
});

function stepOf(network: Network, batch: number): { graph: Graph; variables: Variable[] } {
  const optimizer = adam();
  const state = makeState(network, optimizer);
  const [shape = [], output = []] = [network.inputs[0]?.shape, network.outputs[0]?.shape];
  const graph = trainStep({ network, state, loss: lossOf("sparseCategoricalCrossentropy") }, optimizer, () => ({
    x: input("x", tensorType([batch, ...shape])),
    y: input("y", tensorType([batch, ...output.slice(0, -1)], "i32")),
  }));
  return { graph, variables: allVariables(state) };
}

/** A training step, planned with its tensors kept and made again. */
function plansOf(network: Network, batch: number): Record<"kept" | RecomputePolicy, Plan> {
  const { graph, variables } = stepOf(network, batch);
  const planned = (options: PlanOptions = {}) => plan(graph, layVariables(variables), defaultTarget, options);
  return {
    kept: planned(),
    cheap: planned({ recompute: recompute("cheap") }),
    all: planned({ recompute: recompute("all") }),
  };
}

describe("recompute", () => {
  const bench = unet({ inputShape: [64, 64, 1], padding: "same", batchNormalization: true, base: 8, depth: 3 });
  const { kept, cheap, all } = plansOf(bench, 4);
  const count = ({ calls }: Plan, name: string) => calls.filter(({ call }) => call.name === name).length;

  test("cheap: a quarter less for activations, at less than a hundredth more flops", () => {
    expect(slotBytes(cheap)).toBeLessThan(0.75 * slotBytes(kept));
    expect(cheap.flops).toBeLessThan(1.01 * kept.flops);
    expect(count(cheap, "conv2d")).toBe(count(kept, "conv2d"));
  });

  test("all: less still, for less than another forward pass, a third of the step", () => {
    expect(slotBytes(all)).toBeLessThan(slotBytes(cheap));
    expect(all.flops).toBeGreaterThan(1.05 * kept.flops);
    expect(all.flops).toBeLessThan(1.34 * kept.flops);
  });

  test("residual networks gain as well", () => {
    const plans = plansOf(resnet18({ size: 64 }), 8);
    expect(slotBytes(plans.cheap)).toBeLessThan(0.9 * slotBytes(plans.kept));
    expect(slotBytes(plans.all)).toBeLessThanOrEqual(slotBytes(plans.cheap));
  });

  test("statistics, losses, metrics and updates are made once", () => {
    const once = kept.calls.filter(({ label }) => /statistics|moments|crossEntropy|accumulate|update/.test(label));
    expect(once.length).toBeGreaterThan(14);
    for (const { label } of once) {
      for (const again of [cheap, all]) {
        const here = (plan: Plan) => plan.calls.filter((call) => call.label === label).length;
        expect(here(again), label).toBe(here(kept));
      }
    }
  });

  test("memory of a chain grows by about the root of its length", () => {
    const bytes = (length: number, policy: RecomputePolicy | null) => {
      const w = x("w", 1, 1, 8, 8);
      let y = x("a", 1, 64, 64, 8);
      for (let i = 0; i < length; i++) y = tanh(conv2d(y, w));
      return slotBytes(planOf(gradientsOf(y, [w]), {}, { recompute: policy && recompute(policy) }));
    };
    expect(bytes(64, null)).toBeGreaterThan(3.5 * bytes(16, null));
    expect(bytes(64, "all")).toBeLessThan(2.2 * bytes(16, "all"));
    expect(bytes(64, "all")).toBeLessThan(0.3 * bytes(64, null));
    // Each of these is read by the gradient of the next, and none is cheap.
    expect(bytes(16, "cheap")).toBe(bytes(16, null));
  });

  test("counts the bytes of slots as the plan does, though by nodes, not calls", () => {
    const step = studyStep(optimize(stepOf(bench, 4).graph), defaultTarget);
    const none = new Set<Node>();
    const ratio = slotBytesOf(step, orderOf(step, none), none) / slotBytes(kept);
    expect(ratio).toBeGreaterThan(0.99);
    expect(ratio).toBeLessThan(1.01);
  });

  test("leaves a graph without a backward pass as it is", () => {
    const state = makeState(bench, adam());
    const graph = optimize(predictStep(bench, state, 2));
    for (const policy of ["cheap", "all"] as const) {
      expect(recompute(policy).pass(graph, defaultTarget).nodes).toEqual(graph.nodes);
    }
  });
});
