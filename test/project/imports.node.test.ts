import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * Imports run one way. For each folder of src, the folders that it may import from:
 *
 *     core <- passes <- gpu
 *     core <- ops
 *     core <- io
 *     ops, gpu <- data
 *     ops, gpu <- pictures
 *     everything above <- nn <- models
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  passes: ["core"],
  gpu: ["core", "passes"],
  ops: ["core"],
  io: ["core"],
  data: ["core", "ops", "gpu"],
  pictures: ["core", "ops", "gpu"],
  nn: ["core", "passes", "gpu", "ops", "io", "data"],
  models: ["core", "nn"],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  /** Path from the root, or the name of a package. */
  readonly target: string;
}

const sources = filesOf("src", /\.ts$/);
const imports = sources.flatMap(importsOf);

function filesOf(folder: string, pattern: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path).replaceAll("\\", "/"))
    .filter((path) => !path.includes("/node_modules/"))
    .filter((path) => pattern.test(path));
}

function importsOf(file: string): Import[] {
  const pattern = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm;
  const specifiers = [...codeOf(file).matchAll(pattern)].map(([, from, alone, late]) => from ?? alone ?? late ?? "");
  return specifiers.map((target) => ({
    file,
    folder: folderOf(file),
    target: target.startsWith(".") ? join(dirname(file), target).replaceAll("\\", "/") : target,
  }));
}

/** `"nn"` for src/nn/model.ts; empty for a file of src itself. */
function folderOf(path: string): string {
  return /^src\/(\w+)\//.exec(path)?.[1] ?? "";
}

const show = ({ file, target }: Import) => `${file} imports ${target}`;

describe("imports run one way", () => {
  test("every folder of src has its place in the order", () => {
    const folders = new Set(sources.map(folderOf).filter(Boolean));
    expect([...folders].filter((folder) => !allowed[folder])).toEqual([]);
  });

  test.each(Object.entries(allowed))("src/%s imports only from %o", (folder, from) => {
    const wrong = imports.filter((entry) => {
      const to = folderOf(entry.target);
      return entry.folder === folder && to !== "" && to !== folder && !from.includes(to);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("the library imports no package, and nothing outside src but shaders", () => {
    const wrong = imports.filter(({ target }) => !target.startsWith("src/") && !target.startsWith("shaders/"));
    expect(wrong.map(show)).toEqual([]);
  });

  test("only src/ops and src/pictures import shaders", () => {
    const shaders = imports.filter(({ target }) => target.startsWith("shaders/"));
    const wrong = shaders.filter(({ folder }) => folder !== "ops" && folder !== "pictures");
    expect(wrong.map(show)).toEqual([]);
  });

  test("nothing inside imports src/index.ts", () => {
    expect(imports.filter(({ target }) => target === "src/index.ts").map(show)).toEqual([]);
  });

  test("no files import each other in a circle, but operators whose gradients are one another", () => {
    const next = new Map(sources.map((file) => [file, valueImports(file)]));
    const done = new Set<string>();
    const visit = (file: string, above: readonly string[]): void => {
      if (folderOf(file) === "ops") return;
      if (above.includes(file)) throw new Error([...above.slice(above.indexOf(file)), file].join(" -> "));
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...above, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
  });
});

/** Imports that remain at run time: those of types alone do not. */
function valueImports(file: string): string[] {
  const text = codeOf(file).replaceAll(/^(?:import|export) type .*?;$/gms, "");
  return [...text.matchAll(/\bfrom "(\.[^"]+)";/g)].map(([, target = ""]) => join(dirname(file), target));
}

describe("the house", () => {
  test("only src/gpu and src/pictures name types of the GPU", () => {
    const wrong = sources
      .filter((file) => !["gpu", "pictures"].includes(folderOf(file)))
      .filter((file) => /\bGPU[A-Z]\w+/.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  test("wgsl_reflect has one import site", () => {
    const everywhere = ["src", "tools", "test", "demo", "bench"].flatMap((folder) => filesOf(folder, /\.m?ts$/));
    const sites = everywhere.filter((file) => importsOf(file).some(({ target }) => target.startsWith("wgsl_reflect")));
    expect(sites).toEqual(["tools/reflect.ts"]);
  });

  test("no file is longer than 400 lines", () => {
    const folders = ["src", "shaders", "tools", "demo", "test", "bench"];
    const long = folders
      .flatMap((folder) => filesOf(folder, /\.(ts|mjs|wgsl|html|css)$/))
      .filter((file) => !file.startsWith("test/golden/"))
      .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 400)).toEqual([]);
  });
});

/** The text without comments. */
function codeOf(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, "");
}
