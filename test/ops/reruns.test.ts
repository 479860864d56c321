import { describe, expect, test } from "vitest";
import { randomOps } from "../support/randomOps.ts";
import { evaluate } from "../support/run.ts";

/**
 * The same seed gives the same bits. Operators that draw nothing show that in adjoint.test.ts and
 * centralDifferences.test.ts; that no random one is missing here, test/project/proofs.node.test.ts sees to.
 */
describe.each(Object.entries(randomOps))("%s", (_, draw) => {
  async function drawn(seed: number): Promise<Record<string, number[]>> {
    const { values, variables = [] } = draw(seed);
    const got: Record<string, ArrayLike<number>> = await evaluate(values, { variables });
    return Object.fromEntries(Object.entries(got).map(([name, data]) => [name, Array.from(data)]));
  }

  test("draws the same from the same seed, and something else from another", async () => {
    const first = await drawn(3);
    expect(await drawn(3)).toEqual(first);
    for (const [name, data] of Object.entries(await drawn(4))) expect(data, name).not.toEqual(first[name]);
  });
});
