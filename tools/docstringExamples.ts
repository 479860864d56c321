import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Plugin, transformWithOxc } from "vite";
import { entryPoints } from "./entryPoints.ts";
import { publicNames } from "./publicNames.ts";

/*
 * The `@example` blocks of docstrings, as programs. An example is a few lines as a reader would write them, in whose scope are
 * all public names, those of the file's own entry point first, and what `test/docs/preamble.ts` exports: there `model` is
 * one that is compiled, while `model(..)` is the public function. `EXPRESSION; // => TEXT` states what comes out, or the
 * name of the error that is thrown.
 */

const root = resolve(import.meta.dirname, "..");

/** Where the values lie that examples speak of. */
export const preamble = "test/docs/preamble.ts";

/** Judges a line `EXPRESSION; // => TEXT`: whether what comes out is shown so. */
export type See = (value: () => Promise<unknown>, text: string) => Promise<void>;

/** The files of `src` whose docstrings have examples, by path from the root. */
export function filesWithExamples(): string[] {
  const files = readdirSync(resolve(root, "src"), { recursive: true, encoding: "utf8" });
  const paths = files.filter((file) => file.endsWith(".ts")).map((file) => `src/${file.replaceAll("\\", "/")}`);
  return paths.filter((path) => /^ *\* @example/m.test(readFileSync(resolve(root, path), "utf8"))).sort();
}

/** A program that exports `examples`: by their lines, the examples of a file as functions, each on its own lines. */
export function examplesOf(file: string): string {
  const source = readFileSync(resolve(root, file), "utf8");
  const program = source.split("\n").map(() => "");
  const put = (line: number, text: string) => {
    program[line - 1] += text;
  };
  put(1, `${imports(file)} export const examples: Record<number, (see: See) => Promise<void>> = {};`);
  for (const docstring of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const first = source.slice(0, docstring.index).split("\n").length;
    const texts = docstring[0].split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
    for (const [i, text] of texts.entries()) {
      if (text !== "@example") continue;
      // The last line of the docstring reads "/" here.
      const length = texts.slice(i + 1).findIndex((line) => /^[@/]/.test(line));
      const code = texts.slice(i + 1, i + 1 + length);
      if (code.join("").trim() === "") throw new Error(`${file}:${first + i}: an example without code`);
      put(first + i, opening(first + i, code.join("\n")));
      for (const [j, line] of code.entries()) put(first + i + 1 + j, judged(line));
      put(first + i + 1 + length, "} }; ");
    }
  }
  return `${program.join("\n")}\n`;
}

/** A line of an example, with what it states made a check. */
function judged(line: string): string {
  const [, value, text] = /^(.+?);? \/\/ => (.+)$/.exec(line) ?? [];
  return text === undefined ? line : `await see(async () => (${value}), ${JSON.stringify(text)});`;
}

/** All public names, those of the entry point that the file belongs to before others of the same name. */
function imports(file: string): string {
  const path = resolve(root, file);
  const entries = Object.keys(entryPoints).map((entry) => ({ entry, names: publicNames(entry) }));
  const own = (names: { readonly file: string }[]) => Number(names.some((name) => name.file === path));
  entries.sort((a, b) => own(b.names) - own(a.names));
  const taken = new Set<string>();
  const statements = entries.map(({ entry, names }) => {
    const free = names.flatMap(({ name, isType }) => {
      const [outer = name, inner] = name.split(".");
      if (taken.has(outer)) return [];
      taken.add(outer);
      return isType && inner === undefined ? `type ${outer}` : outer;
    });
    return `import { ${free.join(", ")} } from "${entry}";`;
  });
  return `import type { See } from "${resolve(root, "tools/docstringExamples.ts")}"; import * as preamble from "virtual:preamble"; ${statements.join(" ")}`;
}

/** The beginning of an example's function, with what it speaks of: names of the preamble that are neither called nor keys. */
function opening(line: number, code: string): string {
  const exported = readFileSync(resolve(root, preamble), "utf8").matchAll(/^export const (\w+)/gm);
  const values = [...exported].map(([, name = ""]) => name);
  const spoken = values.filter((name) => new RegExp(`(?<!\\w|(?<!\\.\\.)\\.)${name}\\b(?![(:])`).test(code));
  // In a block of its own, an example may declare what the preamble has too.
  return `examples[${line}] = async (see) => { const { ${spoken.join(", ")} } = preamble; {`;
}

const listId = "virtual:examples";
const programId = /^virtual:examples\/(.+)$/;

/** Vite plugin: `virtual:examples` exports `files`: by file of `src`, a function that loads the file's program. */
export function docstringExamples(): Plugin {
  return {
    name: "examples",
    enforce: "pre",
    resolveId(id) {
      if (id === "virtual:preamble") return resolve(root, preamble);
      return id === listId || programId.test(id) ? `\0${id}` : undefined;
    },
    async load(id) {
      const bare = id.replace(/^\0/, "");
      if (bare === listId) {
        const loads = filesWithExamples().map(
          (file) => `${JSON.stringify(file)}: () => import("virtual:examples/${file}")`,
        );
        return `export const files = { ${loads.join(", ")} };`;
      }
      const [, file] = programId.exec(bare) ?? [];
      return file === undefined ? undefined : (await transformWithOxc(examplesOf(file), file)).code;
    },
  };
}
