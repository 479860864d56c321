import { describe, expect, test } from "vitest";
import type { Target } from "../../src/core/call.ts";
import { adjointOf } from "../support/adjointOf.ts";
import type { LinearCase } from "../support/linearCase.ts";
import { linearOps } from "../support/linearOps.ts";
import { dot } from "../support/reference.ts";
import { evaluate } from "../support/run.ts";

/**
 * <A x, y> = <x, A' y>: the gradient of a linear operator is its transpose, whatever the kernels of both. That no
 * operator is missing here, test/project/proofs.node.test.ts sees to.
 */
const norm = (data: ArrayLike<number>) => Math.sqrt(dot(data, data));

async function expectAdjoint(linearCase: LinearCase, target: Partial<Target>): Promise<void> {
  const { y, operands, result, values } = adjointOf(linearCase);
  const got: Record<string, ArrayLike<number>> = await evaluate(values, { target });
  expect(got, "two runs give the same bits").toEqual(await evaluate(values, { target }));
  const forward = got.result ?? [];
  expect(forward).toHaveLength(y.length);
  operands.forEach(({ x, adjoint }, i) => {
    const back = got[`adjoint${i}`] ?? [];
    expect(adjoint.type.shape).toEqual(linearCase.operands[i]);
    // Each number is off by a few roundings of 2^-24 of the sum of its terms; so are both products, of their norms.
    const tolerance = 1e-6 * (norm(forward) * norm(y) + norm(x) * norm(back));
    expect(Math.abs(dot(forward, y) - dot(x, back)), `operand ${i}, result ${result.type.shape}`).toBeLessThanOrEqual(
      tolerance,
    );
    expect(norm(back), `operand ${i}`).toBeGreaterThan(0);
  });
}

const targets: Partial<Target>[] = [{}, { software: false, subgroups: false }];

describe.each(Object.entries(linearOps))("%s", (_, cases) => {
  const named = cases.map((each, i) => [i, each.operands.map((shape) => `[${shape}]`).join(" and "), each] as const);

  test.each(named)("case %i of %s", async (_index, _shapes, each) => {
    for (const target of targets) await expectAdjoint(each, target);
  });
});
