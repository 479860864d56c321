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

  it("have examples that pass the type checker, as they would in a reader's editor", () => {
    expect(typeCheck("examples", new Map(filesWithExamples().map((file) => [file, examplesOf(file)])))).toBe("");
  });
});
