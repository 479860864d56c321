import { describe, expect, test } from "vitest";
import { makeGraph, makeVariable, type Value } from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import { printGraph } from "../../src/core/print.ts";
import { tensorType } from "../../src/core/types.ts";
import { relu, tanh } from "../../src/ops/activations.ts";
import { add, exp, mul } from "../../src/ops/elementwise.ts";
import { dense } from "../../src/ops/matmul.ts";
import { constantFill } from "../../src/ops/random.ts";
import { reshape, reshapeOp } from "../../src/ops/reshape.ts";
import { absorb } from "../../src/passes/absorb.ts";
import { foldViews } from "../../src/passes/foldViews.ts";
import { epilogueCanRead, fuse } from "../../src/passes/fuse.ts";
import { optimize } from "../../src/passes/index.ts";
import { join } from "../../src/passes/join.ts";
import { prune } from "../../src/passes/prune.ts";
import { fakeOp, x } from "../support/graphs.ts";
import { planOf } from "../support/trainStep.ts";

const lines = (outputs: Record<string, Value>, pass: typeof prune) =>
  printGraph(pass(makeGraph("g", outputs)))
    .split("\n")
    .slice(1)
    .map((line) => line.trim());

describe("prune", () => {
  test("drops what no output and no update needs", () => {
    const a = applyOne(fakeOp(), [x("x", 2)], {});
    const graph = makeGraph("g", { a, b: exp(a) });
    const { a: only } = graph.outputs;
    expect(prune({ ...graph, outputs: { a: only as Value } }).nodes).toHaveLength(1);
  });
});

describe("foldViews", () => {
  test("a view of views is one view", () => {
    const y = reshape(reshape(reshape(x("x", 2, 6), [3, 4]), [4, 3]), [12]);
    expect(lines({ y }, foldViews)).toEqual(["%1 = reshape(@x) {shape: [12]} : f32[12]", "return y = %1"]);
  });

  test("a view that changes nothing disappears", () => {
    const there = reshape(exp(x("x", 2, 6)), [12]);
    expect(lines({ y: tanh(reshape(there, [2, 6])) }, foldViews)).toEqual([
      "%1 = map[exp](@x) : f32[2, 6]",
      "%2 = map[tanh](%1) : f32[2, 6]",
      "return y = %2",
    ]);
    const same = applyOne(reshapeOp, [x("x", 3)], { shape: [3] });
    expect(lines({ same }, foldViews)).toEqual(["return same = @x"]);
  });

  test("a view that others read stays for them", () => {
    const inner = reshape(x("x", 2, 6), [12]);
    const graph = foldViews(makeGraph("g", { inner, outer: reshape(inner, [3, 4]) }));
    expect(graph.nodes.map(({ inputs }) => inputs[0]?.source.kind)).toEqual(["input", "input"]);
  });
});

describe("join", () => {
  const forward = fakeOp({ name: "forward", infer: ([a]) => (a ? [a, tensorType([])] : []) });
  const joint = fakeOp({ name: "joint", infer: ([a]) => (a ? [a, a] : []) });
  const backward = fakeOp({ name: "backward", joins: { earlier: forward, joint } });
  const names = (outputs: Record<string, Value>) => join(makeGraph("g", outputs)).nodes.map(({ op }) => op.name);
  const parts = () => {
    const a = x("a", 4);
    const [loss, inner] = apply(forward, [a], {}) as [Value, Value];
    return { a, loss, inner, gradient: applyOne(backward, [a, x("dy", 4), inner], {}) };
  };

  test("makes one node of a gradient and its forward node", () => {
    const { loss, gradient } = parts();
    expect(lines({ gradient, later: exp(loss) }, join)).toEqual([
      "%1, %2 = joint(@a, @dy) : f32[4], f32[4]",
      "%3 = map[exp](%2) : f32[4]",
      "return gradient = %1; later = %3",
    ]);
  });

  test("leaves them where the joint node would come too late or make too little", () => {
    const { a, loss, inner, gradient } = parts();
    expect(names({ gradient, inner })).toEqual(["forward", "backward"]);
    const early = exp(loss);
    expect(names({ early, gradient: applyOne(backward, [a, early, inner], {}) })).toEqual([
      "forward",
      "map",
      "backward",
    ]);
    expect(names({ gradient: applyOne(backward, [x("b", 4), loss, inner], {}) })).toEqual(["forward", "backward"]);
    expect(names({ gradient: applyOne(backward, [a, loss, inner], {}) })).toEqual(["forward", "backward"]);
  });
});

describe("absorb", () => {
  const forward = fakeOp({ name: "forward", infer: ([a]) => (a ? [a, tensorType([])] : []) });
  const backward = fakeOp({ name: "backward", prologue: { forward: 1 } });
  const parts = () => {
    const [y, statistics] = apply(forward, [x("a", 4)], {}) as [Value, Value];
    return { y, statistics, dH: x("dH", 4) };
  };
  const gradient = (dY: Value, statistics: Value) => ({ gradient: applyOne(backward, [dY, statistics], {}) });

  test("the derivative of what is behind a node goes into its gradient, from the node's own result", () => {
    const { y, statistics, dH } = parts();
    const outputs = { ...gradient(mul(dH, exp(y)), statistics), h: exp(y) };
    expect(lines(outputs, absorb)).toEqual([
      "%1, %2 = forward(@a) : f32[4], f32[]",
      "%3 = map[exp](%1) : f32[4]",
      "%4 = exp, mul -> backward(@dH, %2) : f32[4]",
      "return gradient = %4; h = %3",
    ]);
    expect(lines(gradient(mul(y, dH), statistics), absorb)[1]).toBe("%3 = mul -> backward(@dH, %2) : f32[4]");
    expect(lines(gradient(exp(dH), statistics), absorb)[1]).toContain("exp -> backward(@dH, %2)");
  });

  test("not what others read too, and nothing that reads more", () => {
    const { y, statistics, dH } = parts();
    const unchanged = (dY: Value, more: Record<string, Value> = {}) => {
      const graph = makeGraph("g", { ...gradient(dY, statistics), ...more });
      expect(absorb(graph)).toEqual(graph);
    };
    const shared = mul(dH, y);
    unchanged(shared, { shared });
    unchanged(mul(mul(dH, y), x("another", 4)));
    unchanged(mul(dH, x("scalar")));
    unchanged(mul(x("scalar"), y));
    unchanged(mul(y, y));
    unchanged(dH);
  });
});

describe("fuse", () => {
  test("a chain of elementwise nodes becomes one", () => {
    expect(lines({ y: tanh(add(exp(x("a", 8)), x("b", 8))) }, fuse)).toEqual([
      "%1 = map[exp, add, tanh](@a, @b) : f32[8]",
      "return y = %1",
    ]);
  });

  test("a tensor that a chain reads twice is loaded once", () => {
    const a = x("a", 8);
    expect(lines({ y: mul(exp(a), a) }, fuse)[0]).toBe("%1 = map[exp, mul](@a) : f32[8]");
  });

  test("a value with a second reader is stored, not computed twice", () => {
    const shared = exp(x("a", 8));
    expect(lines({ y: tanh(shared), z: relu(shared) }, fuse)).toHaveLength(4);
    expect(lines({ y: tanh(shared), shared }, fuse)).toHaveLength(3);
    expect(lines({ y: mul(shared, shared) }, fuse)).toHaveLength(3);
  });

  test("what is smaller than the result is not computed once for each repetition", () => {
    const row = exp(x("row", 8));
    expect(lines({ y: add(x("a", 4, 8), row) }, fuse)).toHaveLength(3);
  });

  test("a chain goes into the epilogue of the kernel that makes its input", () => {
    const y = tanh(dense(x("x", 4, 3), x("w", 3, 8), x("b", 8)));
    expect(lines({ y }, fuse)).toEqual(["%1 = dense(@x, @w, @b) -> tanh : f32[4, 8]", "return y = %1"]);
  });

  test("an epilogue reads a tensor like its result, a row, a number, and no other", () => {
    const y = dense(x("x", 4, 3), x("w", 3, 8));
    expect(lines({ y: add(y, x("same", 4, 8)) }, fuse)).toHaveLength(2);
    expect(lines({ y: add(y, x("row", 8)) }, fuse)).toHaveLength(2);
    expect(lines({ y: add(y, x("number")) }, fuse)).toHaveLength(2);
    expect(lines({ y: add(y, x("column", 4, 1)) }, fuse)).toHaveLength(3);
    expect(lines({ y: add(y, x("larger", 2, 4, 8)) }, fuse)).toHaveLength(3);
    expect(epilogueCanRead([8, 1], [8, 8])).toBe(false);
    expect(epilogueCanRead([1, 8], [8, 8])).toBe(true);
  });

  test("an epilogue that is fused already takes more", () => {
    const y = relu(add(tanh(dense(x("x", 4, 3), x("w", 3, 8))), x("skip", 4, 8)));
    expect(lines({ y }, fuse)[0]).toBe("%1 = dense(@x, @w, @skip) -> tanh, add, relu : f32[4, 8]");
  });

  test("a host with two results is replaced whole, unless its second was read before", () => {
    const two = fakeOp({ name: "two", epilogue: true, infer: ([type]) => (type ? [type, type] : []) });
    const results = () => apply(two, [x("x", 4)], {}) as [Value, Value];
    const [first, second] = results();
    expect(lines({ y: tanh(first), z: relu(second) }, fuse)).toEqual([
      "%1, %2 = two(@x) -> tanh : f32[4], f32[4]",
      "%3 = map[relu](%2) : f32[4]",
      "return y = %1; z = %3",
    ]);
    const [third, fourth] = results();
    const before = relu(fourth);
    expect(lines({ before, y: tanh(third) }, fuse).filter((line) => line.includes("two("))).toHaveLength(1);
  });

  test("a product that others read keeps its value", () => {
    const y = dense(x("x", 4, 3), x("w", 3, 8));
    expect(lines({ a: tanh(y), y }, fuse)).toHaveLength(3);
  });

  test("stays within the bindings of a kernel", () => {
    const sum = (count: number, from: Value) =>
      Array.from({ length: count }, (_, i) => x(`x${i}`, 8)).reduce((total, next) => add(total, next), from);
    const all = optimize(makeGraph("g", { y: sum(20, x("first", 8)) }));
    expect(all.nodes.length).toBeGreaterThan(1);
    for (const { inputs } of all.nodes) expect(inputs.length).toBeLessThanOrEqual(7);
    const product = dense(x("a", 4, 3), x("w", 3, 8), x("bias", 8));
    const ends = optimize(makeGraph("g", { y: sum(6, product) }));
    expect(ends.nodes.length).toBeGreaterThan(1);
    // A dispatch binds all operands and its result.
    for (const { places } of planOf(makeGraph("g", { y: sum(6, product) })).calls) {
      expect(Object.keys(places).length).toBeLessThanOrEqual(8);
    }
  });

  test("does not move a read past the update that overwrites what is read", () => {
    const state = makeVariable({
      name: "v",
      role: "statistic",
      type: tensorType([8]),
      initial: { kind: "constant", value: 0 },
    });
    const before = exp(state.value);
    const update = constantFill(state, 1);
    const graph = makeGraph("g", { y: tanh(before) }, [update]);
    expect(optimize(graph).nodes.map(({ op }) => op.name)).toEqual(["map", "constantFill"]);
  });

  test("a chain of 20,000 elementwise nodes becomes kernels that a compiler can take", () => {
    let value = x("x", 8);
    for (let i = 0; i < 20_000; i++) value = tanh(value);
    const { nodes } = optimize(makeGraph("deep", { y: value }));
    const steps = nodes.map((node) => node.op.program?.(node.attrs).steps.length ?? 0);
    expect(steps.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(Math.max(...steps)).toBeLessThanOrEqual(64);
    expect(nodes.length).toBeLessThan(400);
  });

  test("off, leaves the graph as it is", () => {
    const graph = makeGraph("g", { y: tanh(exp(x("x", 8))) });
    expect(optimize(graph, { fuse: false }).nodes).toHaveLength(2);
  });
});
