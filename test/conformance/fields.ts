import { FormatError } from "../../src/core/errors.ts";

/** Readers of untyped JSON: each answers the typed value, or throws a FormatError that says where. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(where: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(where, value, "an object");
  return value as Fields;
}

export function listOf(where: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(where, value, "an array");
  return value;
}

export function textOf(where: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw wrong(where, value, "a text");
  return value;
}

export function numberOf(where: string, value: unknown): number {
  if (typeof value !== "number") throw wrong(where, value, "a number");
  return value;
}

/** A whole number, 0 or more. */
export function countOf(where: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw wrong(where, value, "a whole number, 0 or more");
  }
  return value;
}

export function numbersOf(where: string, value: unknown): number[] {
  return listOf(where, value).map((entry, i) => numberOf(`${where}[${i}]`, entry));
}

function wrong(where: string, value: unknown, wanted: string): FormatError {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return new FormatError({ where, seen: text.length > 60 ? `${text.slice(0, 57)}...` : text, wanted });
}
