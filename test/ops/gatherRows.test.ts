import { expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { constant } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { gatherRows } from "../../src/ops/gatherRows.ts";
import { permuted } from "../support/permute.ts";
import { evaluate } from "../support/run.ts";

const cursorOf = (...numbers: number[]) => constant(tensorType([4], "u32"), Uint32Array.from(numbers));

test.each([
  ["in order", [2, 0, 0, 0]],
  ["shuffled", [2, 7, 3, 1]],
] as const)("rows of a part, %s, and none past its end", async (_, cursor) => {
  const [rows, width, from, count] = [11, 6, 3, 7];
  const x = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(Math.sin(i)));
  const y = Int32Array.from({ length: rows }, (_, i) => i * i - 20);
  const attrs = { batchSize: 8, from, count };
  const got = await evaluate({
    x: gatherRows(constant(tensorType([rows, 2, 3]), x), cursorOf(...cursor), attrs),
    y: gatherRows(constant(tensorType([rows], "i32"), y), cursorOf(...cursor), attrs),
  });
  const [first, seed, epoch, shuffle] = cursor;
  for (let b = 0; b < 8; b++) {
    const position = first + b;
    const at = from + (shuffle ? permuted(position, count, seed, epoch) : position);
    const inside = position < count;
    const row = inside ? [...x.subarray(at * width, (at + 1) * width)] : new Array(width).fill(0);
    expect([...got.x.subarray(b * width, (b + 1) * width)]).toEqual(row);
    expect(got.y[b]).toBe(inside ? y[at] : -100);
  }
});

test("a part that there is not", () => {
  const table = constant(tensorType([4, 2]), new Float32Array(8));
  const act = () => gatherRows(table, cursorOf(0, 0, 0, 0), { batchSize: 2, from: 3, count: 2 });
  expect(act).toThrow(ShapeError);
  expect(act).toThrow("table f32[4, 2]; wanted 5 rows");
});
