import { describe, expect, test } from "vitest";
import { ShaderError } from "../../src/core/errors.ts";
import type { ShaderBinding, ShaderModule } from "../../src/core/shader.ts";
import { link } from "../../src/gpu/link.ts";

function shader(path: string, source: string, parts: Partial<ShaderModule> = {}): ShaderModule {
  return { path, source, bindings: [], constants: {}, uses: [], ...parts };
}

const binding = (name: string, number: number): ShaderBinding => ({
  name,
  group: 0,
  binding: number,
  access: "read",
  type: "array<f32>",
});

describe("linking is concatenation", () => {
  const math = shader("lib/math", "fn square(x: f32) -> f32 { return x * x; }");
  const grid = shader("lib/grid", "fn index() -> u32 { return 0u; }", { uses: [math] });
  const tile = shader("gemm/tile", "fn main() {}", { uses: [grid, math] });

  test("each file once, those it uses before it, under its name", () => {
    const { code } = link([tile, math]);
    expect(code.split("\n").filter((line) => line.startsWith("// "))).toEqual([
      "// lib/math.wgsl",
      "// lib/grid.wgsl",
      "// gemm/tile.wgsl",
    ]);
    expect(code.match(/fn square/g)).toHaveLength(1);
  });

  test("the files stand as they are", () => {
    for (const { source } of [math, grid, tile]) expect(link([tile]).code).toContain(source);
  });

  test("enable directives move to the top, each once", () => {
    const a = shader("a", "enable subgroups;\n// a\nfn a() {}");
    const b = shader("b", "// b\nenable subgroups;\nenable f16;\nfn b() {}");
    expect(link([math, a, b]).code).toMatch(/^enable subgroups;\nenable f16;\n\/\/ lib\/math/);
    expect(link([a, b]).code.match(/enable subgroups/g)).toHaveLength(1);
  });

  test("bindings are those of all files", () => {
    const x = shader("x", "", { bindings: [binding("x", 0)] });
    const y = shader("y", "", { bindings: [binding("y", 3)], uses: [x] });
    expect(link([y]).bindings.map(({ name }) => name)).toEqual(["x", "y"]);
  });

  test("two bindings of one number are an error", () => {
    const x = shader("a/x", "", { bindings: [binding("x", 1)] });
    const y = shader("b/y", "", { bindings: [binding("y", 1)] });
    expect(() => link([x, y])).toThrow(
      new ShaderError({ where: "a/x + b/y", seen: "two bindings of one number", wanted: "a number for each" }),
    );
  });
});

describe("link-time constants", () => {
  const constants = { ROWS: 4, OFFSET: -1, SCALE: 1, FAST: 0, LANES: 1 };
  const source = `const ROWS = 4u;
const OFFSET = -1i;
const SCALE = 1f;
const FAST: bool = false;
const LANES: u32 = 1u;
const AREA = ROWS * ROWS;
fn rows() -> u32 { const ROWS2 = 4u; return ROWS2; }`;
  const kernel = shader("gemm/tile", source, { constants });

  test("keep the type of their literal", () => {
    const { code } = link([kernel], { ROWS: 8, OFFSET: 3, SCALE: 0.5, FAST: 1, LANES: 2 });
    expect(code).toContain("const ROWS = 8u;");
    expect(code).toContain("const OFFSET = 3i;");
    expect(code).toContain("const SCALE = 0.5f;");
    expect(code).toContain("const FAST: bool = true;");
    expect(code).toContain("const LANES: u32 = 2u;");
    expect(code).toContain("const AREA = ROWS * ROWS;");
  });

  test("that are not given keep their value", () => {
    expect(link([kernel], {}).code).toContain(source);
    expect(link([kernel], { ROWS: 5 }).code).toBe(link([kernel]).code.replace("ROWS = 4u", "ROWS = 5u"));
  });

  test("of a file that is used are set too", () => {
    const outer = shader("outer", "fn main() {}", { uses: [kernel] });
    expect(link([outer], { ROWS: 9 }).code).toContain("const ROWS = 9u;");
  });

  test("that no file declares are an error", () => {
    expect(() => link([kernel], { ROW: 8 })).toThrow(
      "gemm/tile: a value for ROW; wanted one of ROWS, OFFSET, SCALE, FAST, LANES.",
    );
  });
});
