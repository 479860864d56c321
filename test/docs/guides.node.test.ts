import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeBlocks, guides, programOf } from "../../tools/guides.ts";
import { typeCheck } from "./typeCheck.ts";

describe("code blocks of the guides", () => {
  it("pass the type checker, as they would in a reader's editor", () => {
    expect(typeCheck("guides", new Map(guides().map((guide) => [guide, programOf(guide)])))).toBe("");
  });

  it("are of languages that are checked", () => {
    for (const guide of guides()) {
      for (const { language } of codeBlocks(readFileSync(guide, "utf8"))) {
        expect(["ts", "sh", "text"], guide).toContain(language);
      }
    }
  });

  it("name scripts that the project has", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
    const known = ["install", "pack", "start", "test", ...Object.keys(scripts)];
    for (const guide of guides()) {
      const named = readFileSync(guide, "utf8").matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g);
      for (const [command, script] of named) expect(known, `${guide}: ${command}`).toContain(script);
    }
  });
});
