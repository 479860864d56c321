import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readShader } from "../../src/core/readShader.ts";
import { link } from "../../src/gpu/link.ts";
import { minifyShader, tokensOf } from "../../tools/minifyShader.ts";
import { shaderFiles } from "../support/shaderFiles.ts";

const isName = /^[A-Za-z_]\w*$/;

/** The text of each function, and what stands between them. */
function pieces(tokens: readonly string[]): string[][] {
  const found: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === "fn" && depth === 0) found.push([]);
    found.at(-1)?.push(token);
    if (token === "{") depth++;
    if (token === "}" && --depth === 0) found.push([]);
  }
  return found;
}

/** Names of one text by those of the other, where they are the same program; else the place where they part. */
function renaming(from: readonly string[], to: readonly string[]): Map<string, string> | string {
  const names = new Map<string, string>();
  for (const [i, token] of from.entries()) {
    const other = to[i] ?? "the end";
    const isMember = from[i - 1] === ".";
    const wanted = isMember || !isName.test(token) ? token : (names.get(token) ?? other);
    if (other !== wanted) return `${from.slice(Math.max(0, i - 5), i + 1).join(" ")} became ${other}`;
    if (!isMember && isName.test(token)) names.set(token, other);
  }
  if (from.length !== to.length) return "another length";
  if (new Set(names.values()).size < names.size) return "two names became one";
  return names;
}

test.each(shaderFiles)("%s is the same program, but for the names in its functions", (file) => {
  const source = readFileSync(file, "utf8");
  const [before, after] = [pieces(tokensOf(source)), pieces(tokensOf(minifyShader(source)))];
  expect(after.length).toBe(before.length);
  const moduleScope = new Set(tokensOf(source).filter((_, i, all) => /^(fn|struct|alias)$/.test(all[i - 1] ?? "")));
  before.forEach((piece, i) => {
    const names = renaming(piece, after[i] ?? []);
    if (typeof names === "string") expect.fail(names);
    for (const [from, to] of names) if (moduleScope.has(from) || i === 0) expect(to).toBe(from);
  });
});

test("all of them together shrink to less than half", () => {
  const sizes = shaderFiles.map((file) => {
    const source = readFileSync(file, "utf8");
    return [source.length, minifyShader(source).length] as const;
  });
  const sum = (at: 0 | 1) => sizes.reduce((total, size) => total + size[at], 0);
  expect(sum(1) / sum(0)).toBeLessThan(0.55);
});

describe("names", () => {
  /** What stands between the outer braces. */
  const body = (text: string) =>
    minifyShader(text)
      .replace(/^[^{]*\{/, "")
      .replace(/\}$/, "");

  test("a variable that hides a resource in its own value keeps its name", () => {
    expect(body("fn f(i: u32) {\n  let x = x[i];\n  use(x);\n}")).toBe("let x=x[a];use(x);");
  });

  test("a variable of one block does not take a name from the module's in another", () => {
    expect(body("fn f() {\n  if (LANES > 1u) { let y = 1u; use(y); }\n  y[0] = 2.0;\n}")).toContain("let y=1u;");
  });

  test("members keep theirs, and lend them to no variable", () => {
    expect(body("fn f(value: Pair) {\n  use(value.a, value.value);\n}")).toBe("use(b.a,b.value);");
  });

  test("tokens that would run together stay apart", () => {
    expect(body("fn f() {\n  let y = 1u - -z;\n  let list: array<u32, 2> = of(y);\n}")).toBe(
      "let a=1u- -z;let b:array<u32,2> =of(a);",
    );
  });
});

test("the linker sets constants and unrolls loops in it", () => {
  const text = "const TURNS = 1u; // set\nfn main() {\n  // unroll\n  for (var i = 0u; i < TURNS; i++) { use(i); }\n}";
  const { code } = link([readShader("x", minifyShader(text))], { TURNS: 2 });
  expect(code.replace(/\s/g, "")).toContain("constTURNS=2u;fnmain(){{use(0u);}{use(1u);}}");
});
