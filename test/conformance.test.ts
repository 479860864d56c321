import { expect, test } from "vitest";
import { adapters } from "./conformance/ops.ts";
import { allGoldenCases, checkGolden } from "./support/golden.ts";

/** Every case of test/golden that the engine knows, outputs and gradients, within the given tolerances. */
const cases = await allGoldenCases();
const ops = [...new Set(cases.flatMap((found) => (found.kind === "op" ? [found.op] : [])))];

test.each(ops.filter((op) => op in adapters))("%s as in PyTorch", (op) => checkGolden(op));

test("every adapter has vectors", () => {
  expect(Object.keys(adapters).filter((op) => !ops.includes(op))).toEqual([]);
});
