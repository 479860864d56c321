import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Plugin, transformWithOxc } from "vite";
import { entryPoints } from "./entryPoints.ts";

const root = resolve(import.meta.dirname, "..");

/** The README and the guides, by path from the root. */
export function guides(): string[] {
  const files = readdirSync(resolve(root, "docs/guides")).filter((file) => file.endsWith(".md"));
  return ["README.md", ...files.sort().map((file) => `docs/guides/${file}`)];
}

/** A fenced block of a guide. */
export interface CodeBlock {
  /** What stands after the fence: `"ts"`, `"sh"`. */
  readonly language: string;
  readonly code: string;
  /** Of its first line of code in the guide, from 1. */
  readonly line: number;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language = "", 2: code = "", index }) => ({
    language,
    code,
    line: markdown.slice(0, index).split("\n").length + 1,
  }));
}

/**
 * The `ts` blocks of a guide as one program: a guide is one story, read from top to bottom. Each stays on its line, so that
 * errors point into the guide.
 */
export function programOf(guide: string): string {
  const lines: string[] = [];
  for (const { language, code, line } of codeBlocks(readFileSync(resolve(root, guide), "utf8"))) {
    if (language !== "ts") continue;
    while (lines.length < line - 1) lines.push("");
    lines.push(...code.trimEnd().split("\n"));
  }
  return `${lines.join("\n")}\nexport {};\n`;
}

const listId = "virtual:guides";
const programId = /^virtual:guide\/(.+)\.ts$/;

/**
 * Vite plugin: `virtual:guides` exports `guides`, a function for each guide by its path, which runs the program of the guide.
 * There `wgrad` and its other entry points are those of `src/`.
 */
export function guidePrograms(): Plugin {
  return {
    name: "guides",
    enforce: "pre",
    resolveId(id) {
      const entry = entryPoints[id];
      if (entry) return resolve(root, "src", entry);
      return id === listId || programId.test(id) ? `\0${id}` : undefined;
    },
    async load(id) {
      const bare = id.replace(/^\0/, "");
      if (bare === listId) {
        const runs = guides().map((guide) => `${JSON.stringify(guide)}: () => import("virtual:guide/${guide}.ts")`);
        return `export const guides = { ${runs.join(", ")} };`;
      }
      const [, guide] = programId.exec(bare) ?? [];
      // Vite strips types from files alone.
      return guide === undefined ? undefined : (await transformWithOxc(programOf(guide), `${guide}.ts`)).code;
    },
  };
}
