import { ShaderError } from "../core/errors.ts";

/**
 * Unrolls loops that are marked so, at link time:
 *
 *     // unroll
 *     for (var i = 0u; i < ROWS; i++) { acc[i] = ...; }
 *
 * The text is WGSL with or without this. Register arrays that are indexed by literals live in registers; a CPU
 * adapter keeps a loop as a loop, and its arrays in memory, at a tenth of the speed (docs/decisions.md).
 */
export function unrollLoops(text: string): string {
  const constants = new Map<string, number>();
  // In order, since a constant may be computed from earlier ones.
  for (const [, name = "", expression = ""] of text.matchAll(/^const (\w+)(?:\s*:\s*u32)?\s*=\s*([^;]+);/gm)) {
    const value = evaluate(expression, constants);
    if (value !== null) constants.set(name, value);
  }
  return unrollIn(text, constants);
}

const marked = /\/\/ unroll\s*\n\s*for \(var (\w+) = 0u; \1 < ([^;]+); \1(?:\+\+|\s*\+= ?1u)\) \{/;

function unrollIn(text: string, constants: ReadonlyMap<string, number>): string {
  const found = marked.exec(text);
  if (!found) return text;
  const [head, variable = "", bound = ""] = found;
  const count = evaluate(bound, constants);
  if (count === null) throw new ShaderError({ seen: `unroll to ${bound}`, wanted: "a bound of constants" });
  const start = found.index + head.length;
  const end = closingBrace(text, start);
  const body = text.slice(start, end);
  const use = new RegExp(`\\b${variable}\\b`, "g");
  const copies = Array.from({ length: count }, (_, i) => `{${body.replace(use, `${i}u`)}}`);
  // The copies may hold inner loops; those after the loop are found on the way.
  return (
    text.slice(0, found.index) +
    copies.map((copy) => unrollIn(copy, constants)).join("\n") +
    unrollIn(text.slice(end + 1), constants)
  );
}

function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  throw new ShaderError({ seen: "a loop without end", wanted: "a closing brace" });
}

/** Products, quotients, sums and differences of u32 literals and known constants; null for anything else. */
function evaluate(expression: string, constants: ReadonlyMap<string, number>): number | null {
  const sum = /^(.*\S)\s*([+-])\s*([^+-]+)$/.exec(expression.trim());
  const product = /^(.*\S)\s*([*/])\s*([^*/]+)$/.exec(expression.trim());
  const split = sum ?? product;
  if (!split) {
    const atom = expression.trim();
    const literal = /^(\d+)u?$/.exec(atom);
    return literal ? Number(literal[1]) : (constants.get(atom) ?? null);
  }
  const left = evaluate(split[1] ?? "", constants);
  const right = evaluate(split[3] ?? "", constants);
  if (left === null || right === null) return null;
  if (split[2] === "+") return left + right;
  if (split[2] === "-") return left - right;
  return split[2] === "*" ? left * right : Math.floor(left / right);
}
