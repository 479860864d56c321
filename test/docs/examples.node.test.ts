import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { examplesOf, filesWithExamples } from "../../tools/docstringExamples.ts";
import { entryPoints } from "../../tools/entryPoints.ts";
import { publicNames } from "../../tools/publicNames.ts";
import { typeCheck } from "./typeCheck.ts";

describe("docstrings", () => {
  describe.each(Object.keys(entryPoints))("of %s", (entry) => {
    const names = publicNames(entry).filter(({ isType }) => !isType);

    it("say what every function and class does", () => {
      const bare = names.filter(({ docstring }) => !/\w/.test(docstring.replace(/@\w+[\s\S]*/, "")));
      expect(bare.map(({ name }) => name)).toEqual([]);
    });

    it("have an example of every function and class", () => {
      const bare = names.filter(({ docstring }) => !/^\s*\* @example$/m.test(docstring));
      expect(bare.map(({ name }) => name)).toEqual([]);
    });
  });

  it("have examples that stay on their lines, and whose results are judged", () => {
    const source = readFileSync("src/core/call.ts", "utf8").split("\n");
    const program = examplesOf("src/core/call.ts").split("\n");
    const line = source.findIndex((text) => text.includes("workgroupsFor(1000, 64); // => 16"));
    expect(program[line]).toBe('await see(async () => (workgroupsFor(1000, 64)), "16");');
  });

  it("have examples that pass the type checker, as they would in a reader's editor", () => {
    expect(typeCheck("examples", new Map(filesWithExamples().map((file) => [file, examplesOf(file)])))).toBe("");
  });
});
