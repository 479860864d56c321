import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../src/ops/index.ts";
import { opFiles } from "../../tools/opTable.ts";

/**
 * CONTRIBUTING.md says that an operator is added in three files, src/ops, shaders and test/ops, and a line of the
 * catalogue. This keeps it true.
 */
const files = opFiles();
const known = [...catalogue.keys()];
const withOps = files.filter(({ ops }) => ops.length > 0);
const tests = readdirSync("test/ops").filter((name) => name.endsWith(".test.ts"));
const testedFiles = new Set([
  ...tests.map((name) => name.replace(".test.ts", "")),
  ...tests
    .flatMap((name) => [...readFileSync(`test/ops/${name}`, "utf8").matchAll(/src\/ops\/(\w+)\.ts"/g)])
    .map(([, name = ""]) => name),
]);

describe.each(withOps.map((file) => [file.name, file] as const))("src/ops/%s.ts", (name, { ops, shaderFolders }) => {
  test("is in the catalogue", () => {
    expect(ops.filter((op) => !catalogue.has(op)).map((op) => op.name)).toEqual([]);
  });

  test("has kernels, or operators that need none of their own", () => {
    const composed = ops.every((op) => op.view || op.program);
    expect(shaderFolders.length > 0 || composed).toBe(true);
  });

  test("has a test in test/ops", () => {
    // A family that is split over several files is tested through the one with its public functions.
    const doors = files.filter((file) => file.offers.includes(name)).map((file) => file.name);
    expect([name, ...doors].some((file) => testedFiles.has(file))).toBe(true);
  });
});

describe("the catalogue", () => {
  test("names each operator once", () => {
    const names = known.map((op) => op.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test.each([...catalogue].map(([op, doc]) => [op.name, op, doc] as const))(
    "%s has a gradient or says why not",
    (_, op, doc) => {
      expect(op.grad === undefined).toBe(op.noGradient !== undefined);
      expect(op.noGradient ?? "a reason").toMatch(/\w+ \w+/);
      expect(doc).toMatch(/^[A-Z0-9a-z].*[^.]$/);
    },
  );

  test("holds nothing that src/ops does not export", () => {
    const exported = new Set(withOps.flatMap(({ ops }) => ops));
    expect(known.filter((op) => !exported.has(op)).map((op) => op.name)).toEqual([]);
  });
});

describe("shaders/", () => {
  const paths = readdirSync("shaders", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".wgsl"))
    .map((path) => path.replaceAll("\\", "/").replace(/\.wgsl$/, ""));
  const imported = ["src/ops", "src/pictures"]
    .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")))
    .flatMap((text) => [...text.matchAll(/from "\.\.\/\.\.\/shaders\/([\w/-]+)\.wgsl"/g)])
    .map(([, path = ""]) => path);
  const used = paths
    .flatMap((path) => [...readFileSync(`shaders/${path}.wgsl`, "utf8").matchAll(/^\/\/ *uses:(.*)$/gm)])
    .flatMap(([, list = ""]) => list.split(",").map((path) => path.trim()));

  test("has no kernel that nothing in src/ops or src/pictures runs", () => {
    const needed = new Set([...imported, ...used]);
    expect(paths.filter((path) => !needed.has(path))).toEqual([]);
  });

  test.each(paths)("%s says what it computes", (path) => {
    expect(readFileSync(`shaders/${path}.wgsl`, "utf8")).toMatch(/^(enable .*;\n)*\/\/ \S+/);
  });
});
