import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryPoints } from "../../tools/entryPoints.ts";
import { codeBlocks, guides, programOf } from "../../tools/guides.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = resolve(root, "out/guides");

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("code blocks of the guides", () => {
  it("pass the type checker, as they would in a reader's editor", () => {
    const files = guides().map((guide) => {
      const file = `${guide.replace(/\W+/g, "-")}.ts`;
      writeFileSync(resolve(folder, file), programOf(guide));
      return file;
    });
    const paths = Object.entries(entryPoints).map(([name, file]) => [name, [resolve(root, "src", file)]]);
    const config = {
      extends: resolve(root, "tsconfig.json"),
      compilerOptions: { paths: Object.fromEntries(paths) },
      files: [...files, resolve(root, "src/shaders.d.ts")],
      include: [],
      exclude: [],
    };
    writeFileSync(resolve(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = resolve(root, "node_modules/typescript/bin/tsc");
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("are of languages that are checked", () => {
    for (const guide of guides()) {
      for (const { language } of codeBlocks(readFileSync(resolve(root, guide), "utf8"))) {
        expect(["ts", "sh", "text"], guide).toContain(language);
      }
    }
  });

  it("name scripts that the project has", () => {
    const { scripts } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { scripts: object };
    const known = ["install", "pack", "start", "test", ...Object.keys(scripts)];
    for (const guide of guides()) {
      const named = readFileSync(resolve(root, guide), "utf8").matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g);
      for (const [command, script] of named) expect(known, `${guide}: ${command}`).toContain(script);
    }
  });
});
