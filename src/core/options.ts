import { GraphError } from "./errors.ts";
import { currentPath } from "./scope.ts";

/** Module path of the operator that is about to be added, for errors that come before its node. */
export function whereIs(op: string): string {
  return [currentPath(), op].filter(Boolean).join("/");
}

/** A value that is no such option, as it was written: `"3"` is no 3. */
export function showOption(value: unknown): string {
  if (typeof value === "function") return "that is a function";
  return typeof value === "string" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Options are plain objects; a misspelt one must not be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || !options) {
    throw new GraphError({ where, seen: `${options}`, wanted: `an object of ${known.join(", ")}` });
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) {
      throw new GraphError({ where, seen: `option ${name}`, wanted: `one of ${known.join(", ")}` });
    }
  }
}

/** An option that is a finite number for which `fits` holds; `wanted` says so in words. */
export function checkNumber(
  where: string,
  name: string,
  value: number,
  fits: (value: number) => boolean,
  wanted: string,
): void {
  if (typeof value !== "number" || !Number.isFinite(value) || !fits(value)) {
    throw new GraphError({ where, seen: `${name} ${showOption(value)}`, wanted: `${name} to be ${wanted}` });
  }
}

/** An option that is one of a few words. */
export function checkWord(where: string, name: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) {
    throw new GraphError({ where, seen: `${name} ${showOption(value)}`, wanted: `one of ${words.join(", ")}` });
  }
}

/** How a loss over many elements becomes one number: their mean, their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";
export const reductions: readonly Reduction[] = ["mean", "sum", "none"];

/** Whether a value is a whole number of at least 1. */
export function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** An option that is a whole number in a range, which it returns. @throws GraphError on any other */
export function checkWhole(
  where: string,
  name: string,
  value: number,
  least = 1,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new GraphError({ where, seen: `${name} ${showOption(value)}`, wanted: `a whole number ${range}` });
}

/** An option that is what a function of its name gives, or null. @throws GraphError on anything else */
export function checkMade(where: string, name: string, option: object | null, isMade: boolean): void {
  if (option === null || isMade) return;
  throw new GraphError({
    where,
    seen: `${name} ${showOption(option)}`,
    wanted: `what ${name}() gives`,
    mend: `Import { ${name} } from "wgrad".`,
  });
}

/** What a name stands for in a table, or the function that is given instead. @throws GraphError on any other name */
export function byName<T>(where: string, kind: string, table: Readonly<Record<string, T>>, choice: string | T): T {
  if (typeof choice === "function") return choice;
  if (typeof choice === "string" && Object.hasOwn(table, choice)) return table[choice] as T;
  const wanted = `one of ${Object.keys(table).join(", ")}, or a function`;
  throw new GraphError({ where, seen: `${kind} ${showOption(choice)}`, wanted });
}
