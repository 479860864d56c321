import { Const, type Statement, Var, WgslParser, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { ShaderError } from "../src/core/errors.ts";
import type { ShaderBinding, ShaderModule, UniformMember, UniformStruct } from "../src/core/shader.ts";

/**
 * Reads one .wgsl file: its resources and its link-time constants. The file may call functions and name types that only
 * the linked whole defines (`array<Lane>` with `alias Lane` in a library): types are taken as text, calls are not followed.
 * `where` names the file in errors. Throws ShaderError for what does not parse and for resources that wgrad has no use for.
 */
export function reflectShader(where: string, source: string): Pick<ShaderModule, "bindings" | "constants"> {
  const statements = parse(where, source);
  const reflection = new WgslReflect();
  reflection.updateAST(statements);
  const bindings: ShaderBinding[] = [];
  const constants: Record<string, number> = {};
  for (const statement of statements) {
    if (statement instanceof Const) {
      const value = literalValue(textOf(source, statement));
      if (value !== undefined) constants[statement.name] = value;
    }
    if (statement instanceof Var && statement.attributes?.some(({ name }) => name === "group" || name === "binding")) {
      bindings.push(reflectBinding(where, source, statement, reflection));
    }
  }
  bindings.sort((a, b) => a.group - b.group || a.binding - b.binding);
  bindings.forEach((b, i) => {
    const before = bindings[i - 1];
    if (before?.group === b.group && before.binding === b.binding) {
      fail(where, `"${before.name}" and "${b.name}" both at @group(${b.group}) @binding(${b.binding})`, "one each");
    }
  });
  return { bindings, constants };
}

/** The parser skips module-scope text that it does not understand; so whatever no statement covers must be blank. */
function parse(where: string, source: string): Statement[] {
  let statements: Statement[];
  try {
    statements = new WgslParser().parse(source);
  } catch (cause) {
    // The parser throws strings as well as errors.
    const message = cause instanceof Error || typeof cause === "string" ? String(cause) : JSON.stringify(cause);
    throw new ShaderError(
      { where, seen: `a syntax error (${message.replace(/^Error: /, "")})`, wanted: "WGSL that parses" },
      { cause },
    );
  }
  const blanked = blankComments(source);
  let end = 0;
  for (const { start, end: next } of [...statements, { start: source.length, end: source.length }]) {
    const between = blanked.slice(end, start).replaceAll(";", " ");
    if (between.trim()) {
      const line = blanked.slice(0, end + between.search(/\S/)).split("\n").length;
      fail(
        where,
        `"${between.trim().split("\n")[0]}" in line ${line}`,
        "a declaration",
        "Look for a stray or missing brace.",
      );
    }
    end = next;
  }
  return statements;
}

/** Comments as spaces, line breaks kept. WGSL's block comments nest, and mean nothing inside a line comment. */
function blankComments(source: string): string {
  let depth = 0;
  let inLine = false;
  return source.replace(/\/\/|\/\*|\*\/|\n|[^\n]/g, (token) => {
    if (token === "\n") {
      inLine = false;
      return token;
    }
    const wasCode = depth === 0 && !inLine;
    if (token === "//" && wasCode) inLine = true;
    if (token === "/*" && !inLine) depth++;
    if (token === "*/" && depth > 0) depth--;
    return wasCode && depth === 0 && !inLine ? token : " ".repeat(token.length);
  });
}

function textOf(source: string, statement: Statement): string {
  return blankComments(source.slice(statement.start, statement.end)).replace(/\s+/g, " ");
}

/** The number of `const NAME: u32 = 0x10u;`, or undefined when the value is an expression. */
function literalValue(declaration: string): number | undefined {
  const value = /= ?(.*?) ?;?$/.exec(declaration)?.[1] ?? "";
  if (value === "true" || value === "false") return value === "true" ? 1 : 0;
  if (/^-? ?0[xX][\da-fA-F]+[iu]?$/.test(value)) return Number.parseInt(value.replace(" ", ""), 16);
  if (/^-? ?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[iuf]?$/.test(value)) return Number.parseFloat(value.replace(" ", ""));
  return undefined;
}

function reflectBinding(where: string, source: string, variable: Var, reflection: WgslReflect): ShaderBinding {
  const { name } = variable;
  const resources = [...reflection.uniforms, ...reflection.storage, ...reflection.textures];
  const info = resources.find((resource) => resource.name === name);
  const type = /: ?(.*?) ?;?$/.exec(textOf(source, variable))?.[1];
  if (!info || !type) {
    return fail(where, `the resource "${name}"`, "var<storage>, var<uniform> or a texture, the only ones bound");
  }
  const place = { name, group: info.group, binding: info.binding, type };
  if (type.startsWith("texture_")) return { ...place, access: "texture" };
  if (variable.storage === "uniform") {
    return { ...place, access: "uniform", struct: reflectUniform(where, name, type, reflection) };
  }
  return { ...place, access: variable.access === "read_write" ? "read_write" : "read" };
}

function reflectUniform(where: string, name: string, type: string, reflection: WgslReflect): UniformStruct {
  const struct = reflection.structs.find((candidate) => candidate.name === type);
  if (!struct) return fail(where, `the uniform "${name}" of type ${type}`, "a struct that the same file declares");
  const members = struct.members.map((member): UniformMember => {
    const scalar = member.type.name;
    if (scalar === "u32" || scalar === "i32" || scalar === "f32") {
      return { name: member.name, type: scalar, offset: member.offset };
    }
    return fail(
      where,
      `${struct.name}.${member.name} of type ${member.type.getTypeName()}`,
      "u32, i32 or f32 in a uniform struct",
      "Spread it over scalar members.",
    );
  });
  return { name: struct.name, size: struct.size, members };
}

function fail(where: string, seen: string, wanted: string, mend?: string): never {
  throw new ShaderError({ where, seen, wanted, ...(mend ? { mend } : {}) });
}
