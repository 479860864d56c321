import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readShader } from "../../src/core/readShader.ts";
import { minifyShader } from "../../tools/minifyShader.ts";
import { reflectShader } from "../../tools/reflect.ts";
import { shaderFiles } from "../support/shaderFiles.ts";

/** What a parser makes of the same text. */
test.each(shaderFiles)("%s is read as a parser reads it, minified or not", (file) => {
  const source = readFileSync(file, "utf8");
  const parsed = reflectShader(file, source);
  for (const text of [source, minifyShader(source)]) {
    const { bindings, constants } = readShader(file, text);
    const plain = bindings.map((binding) => ({ ...binding, type: binding.type.replaceAll(/,(?=\S)/g, ", ") }));
    expect({ bindings: plain, constants }).toEqual(parsed);
  }
});

test("constants keep their kind: whole numbers, fractions, truth, hexadecimal; expressions are none", () => {
  const text = "const A = 4u;\nconst B: f32 = -1.5e-3;\nconst C = true;\nconst D = 0x10u;\nconst E = A * 2u;\n";
  expect(readShader("x", text).constants).toEqual({ A: 4, B: -0.0015, C: 1, D: 16 });
});

test("what a comment says is not read", () => {
  const { bindings, constants } = readShader("x", "// const A = 4u;\n// @group(0) @binding(0) var<uniform> p: P;\n");
  expect({ bindings, constants }).toEqual({ bindings: [], constants: {} });
});
