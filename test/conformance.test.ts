import { expect, test } from "vitest";
import { models } from "./conformance/models.ts";
import { adapters } from "./conformance/ops.ts";
import { allGoldenCases, checkCase, checkGolden } from "./support/golden.ts";

/** Every case of test/golden that the engine knows, within the given tolerances. */
const cases = await allGoldenCases();
const ops = [...new Set(cases.flatMap((found) => (found.kind === "op" ? [found.op] : [])))];

test.each(ops.filter((op) => op in adapters))("%s as in PyTorch, and its gradients", (op) => checkGolden(op));

const trajectories = cases.filter(({ kind }) => kind === "optimizer");
test.each(trajectories.map((found) => [found.id, found] as const))("optimizer %s as in PyTorch, 20 steps", (_, found) =>
  checkCase(found),
);

const runs = cases.filter((found) => found.kind === "train" && found.model in models);
test.each(runs.map((found) => [found.id, found] as const))("training run %s as in PyTorch, 30 steps", (_, found) =>
  checkCase(found),
);

test("every adapter has vectors, and every optimizer and training run is among the tests", () => {
  expect(Object.keys(adapters).filter((op) => !ops.includes(op))).toEqual([]);
  expect(trajectories).toHaveLength(18);
  expect(runs.map(({ id }) => id)).toEqual(["lenet5_sgd", "lenet5_adam", "unet_sgd", "unet_adam"]);
});
