import { expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { flopsOf, multiplyAdds, stream } from "../../src/ops/ceilings.ts";
import { evaluate, numbers, tensor } from "../support/run.ts";

test("stream halves every number", async () => {
  const x = numbers(3 * 4096, 7);
  const { y } = await evaluate({ y: stream(tensor([3, 4096], x)) });
  expect([...y]).toEqual([...x.map((value) => value / 2)]);
});

test("stream takes whole workgroups", () => {
  expect(() => stream(tensor([4095], numbers(4095, 7)))).toThrow(
    new ShapeError({ where: "stream", seen: "x [4095]", wanted: "a multiple of 4096 numbers" }),
  );
});

test("the chains of multiply-adds are all computed: each ends at the fixed point 2 of x / 2 + 1", async () => {
  const attrs = { invocations: 128, turns: 4 };
  const { y } = await evaluate({ y: multiplyAdds(attrs) });
  // Two vectors that start within 127 of it: 128 halvings later nothing of that is left. Their sum, over four lanes.
  expect([...y]).toEqual(new Array(128).fill(16));
  expect(flopsOf(attrs)).toBe(128 * 4 * 512);
});
