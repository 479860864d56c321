import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseSync } from "vite";
import { entryPoints } from "./entryPoints.ts";

/** What an entry point exports under a name. */
export interface PublicName {
  /** `"Gpu"`; of what is exported as a namespace `"losses.huber"`. */
  readonly name: string;
  /** Types are gone at run time. */
  readonly isType: boolean;
  /** Where it is declared, in which docstring: the text of the comment right above, empty where there is none. */
  readonly file: string;
  readonly docstring: string;
}

type Leaf = Omit<PublicName, "name">;

/** All names of an entry point, as its file exports them, through however many others; without those that are `@internal`. */
export function publicNames(entry: string): PublicName[] {
  const file = entryPoints[entry];
  if (file === undefined) throw new Error(`no entry point ${entry}`);
  const names = [...exportsOf(resolve(import.meta.dirname, "../src", file))].map(([name, leaf]) => ({ name, ...leaf }));
  return names.filter(({ docstring }) => !docstring.includes("@internal"));
}

const known = new Map<string, ReadonlyMap<string, Leaf>>();

/** What a file exports. Names in a namespace of its have a dot. */
function exportsOf(file: string): ReadonlyMap<string, Leaf> {
  const before = known.get(file);
  if (before) return before;
  const text = readFileSync(file, "utf8");
  const { program, comments } = parseSync(file, text);
  const found = new Map<string, Leaf>();
  known.set(file, found);
  for (const statement of program.body) {
    if (statement.type === "ExportAllDeclaration") {
      const prefix = statement.exported ? `${nameOf(statement.exported)}.` : "";
      const names = exportsOf(resolve(dirname(file), statement.source.value));
      for (const [name, leaf] of names) found.set(`${prefix}${name}`, leaf);
    } else if (statement.type === "ExportNamedDeclaration") {
      const { declaration, source, specifiers, start } = statement;
      const above = comments.findLast(({ end }) => end <= start && text.slice(end, start).trim() === "");
      const docstring = above?.value.startsWith("*") ? above.value.slice(1) : "";
      for (const name of declaration ? declaredNames(declaration) : []) {
        found.set(name, { isType: statement.exportKind === "type", file, docstring });
      }
      for (const specifier of specifiers) {
        const isType = statement.exportKind === "type" || specifier.exportKind === "type";
        const leaf = source && exportsOf(resolve(dirname(file), source.value)).get(nameOf(specifier.local));
        if (source && !leaf) throw new Error(`${file}: ${source.value} has no ${nameOf(specifier.local)}`);
        // Exported apart from its declaration, a name has no docstring.
        const own = leaf ?? { isType, file, docstring: "" };
        found.set(nameOf(specifier.exported), isType ? { ...own, isType } : own);
      }
    }
  }
  return found;
}

type Statement = ReturnType<typeof parseSync>["program"]["body"][number];
type Declaration = NonNullable<Extract<Statement, { type: "ExportNamedDeclaration" }>["declaration"]>;
type Name = Extract<Statement, { type: "ExportNamedDeclaration" }>["specifiers"][number]["exported"];

function declaredNames(declaration: Declaration): string[] {
  const named = declaration.type === "VariableDeclaration" ? declaration.declarations : [declaration];
  return named.map(({ id }) => {
    if (id?.type === "Identifier") return id.name;
    throw new Error(`an export of type ${declaration.type} that has no single name`);
  });
}

function nameOf(name: Name): string {
  return name.type === "Identifier" ? name.name : name.value;
}
