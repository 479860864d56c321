import { expect, test } from "vitest";
import { inline, oneStep, type Program, programBody, programName, shareOperands } from "../../src/core/expression.ts";

const add = oneStep("add", ["a", "b"], "a + b");
const mul = oneStep("mul", ["a", "b"], "a * b");
const tanh = oneStep("tanh", ["x"], "tanhSafe(x)");

/** Runs a program on numbers, through the very text that becomes WGSL. */
function run(program: Program, ...operands: number[]): number {
  const names = Array.from({ length: program.operands }, (_, i) => `o${i}`);
  const body = programBody(program);
  const compiled = new Function("Lane", "tanhSafe", ...names, body) as (...args: unknown[]) => number;
  return compiled(Number, Math.tanh, ...operands);
}

test("one step names its operands in order", () => {
  expect(programBody(mul)).toBe("  let s0 = o0 * o1;\n  return s0;");
  expect(programName(mul)).toBe("mul");
});

test("names are replaced as whole words, once, and nothing else is", () => {
  const step = oneStep("odd", ["x", "y"], "max(x, xy.x) + y * Lane(1e-7)");
  expect(programBody(step)).toContain("max(o0, xy.o0) + o1 * Lane(1e-7)");
  // y stands for operand 0 here: a name that is replaced by another name's text is not replaced again.
  const crossed: Program = {
    operands: 2,
    steps: [{ name: "sub", expression: "o1 - o0", names: ["o1", "o0"], args: [0, 1] }],
    result: 2,
  };
  expect(run(crossed, 5, 3)).toBe(2);
});

test("inline puts the operands of the inner program in place of the one that it computes", () => {
  for (const [at, want] of [
    [0, (2 + 3) * 7],
    [1, 2 * (3 + 7)],
  ] as const) {
    const both = inline(mul, at, add);
    expect(both.operands).toBe(3);
    expect(programName(both)).toBe("add, mul");
    expect(run(both, 2, 3, 7)).toBe(want);
  }
});

test("inline keeps all places of longer programs, on both sides", () => {
  // (a + b) * c, then tanh of (that + d): operands a b c d.
  const product = inline(mul, 0, add);
  const sum = inline(add, 0, product);
  const whole = inline(tanh, 0, sum);
  expect(whole.operands).toBe(4);
  expect(run(whole, 0.1, 0.2, 0.3, 0.4)).toBeCloseTo(Math.tanh((0.1 + 0.2) * 0.3 + 0.4), 15);
  // d * tanh(a * b) with the program in the second place.
  const right = inline(mul, 1, inline(tanh, 0, mul));
  expect(run(right, 0.4, 0.5, 0.6)).toBeCloseTo(0.4 * Math.tanh(0.3), 15);
});

test("a program that only passes an operand on can be inlined, and inlined into", () => {
  const pass: Program = { operands: 1, steps: [], result: 0 };
  expect(programBody(pass)).toBe("  return o0;");
  expect(run(inline(mul, 1, pass), 3, 4)).toBe(12);
  expect(run(inline(pass, 0, mul), 3, 4)).toBe(12);
});

test("shareOperands loads equal operands once and keeps their first place", () => {
  const sum = inline(add, 0, mul);
  const { program, operands } = shareOperands(sum, ["p", "q", "p"]);
  expect(operands).toEqual(["p", "q"]);
  expect(program.operands).toBe(2);
  expect(run(program, 3, 5)).toBe(3 * 5 + 3);
  const same = shareOperands(sum, ["p", "q", "r"]);
  expect(same.operands).toEqual(["p", "q", "r"]);
  expect(run(same.program, 3, 5, 7)).toBe(22);
});
