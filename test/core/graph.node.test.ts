import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import {
  constant,
  countReaders,
  leavesOf,
  makeGraph,
  makeNode,
  makeVariable,
  rewrite,
  type Value,
} from "../../src/core/graph.ts";
import { apply, applyOne } from "../../src/core/op.ts";
import { printGraph } from "../../src/core/print.ts";
import { tensorType } from "../../src/core/types.ts";
import { verify } from "../../src/core/verify.ts";
import { optimize } from "../../src/passes/index.ts";
import { chain, fakeOp, x } from "../support/graphs.ts";

const op = fakeOp();
const nodeOf = ({ source }: Value) => (source.kind === "node" ? source.node : null);

describe("a graph is immutable", () => {
  const shape = [2, 3];
  const list = [applyOne(op, [x("x", 2, 3)], { option: 1 })];
  const graph = makeGraph("g", { y: list[0] as Value }, list);
  const [node] = graph.nodes;

  test.each([
    ["graph", graph],
    ["its nodes", graph.nodes],
    ["its outputs", graph.outputs],
    ["its updates", graph.updates],
    ["a node", node],
    ["a node's inputs", node?.inputs],
    ["a node's outputs", node?.outputs],
    ["a node's attributes", node?.attrs],
    ["a value", node?.outputs[0]],
    ["a value's source", node?.outputs[0]?.source],
    ["a type", node?.outputs[0]?.type],
    ["a shape", node?.outputs[0]?.type.shape],
  ])("%s is frozen", (_, object) => {
    expect(object).toBeDefined();
    expect(Object.isFrozen(object)).toBe(true);
  });

  test("what the caller does with its own arrays afterwards changes nothing", () => {
    const type = tensorType(shape);
    shape[0] = 99;
    list.length = 0;
    expect(type.shape).toEqual([2, 3]);
    expect(graph.updates).toHaveLength(1);
  });
});

describe("the order of nodes", () => {
  test("each comes after what it reads, once, however often it is read", () => {
    const a = applyOne(op, [x("x", 1)], {});
    const b = applyOne(op, [a, a], {});
    const c = applyOne(op, [a], {});
    const d = applyOne(op, [c, b, a], {});
    expect(makeGraph("diamond", { d }).nodes).toEqual([a, b, c, d].map(nodeOf));
  });

  test("is that in which the model was written, whatever the order of the outputs", () => {
    const first = applyOne(op, [x("x", 1)], {});
    const second = applyOne(op, [x("x", 1)], {});
    expect(makeGraph("g", { second, first }).nodes).toEqual([first, second].map(nodeOf));
  });

  test("a node that nothing needs is not in the graph", () => {
    const from = x("x", 1);
    const needed = applyOne(op, [from], {});
    applyOne(op, [needed], {});
    expect(makeGraph("g", { needed }).nodes).toHaveLength(1);
  });

  test("a variable is overwritten after all who read its old value, in whatever order they were written", () => {
    const state = makeVariable({
      name: "v",
      role: "statistic",
      type: tensorType([1]),
      initial: { kind: "constant", value: 0 },
    });
    const overwrite = fakeOp({ name: "overwrite", inPlace: () => [[0, 0]] });
    const update = applyOne(overwrite, [state.value], {});
    const after = applyOne(op, [update], {});
    const reader = applyOne(op, [state.value], {});
    const graph = verify(makeGraph("g", { reader, after }, [update]), "building");
    expect(graph.nodes).toEqual([reader, update, after].map(nodeOf));
  });

  test("also after readers of a view of it, and after those that a pass made anew behind another overwriter", () => {
    const state = (name: string) =>
      makeVariable({ name, role: "statistic", type: tensorType([1]), initial: { kind: "constant", value: 0 } });
    const [first, second] = [state("first"), state("second")];
    const overwrite = fakeOp({ name: "overwrite", inPlace: () => [[0, 0]] });
    const early = applyOne(overwrite, [first.value, x("x", 1)], {});
    const shown = applyOne(fakeOp({ name: "view", view: true }), [second.value], {});
    const reader = applyOne(op, [early, shown], {});
    const late = applyOne(overwrite, [second.value], {});
    const graph = verify(makeGraph("g", { reader }, [early, late]), "building");
    const renewed = rewrite(graph, (node, inputs, keep) =>
      node === nodeOf(reader) ? makeNode({ ...node, inputs, types: [tensorType([1])] }).outputs : keep(),
    );
    const names = verify(renewed, "renewing").nodes.map((node) => node.op.name);
    expect(names).toEqual(["view", "overwrite", "fake", "overwrite"]);
  });
});

describe("a chain of 20,000 nodes", () => {
  const graph = makeGraph("deep", { y: chain(x("x", 1), 20_000) });

  test("is built, verified, printed and optimized without a call stack of that depth", () => {
    expect(graph.nodes).toHaveLength(20_000);
    expect(verify(graph, "building")).toBe(graph);
    expect(printGraph(graph).split("\n")).toHaveLength(20_002);
    expect(optimize(graph).nodes).toHaveLength(20_000);
  });

  test("is rewritten whole", () => {
    const other = fakeOp({ name: "other" });
    const changed = rewrite(
      graph,
      (node, inputs) => makeNode({ ...node, op: other, inputs, types: [tensorType([1])] }).outputs,
    );
    expect(new Set(changed.nodes.map((node) => node.op.name))).toEqual(new Set(["other"]));
    expect(changed.nodes).toHaveLength(20_000);
    expect(graph.nodes[0]?.op.name).toBe("fake");
  });
});

describe("values", () => {
  test("leaves are inputs, variables and constants, each once", () => {
    const [from, number] = [x("x", 1), constant(tensorType([]), Float32Array.of(3))];
    const y = applyOne(op, [applyOne(op, [from, number], {}), from], {});
    expect(leavesOf(makeGraph("g", { y, x: from }))).toEqual([from, number]);
  });

  test("readers are nodes, outputs and updates", () => {
    const from = x("x", 1);
    const y = applyOne(op, [from, from], {});
    const readers = countReaders(makeGraph("g", { y, again: y }, [y]));
    expect([readers.get(from), readers.get(y)]).toEqual([2, 3]);
  });

  test("a node may have several results", () => {
    const two = fakeOp({ infer: ([type]) => (type ? [type, tensorType([7], "i32")] : []) });
    const results = apply(two, [x("x", 2)], {});
    expect(results.map(({ type }) => `${type.dtype}${type.shape}`)).toEqual(["f322", "i327"]);
  });

  test("a constant of the wrong size is an error", () => {
    expect(() => constant(tensorType([3]), Float32Array.of(1, 2))).toThrow(
      new GraphError({ seen: "8 bytes for a constant", wanted: "12" }),
    );
  });
});
