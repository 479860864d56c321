import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { apply, applyOne, type GradContext } from "../../src/core/op.ts";
import { printGraph } from "../../src/core/print.ts";
import { withPath } from "../../src/core/scope.ts";
import { tensorType } from "../../src/core/types.ts";
import { tanh } from "../../src/ops/activations.ts";
import { add, exp, mul } from "../../src/ops/elementwise.ts";
import { argMax, sum } from "../../src/ops/reduce.ts";
import { chain, fakeOp, x } from "../support/graphs.ts";

function gradientText(loss: Value, ...wrt: Value[]): string {
  const gradients = differentiate(loss, wrt, add);
  return printGraph(makeGraph("gradient", Object.fromEntries(gradients.map((value, i) => [`d${i}`, value as Value]))));
}

describe("differentiate", () => {
  test("adds up the gradients of a value that is read twice", () => {
    const a = x("a");
    // d (a exp(a)) / da = exp(a) + a exp(a)
    expect(gradientText(mul(a, exp(a)), a)).toMatchInlineSnapshot(`
      "graph gradient
        %1 = map[exp](@a) : f32[]
        %2 = map[mul.da](%1, 1) : f32[]
        %3 = map[mul.db](@a, 1) : f32[]
        %4 = map[exp.dx](%1, %3) : f32[]
        %5 = map[add](%2, %4) : f32[]
        return d0 = %5"
    `);
  });

  test("adds up once for every reader", () => {
    const a = x("a");
    const loss = add(add(tanh(a), tanh(a)), tanh(a));
    const [dA] = differentiate(loss, [a], add);
    const nodes = makeGraph("g", { dA: dA as Value }).nodes;
    expect(nodes.filter((node) => node.op.program?.(node.attrs).steps[0]?.name === "add")).toHaveLength(2);
  });

  test("a value that the loss does not depend on has no gradient, and the loss has ones", () => {
    const [a, b] = [x("a"), x("b")];
    const loss = exp(a);
    tanh(b);
    const [dB, dLoss] = differentiate(loss, [b, loss], add);
    expect(dB).toBeNull();
    expect(dLoss?.source).toMatchObject({ kind: "constant", data: Float32Array.of(1) });
  });

  test("starts from a seed where one is given, so that the loss need not be a scalar", () => {
    const [a, seed] = [x("a", 2, 3), x("seed", 2, 3)];
    expect(differentiate(tanh(a), [a], add, seed)[0]?.type.shape).toEqual([2, 3]);
    expect(() => differentiate(tanh(a), [a], add)).toThrow(
      new GraphError({
        seen: "a loss of type f32[2, 3]",
        wanted: "a scalar",
        mend: "Reduce it with mean() or sum().",
      }),
    );
  });

  test("an operator without a gradient says where it stands and why there is none", () => {
    const a = x("a", 4);
    const hard = fakeOp({ name: "round", noGradient: "It is flat almost everywhere.", infer: () => [tensorType([])] });
    const loss = withPath("net", () => withPath("head", () => applyOne(hard, [tanh(a)], {})));
    expect(() => differentiate(loss, [a], add)).toThrow(
      "net/head: the gradient of round; wanted a differentiable operator. It is flat almost everywhere.",
    );
  });

  test("an operator without a gradient is no obstacle where none is needed", () => {
    const [a, b] = [x("a", 4), x("b", 4)];
    const label = applyOne(fakeOp({ name: "cut", noGradient: "It has none." }), [b], {});
    argMax(a);
    expect(differentiate(sum(mul(a, label)), [a], add)[0]).not.toBeNull();
  });

  test("asks an operator only for the gradients that are needed", () => {
    const asked: GradContext<object>[] = [];
    const watched = fakeOp({
      grad(context) {
        asked.push(context);
        return context.inputs.map(() => context.gradients[0] ?? null);
      },
    });
    const [a, b] = [x("a"), x("b")];
    const unneeded = applyOne(watched, [b], {});
    const y = applyOne(watched, [a, unneeded], {});
    const [dA] = differentiate(y, [a], add);
    expect(dA).not.toBeNull();
    expect(asked.map(({ needs }) => needs)).toEqual([[true, false]]);
  });

  test("takes a gradient that was not asked for as if it were not there", () => {
    const generous = fakeOp({ grad: ({ gradients: [dY], inputs }) => inputs.map(() => dY ?? null) });
    const [a, b] = [x("a"), x("b")];
    expect(differentiate(applyOne(generous, [a, b], {}), [a, b], add).every(Boolean)).toBe(true);
    expect(differentiate(applyOne(generous, [a, b], {}), [b], add)).toHaveLength(1);
  });

  test("tells an operator with two results which of them reach the loss", () => {
    const seen: (Value | null)[][] = [];
    const two = fakeOp({
      infer: () => [tensorType([]), tensorType([])],
      grad({ gradients }) {
        seen.push([...gradients]);
        return [gradients[1] ?? null];
      },
    });
    const a = x("a");
    const [, second] = apply(two, [a], {});
    differentiate(exp(second as Value), [a], add);
    expect(seen.map((list) => list.map((value) => value !== null))).toEqual([[false, true]]);
  });

  test("makes gradients at the path of their forward node", () => {
    const a = x("a");
    const y = withPath("conv1", () => tanh(a));
    const [dA] = withPath("elsewhere", () => differentiate(y, [a], add));
    expect(dA?.source.kind === "node" && dA.source.node.path).toBe("conv1");
  });

  test("goes through 20,000 nodes", () => {
    const through = fakeOp({ grad: ({ gradients: [dY] }) => [dY ? applyOne(fakeOp(), [dY], {}) : null] });
    const a = x("a");
    const [dA] = differentiate(chain(a, 20_000, through), [a], add);
    expect(makeGraph("g", { dA: dA as Value }).nodes).toHaveLength(20_000);
  });
});
