import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import type { Target } from "../../src/core/call.ts";
import type { Value } from "../../src/core/graph.ts";
import { sizeOf } from "../../src/core/types.ts";
import { add } from "../../src/ops/elementwise.ts";
import type { NonLinearCase } from "../support/nonLinearCase.ts";
import { nonLinearOps } from "../support/nonLinearOps.ts";
import { numericGradient } from "../support/reference.ts";
import { evaluate, numbers, tensor } from "../support/run.ts";

/**
 * Operators that are not linear, against the same in f64: their values, and their gradients against central differences
 * of the f64 function. That none is missing here, test/project/proofs.node.test.ts sees to.
 */
function expectClose(name: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length, name).toBe(want.length);
  const size = Math.max(1, ...Array.from(want, Math.abs));
  const worst = Array.from(got).reduce((most, value, i) => {
    const error = Math.abs(value - (want[i] ?? Number.NaN)) / size;
    return Math.max(error, most);
  }, 0);
  // 2^-24 is 6e-8: some twenty roundings of numbers of this size.
  expect(worst, name).toBeLessThanOrEqual(1.5e-6);
}

async function expectGradients({ operands, apply, reference }: NonLinearCase, target: Partial<Target>): Promise<void> {
  const leaves = operands.map(({ shape, data }) => tensor(shape, data));
  const y = apply(...leaves);
  const dY = numbers(sizeOf(y.type.shape), 91);
  const gradients = differentiate(y, leaves, add, tensor(y.type.shape, dY));
  const values: Record<string, Value> = { y };
  gradients.forEach((value, i) => {
    if (!value) throw new Error(`no gradient by operand ${i}`);
    values[`d${i}`] = value;
  });
  const got: Record<string, ArrayLike<number>> = await evaluate(values, { target });
  expect(got, "two runs give the same bits").toEqual(await evaluate(values, { target }));
  const data = operands.map((each): ArrayLike<number> => each.data);
  expectClose("y", got.y ?? [], reference(...data));
  operands.forEach((each, i) => {
    const objective = (moved: Float64Array) =>
      Array.from(reference(...data.with(i, moved))).reduce((sum, value, at) => sum + value * (dY[at] ?? 0), 0);
    expectClose(`gradient by operand ${i}`, got[`d${i}`] ?? [], numericGradient(objective, each.data));
  });
}

const targets: Partial<Target>[] = [{}, { software: false, subgroups: false }];

describe.each(Object.entries(nonLinearOps))("%s", (_, cases) => {
  const named = cases.map(
    (each, i) => [i, each.operands.map(({ shape }) => `[${shape}]`).join(" and "), each] as const,
  );

  test.each(named)("case %i of %s", async (_index, _shapes, each) => {
    for (const target of targets) await expectGradients(each, target);
  });
});
