import { expect, test } from "vitest";
import { DTypeError, ShapeError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { recordScalar } from "../../src/ops/history.ts";
import { plan } from "../../src/passes/index.ts";
import { tensor, testGpu } from "../support/run.ts";

function historyOf(length: number) {
  return makeVariable({
    name: "history",
    role: "metric",
    type: tensorType([length]),
    initial: { kind: "values", data: new Float32Array(length) },
  });
}

test("a ring keeps the last values, oldest overwritten first", async () => {
  const gpu = await testGpu();
  const history = historyOf(3);
  const store = new Variables(gpu, [history]);
  const value = input("value", tensorType([]));
  const step = input("step", tensorType([], "u32"));
  const graph = makeGraph("record", {}, [recordScalar(value, step, history)]);
  const commands = await CommandGraph.compile(plan(graph, store.layout, gpu.target), store);
  const seen: number[][] = [];
  for (let at = 0; at < 5; at++) {
    commands.write("value", Float32Array.of(10 + at));
    commands.write("step", Uint32Array.of(at));
    commands.run();
    seen.push([...(await store.read(history))]);
  }
  expect(seen).toEqual([
    [10, 0, 0],
    [10, 11, 0],
    [10, 11, 12],
    [13, 11, 12],
    [13, 14, 12],
  ]);
  commands.dispose();
  store.dispose();
});

test("only a scalar f32 at a u32 step is recorded", () => {
  const step = tensor([], [0], "u32");
  expect(() => recordScalar(tensor([2], [1, 2]), step, historyOf(3))).toThrow(ShapeError);
  expect(() => recordScalar(tensor([], [1], "i32"), step, historyOf(3))).toThrow(DTypeError);
  expect(() => recordScalar(tensor([], [1]), tensor([], [0]), historyOf(3))).toThrow(
    "record: step of type f32[]; wanted u32.",
  );
});
