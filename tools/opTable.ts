/// <reference types="vite/client" />
import type { OpDef } from "../src/core/op.ts";
import { catalogue } from "../src/ops/index.ts";

/**
 * The README's table of operators, from the catalogue. It runs under Vite alone, which reads the shaders that operators
 * import: `npm run docs` writes it (tools/docs.ts), a test keeps it fresh.
 */
const modules = import.meta.glob<Readonly<Record<string, unknown>>>("../src/ops/*.ts", { eager: true });
const sources = import.meta.glob<string>("../src/ops/*.ts", { eager: true, query: "?raw", import: "default" });

export const marks = { start: "<!-- ops:start -->", end: "<!-- ops:end -->" } as const;

/** A file of src/ops and the operators that it exports. */
export interface OpFile {
  /** `"conv"`. */
  readonly name: string;
  readonly ops: readonly OpDef[];
  /** Folders of shaders/ whose kernels it runs. */
  readonly shaderFolders: readonly string[];
  /** Files of src/ops whose functions it hands on to users, beside its own. */
  readonly offers: readonly string[];
}

/** The files of src/ops, but for the catalogue. */
export function opFiles(): OpFile[] {
  return Object.entries(modules)
    .filter(([path]) => nameOf(path) !== "index")
    .map(([path, module]) => ({
      name: nameOf(path),
      ops: Object.values(module).filter(isOp),
      shaderFolders: shaderFolders(path),
      offers: offersOf(path),
    }));
}

/** Markdown, a row an operator, in the catalogue's order. */
export function opTable(): string {
  const files = opFiles();
  const rows = [...catalogue].map(([op, doc]) => {
    const gradient = op.grad ? "yes" : `no. ${op.noGradient}`;
    const file = files.find(({ ops }) => ops.includes(op));
    return [`\`${op.name}\``, doc, gradient, kernelsOf(op, file)];
  });
  const table = [["operator", "what it does", "gradient", "kernels"], ["---", "---", "---", "---"], ...rows];
  return table.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

/** The text with a new table between its marks. */
export function withTable(text: string, table: string): string {
  const [start, end] = [text.indexOf(marks.start), text.indexOf(marks.end)];
  if (start < 0 || end < start) throw new Error(`README.md has no ${marks.start} followed by ${marks.end}.`);
  return `${text.slice(0, start + marks.start.length)}\n${table}\n${text.slice(end)}`;
}

function kernelsOf(op: OpDef, file: OpFile | undefined): string {
  if (op.view) return "none: a view";
  if (op.program) return "generated";
  return file?.shaderFolders.map((folder) => `\`${folder}\``).join(", ") ?? "";
}

/** Folders of the shaders that a file imports, and of those behind the lowering functions that it imports. */
function shaderFolders(path: string): string[] {
  const found = new Set<string>();
  const visit = (at: string): void => {
    const own = (sources[at] ?? "").matchAll(/from "\.\.\/\.\.\/shaders\/([\w-]+)\//g);
    for (const [, folder = ""] of own) if (folder !== "lib") found.add(folder);
    for (const next of importsOf(at)) if (lowersFor(at, next)) visit(next);
  };
  visit(path);
  return [...found].sort();
}

/** Whether a file imports a function of another that makes kernel calls, such as `lowerGemm`. */
function lowersFor(path: string, other: string): boolean {
  const makers = (sources[other] ?? "").matchAll(/^export function (\w+)\([^)]*\): KernelCall(?:\[\])? \{/gm);
  return [...makers].some(([, maker]) => new RegExp(`^import [^;]*\\b${maker}\\b`, "m").test(sources[path] ?? ""));
}

function importsOf(path: string): string[] {
  return [...(sources[path] ?? "").matchAll(/from "\.\/(\w+)\.ts"/g)].map(([, name]) => `../src/ops/${name}.ts`);
}

/** What a file exports again, and what a file of public functions without operators imports. */
function offersOf(path: string): string[] {
  const again = [...(sources[path] ?? "").matchAll(/^export \{[^}]*\} from "\.\/(\w+)\.ts"/gm)];
  const ops = Object.values(modules[path] ?? {}).some(isOp);
  return [...again.map(([, name = ""]) => name), ...(ops ? [] : importsOf(path).map(nameOf))];
}

function isOp(value: unknown): value is OpDef {
  return typeof value === "object" && value !== null && "infer" in value && "lower" in value;
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.ts$/, "");
}
