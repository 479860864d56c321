import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { type Graph, makeGraph, makeNode, makeVariable, type Node, scratch, type Value } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import { tensorType } from "../../src/core/types.ts";
import { verify } from "../../src/core/verify.ts";
import { fakeOp, x } from "../support/graphs.ts";

const op = fakeOp();
const overwrite = fakeOp({ name: "overwrite", inPlace: () => [[0, 0]] });

const node = (inputs: readonly Value[], types = [tensorType([2])]) =>
  makeNode({ op, attrs: {}, inputs, types, path: "net/layer" });

/** A graph as a pass with a bug would leave it. */
function graphOf(...nodes: Node[]): Graph {
  const outputs = nodes.at(-1)?.outputs.map((value, i) => [`y${i}`, value]) ?? [];
  return { name: "broken", nodes, outputs: Object.fromEntries(outputs), updates: [] };
}

function makeState() {
  return makeVariable({
    name: "layer/mean",
    role: "statistic",
    type: tensorType([2]),
    initial: { kind: "constant", value: 0 },
  });
}

describe("verify", () => {
  test("returns a sound graph as it is", () => {
    const graph = makeGraph("sound", { y: applyOne(op, [applyOne(op, [x("x", 2)], {})], {}) });
    expect(verify(graph, "fuse")).toBe(graph);
  });

  test("refuses a node that reads scratch", () => {
    expect(() => verify(graphOf(node([scratch(tensorType([2]))])), "fuse")).toThrow(
      "net/layer: after fuse: fake reads scratch; wanted a value of the graph.",
    );
  });

  test("refuses nodes out of order", () => {
    const first = node([x("x", 2)]);
    const second = node(first.outputs);
    expect(() => verify(graphOf(second, first), "prune")).toThrow(
      "net/layer: after prune: fake reads a value that is not made before it; wanted nodes in order.",
    );
  });

  test("refuses a value of a node that is not in the graph", () => {
    const missing = node([x("x", 2)]);
    expect(() => verify(graphOf(node(missing.outputs)), "prune")).toThrow("reads a value that is not made before it");
  });

  test.each([
    ["another shape", [tensorType([3])], "fake states f32[3]; wanted f32[2]."],
    ["another element type", [tensorType([2], "i32")], "fake states i32[2]; wanted f32[2]."],
    ["no type", [], "fake states no type; wanted f32[2]."],
  ])("refuses %s than the operator infers", (_, types, message) => {
    expect(() => verify(graphOf(node([x("x", 2)], types)), "foldViews")).toThrow(`after foldViews: ${message}`);
  });

  test("leaves the operands of an epilogue out of what the operator infers", () => {
    const picky = fakeOp({ infer: (types) => (types.length === 1 ? types : []) });
    const program = { operands: 2, steps: [], result: 0 };
    const parts = { op: picky, attrs: {}, inputs: [x("x", 2), x("b", 2)], types: [tensorType([2])], path: "" };
    expect(() => verify(graphOf(makeNode({ ...parts, epilogue: program })), "fuse")).not.toThrow();
  });

  test("refuses to overwrite what is no variable", () => {
    const graph = makeGraph("g", {}, [applyOne(overwrite, [x("x", 2)], {})]);
    expect(() => verify(graph, "building")).toThrow(
      "after building: overwrite overwrites a value that is no variable; wanted a variable.",
    );
  });

  test("refuses to overwrite a variable that a later node reads", () => {
    const state = makeState();
    const update = makeNode({ op: overwrite, attrs: {}, inputs: [state.value], types: [tensorType([2])], path: "opt" });
    const reader = node([state.value]);
    expect(() => verify(graphOf(update, reader), "building")).toThrow(
      new GraphError({
        where: "opt",
        seen: "after building: overwrite overwrites layer/mean before its last reader",
        wanted: "readers first",
      }),
    );
    expect(() => verify(graphOf(reader, update), "building")).not.toThrow();
  });
});
