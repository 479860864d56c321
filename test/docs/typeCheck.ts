import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { preamble } from "../../tools/docstringExamples.ts";
import { entryPoints } from "../../tools/entryPoints.ts";

const root = resolve(import.meta.dirname, "../..");

/** What the type checker says of programs, by name, that import wgrad as an app does; empty where it is content. */
export function typeCheck(name: string, programs: ReadonlyMap<string, string>): string {
  const folder = resolve(root, "out", name);
  mkdirSync(folder, { recursive: true });
  try {
    const files = [...programs].map(([program, text]) => {
      const file = `${program.replace(/\W+/g, "-")}.ts`;
      writeFileSync(resolve(folder, file), text);
      return file;
    });
    const paths = Object.entries(entryPoints).map(([entry, file]) => [entry, [resolve(root, "src", file)]]);
    const config = {
      extends: resolve(root, "tsconfig.json"),
      compilerOptions: { paths: { ...Object.fromEntries(paths), "virtual:preamble": [resolve(root, preamble)] } },
      files: [...files, resolve(root, "src/shaders.d.ts")],
      include: [],
      exclude: [],
    };
    writeFileSync(resolve(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = resolve(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
