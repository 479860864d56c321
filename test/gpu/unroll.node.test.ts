import { describe, expect, test } from "vitest";
import { unrollLoops } from "../../src/gpu/unroll.ts";

/** The text without blanks at the ends of lines, empty lines and indentation. */
const squeeze = (text: string) => text.replaceAll(/\s+/g, " ").trim();

describe("unrollLoops", () => {
  test("copies the body, with the variable as a literal", () => {
    const text = "const ROWS = 3u;\n// unroll\nfor (var i = 0u; i < ROWS; i++) { acc[i] = f(i, index); }";
    expect(squeeze(unrollLoops(text))).toBe(
      "const ROWS = 3u; { acc[0u] = f(0u, index); } { acc[1u] = f(1u, index); } { acc[2u] = f(2u, index); }",
    );
  });

  test("leaves all else untouched, also loops that are not marked", () => {
    const text = `// a loop; unroll it not
for (var i = 0u; i < 4u; i++) { a[i] = 0.0; }
/* { */
fn f() -> f32 { return 1.0; }
`;
    expect(unrollLoops(text)).toBe(text);
    const mixed = `${text}// unroll\nfor (var k = 0u; k < 1u; k++) { b[k] = i; }\n${text}`;
    expect(unrollLoops(mixed)).toBe(`${text}{ b[0u] = i; }\n${text}`);
  });

  test("nests: inner loops unroll within each copy, and may use the outer variable", () => {
    const text = `// unroll
for (var i = 0u; i < 2u; i++) {
  // unroll
  for (var j = 0u; j < 2u; j++) { acc[i * 2u + j] = a[i] * b[j]; }
}
end();`;
    const code = squeeze(unrollLoops(text));
    expect(code.match(/acc\[\d+u \* 2u \+ \d+u\]/g)).toEqual([
      "acc[0u * 2u + 0u]",
      "acc[0u * 2u + 1u]",
      "acc[1u * 2u + 0u]",
      "acc[1u * 2u + 1u]",
    ]);
    expect(code).toMatch(/end\(\);$/);
    expect(code).not.toContain("for");
  });

  test("an inner loop's bound may be the outer variable", () => {
    const text = "// unroll\nfor (var i = 0u; i < 3u; i++) {\n// unroll\nfor (var j = 0u; j < i; j++) { t(i, j); }\n}";
    expect(unrollLoops(text).match(/t\(\d+u, \d+u\)/g)).toEqual(["t(1u, 0u)", "t(2u, 0u)", "t(2u, 1u)"]);
  });

  test.each([
    ["ROWS * LANES", 12],
    ["(ROWS + 1u) * 2", 8],
    ["ROWS - 1u", 2],
    ["7u / 2u", 3],
    ["AREA", 9],
    ["0u", 0],
  ])("a bound of %s", (bound, count) => {
    // Files are linked in no particular order: AREA is computed from what is declared after it.
    const text = `const AREA = ROWS * ROWS;\nconst ROWS = 3u;\nconst LANES: u32 = 4u;\n// unroll\nfor (var i = 0u; i < ${bound}; i++) { one(); }`;
    expect(unrollLoops(text).match(/one\(\)/g) ?? []).toHaveLength(count);
  });

  test("i += 1u counts too, and braces within the body are matched", () => {
    const text = "// unroll\nfor (var i = 0u; i < 2u; i += 1u) { if (i < n) { a(i); } else { b(i); } }\nafter();";
    expect(squeeze(unrollLoops(text))).toBe(
      "{ if (0u < n) { a(0u); } else { b(0u); } } { if (1u < n) { a(1u); } else { b(1u); } } after();",
    );
  });

  test("a variable is replaced as a word, not as a part of one", () => {
    const text = "// unroll\nfor (var i = 0u; i < 1u; i++) { index[i] = min(i, limit); }";
    expect(unrollLoops(text)).toBe("{ index[0u] = min(0u, limit); }");
  });

  test("a bound that is no constant is an error", () => {
    const text = "// unroll\nfor (var i = 0u; i < params.rows; i++) { a(i); }";
    expect(() => unrollLoops(text)).toThrow("unroll to params.rows; wanted a bound of constants.");
  });

  test("a loop without end is an error", () => {
    expect(() => unrollLoops("// unroll\nfor (var i = 0u; i < 2u; i++) { a(i);")).toThrow("a loop without end");
  });
});
