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
  const declared = [...text.matchAll(/^const (\w+)(?:\s*:\s*u32)?\s*=\s*([^;]+);/gm)];
  // Files are linked in no particular order, so a constant may be computed from later ones: as deep as there are any.
  for (let known = -1; known < constants.size; ) {
    known = constants.size;
    for (const [, name = "", expression = ""] of declared) {
      const value = evaluate(expression, constants);
      if (value !== null) constants.set(name, value);
    }
  }
  return unrollIn(text, constants);
}

const marked = /\/\/ unroll\s*\n\s*for\s*\(var (\w+)\s*=\s*0u;\s*\1\s*<\s*([^;]+);\s*\1(?:\+\+|\s*\+=\s*1u)\)\s*\{/;

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

/** Value of an expression of u32 literals, known constants, + - * / and parentheses; null for anything else. */
function evaluate(expression: string, constants: ReadonlyMap<string, number>): number | null {
  const tokens = expression.match(/\w+|[-+*/()]|\S/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at++] ?? "";
    if (token === "(") {
      const value = sum();
      return tokens[at++] === ")" ? value : Number.NaN;
    }
    return /^\d+u?$/.test(token) ? Number.parseInt(token, 10) : (constants.get(token) ?? Number.NaN);
  };
  const product = (): number => {
    let value = atom();
    while (tokens[at] === "*" || tokens[at] === "/") {
      value = tokens[at++] === "*" ? value * atom() : Math.floor(value / atom());
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  const value = sum();
  return at === tokens.length && !Number.isNaN(value) ? value : null;
}
