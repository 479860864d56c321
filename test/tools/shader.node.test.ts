import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ShaderError } from "../../src/core/errors.ts";
import { reflectShader } from "../../tools/reflect.ts";
import { shaderCode, wgsl } from "../../tools/shader-plugin.ts";

const reflect = (source: string) => reflectShader("shaders/x.wgsl", source);

describe("reflection", () => {
  const source = `// One invocation writes one element. const NOT = 1u;
enable subgroups;
/* a note, /* nested */ with a link: https://www.w3.org/TR/WGSL/ */
const TILE = 4u;
const LANES: u32 = 0x10u; // set at link time
const SCALE: f32 = -1.5e-3;
const OFFSET = -3i;
const FAST: bool = true;
const AREA = TILE * TILE;
const FIRST = vec4f(1.0);

struct Params { rows: u32, shift: i32, @size(16) rate: f32, last: f32 }

@group(0) @binding(2) var<uniform> p: Params;
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1)
var<storage, read_write> y : array<vec4<f32>>; // the result
@group(1) @binding(0) var<storage> table: array<array<Lane, TILE>, 2>;
var<workgroup> tile: array<Lane, AREA>;

fn local(v: Lane) -> Lane { const inner = 9u; return fetch(v, inner) * Lane(SCALE); }

@compute @workgroup_size(TILE, LANES)
fn main(@builtin(workgroup_id) group: vec3u) {
  let i = flatten(group);
  if i >= p.rows { return; }
  for (var k = 0u; k < REPEAT; k++) { y[i] = epilogue(local(x[i + k]), i); }
}
`;
  const { bindings, constants } = reflect(source);

  test("bindings come by group and number, with access and type as declared", () => {
    expect(bindings.map(({ name, group, binding, access, type }) => [name, group, binding, access, type])).toEqual([
      ["x", 0, 0, "read", "array<Lane>"],
      ["y", 0, 1, "read_write", "array<vec4<f32>>"],
      ["p", 0, 2, "uniform", "Params"],
      ["table", 1, 0, "read", "array<array<Lane, TILE>, 2>"],
    ]);
    expect(bindings[0]).not.toHaveProperty("struct");
  });

  test("a uniform struct comes with WGSL's offsets", () => {
    expect(bindings[2]?.struct).toEqual({
      name: "Params",
      size: 28,
      members: [
        { name: "rows", type: "u32", offset: 0 },
        { name: "shift", type: "i32", offset: 4 },
        { name: "rate", type: "f32", offset: 8 },
        { name: "last", type: "f32", offset: 24 },
      ],
    });
  });

  test("constants are the module-scope literals", () => {
    expect(constants).toEqual({ TILE: 4, LANES: 16, SCALE: -0.0015, OFFSET: -3, FAST: 1 });
  });

  test.each([
    ["a syntax error", "fn f() { let a = 1 }", /shaders\/x\.wgsl: a syntax error.*Line: 1/],
    ["an unfinished file", "fn f() { x = 3;", /shaders\/x\.wgsl: a syntax error/],
    ["stray text", "fn f() {}\nhello world\nfn g() {}", /"hello world" in line 2/],
    ["a stray brace", "fn f() {} }", /"}" in line 1/],
    [
      "a vector in a uniform",
      "struct P { n: u32, v: vec2f }\n@group(0) @binding(0) var<uniform> p: P;",
      /shaders\/x\.wgsl: P\.v of type vec2f.*u32, i32 or f32/,
    ],
    ["a uniform of an unknown struct", "@group(0) @binding(0) var<uniform> p: Params;", /"p" of type Params/],
    ["a sampler", "@group(0) @binding(0) var s: sampler;", /the resource "s"/],
    [
      "two resources in one place",
      "@group(0) @binding(0) var<storage> a: array<f32>; @group(0) @binding(0) var<storage> b: array<f32>;",
      /"a" and "b" both at @group\(0\) @binding\(0\)/,
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => reflect(text)).toThrow(ShaderError);
    expect(() => reflect(text)).toThrow(message);
  });
});

describe("shader modules", () => {
  let root: string;
  const write = (path: string, text: string) => {
    const file = join(root, "shaders", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const code = (file: string) => shaderCode(join(root, "shaders"), file);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wgrad-shaders-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("an import gives a frozen module with those that it uses", async () => {
    write("lib/grid.wgsl", "fn flatten(g: vec3u) -> u32 { return g.x; }\n");
    write("gemm/store.wgsl", "// uses: lib/grid\nconst TILE = 2u;\n");
    const text = "// Tiles.\n// uses: lib/grid, gemm/store\n@group(0) @binding(0) var<storage> x: array<Lane>;\n";
    write("gemm/tile.wgsl", text);
    const { createServer } = await import("vite");
    const server = await createServer({
      root,
      configFile: false,
      logLevel: "silent",
      plugins: [wgsl()],
      server: { middlewareMode: true, watch: null, ws: false },
    });
    try {
      const { default: tile } = await server.ssrLoadModule("/shaders/gemm/tile.wgsl");
      expect(tile.path).toBe("gemm/tile");
      expect(tile.source).toBe(text);
      expect(tile.uses.map((used: { path: string }) => used.path)).toEqual(["lib/grid", "gemm/store"]);
      expect(tile.uses[1].uses[0]).toBe(tile.uses[0]);
      expect(tile.uses[1].constants).toEqual({ TILE: 2 });
      for (const part of [tile, tile.bindings, tile.bindings[0], tile.constants, tile.uses]) {
        expect(Object.isFrozen(part)).toBe(true);
      }
      write("gemm/bad.wgsl", "fn f( { }");
      await expect(server.ssrLoadModule("/shaders/gemm/bad.wgsl")).rejects.toThrow("shaders/gemm/bad.wgsl");
    } finally {
      await server.close();
    }
  });

  test("refuses a used file that is missing, and names both", () => {
    const file = write("a.wgsl", "// uses: lib/none\n");
    expect(() => code(file)).toThrow(/shaders\/a\.wgsl: "\/\/ uses: lib\/none".*shaders\/lib\/none\.wgsl/);
  });

  test("refuses uses in a circle", () => {
    const file = write("a.wgsl", "// uses: b\n");
    write("b.wgsl", "// uses: a\n");
    expect(() => code(file)).toThrow(/circle of uses \(a -> b -> a\)/);
  });

  test("refuses uses that are no paths", () => {
    expect(() => code(write("a.wgsl", "// uses: ../secret\n"))).toThrow(ShaderError);
    expect(() => code(write("b.wgsl", "// uses: lib/grid,\n"))).toThrow(ShaderError);
  });

  test("refuses a shader outside the folder", () => {
    expect(() => code(join(root, "stray.wgsl"))).toThrow(ShaderError);
  });
});
