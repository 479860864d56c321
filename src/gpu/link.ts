import { ShaderError } from "../core/errors.ts";
import type { ShaderBinding, ShaderModule } from "../core/shader.ts";
import { unrollLoops } from "./unroll.ts";

/** A linked shader: one WGSL text and what it binds. */
export interface LinkedShader {
  readonly code: string;
  readonly bindings: readonly ShaderBinding[];
}

/**
 * Linking is concatenation: each file once, those it uses before it. Then the link-time constants get their values
 * and the loops marked for it are unrolled. `enable` directives move to the top, as WGSL demands.
 */
export function link(shaders: readonly ShaderModule[], constants: Readonly<Record<string, number>> = {}): LinkedShader {
  const ordered: ShaderModule[] = [];
  const visit = (shader: ShaderModule) => {
    if (ordered.includes(shader)) return;
    shader.uses.forEach(visit);
    ordered.push(shader);
  };
  shaders.forEach(visit);
  const name = shaders.map((shader) => shader.path).join(" + ");

  const declared = new Set(ordered.flatMap((shader) => Object.keys(shader.constants)));
  for (const key of Object.keys(constants)) {
    if (!declared.has(key)) {
      throw new ShaderError({ where: name, seen: `a value for ${key}`, wanted: `one of ${[...declared].join(", ")}` });
    }
  }
  const bindings = ordered.flatMap((shader) => shader.bindings);
  const numbers = bindings.map((binding) => binding.binding);
  if (new Set(numbers).size < numbers.length) {
    throw new ShaderError({ where: name, seen: "two bindings of one number", wanted: "a number for each" });
  }

  const text = ordered.map((shader) => `// ${shader.path}.wgsl\n${shader.source}`).join("\n");
  const enables = [...new Set(text.match(/^enable .*;$/gm) ?? [])];
  const body = setConstants(text.replace(/^enable .*;$/gm, ""), constants);
  return { code: [...enables, unrollLoops(body)].join("\n"), bindings };
}

/** Rewrites `const NAME = 4u;` and `const NAME: bool = true;` at module scope, keeping the literal's type. */
function setConstants(text: string, constants: Readonly<Record<string, number>>): string {
  return text.replace(/^const (\w+)(\s*:\s*\w+)?\s*=\s*([^;]+);/gm, (whole, name: string, type = "", old: string) => {
    const value = constants[name];
    if (value === undefined) return whole;
    const literal = old.trim();
    const isBool = literal === "true" || literal === "false";
    const suffix = /[uif]$/.exec(literal)?.[0] ?? "";
    return `const ${name}${type} = ${isBool ? value !== 0 : `${value}${suffix}`};`;
  });
}
