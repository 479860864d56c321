import type { ShaderBinding, ShaderModule, UniformStruct } from "./shader.ts";

/**
 * The module of one shader file. Its text is its interface: what it binds and which constants linking may set is read
 * off the declarations when first asked for, so that no table of them ships beside it. This reads the plain forms that
 * wgrad's shaders are written in, not all of WGSL; the build holds each file against a parser (tools/shader-plugin.ts).
 * @example
 * const shader = readShader("mine/fill", wgsl);
 * shader.bindings.map(({ name }) => name); // => ["y", "params"]
 */
export function readShader(path: string, source: string, uses: readonly ShaderModule[] = []): ShaderModule {
  return Object.freeze(new ShaderText(path, source, Object.freeze(uses)));
}

class ShaderText implements ShaderModule {
  readonly path: string;
  readonly source: string;
  readonly uses: readonly ShaderModule[];
  #bindings: readonly ShaderBinding[] | null = null;
  #constants: Readonly<Record<string, number>> | null = null;

  constructor(path: string, source: string, uses: readonly ShaderModule[]) {
    this.path = path;
    this.source = source;
    this.uses = uses;
  }

  get bindings(): readonly ShaderBinding[] {
    this.#bindings ??= Object.freeze(bindingsOf(codeOf(this.source)));
    return this.#bindings;
  }

  get constants(): Readonly<Record<string, number>> {
    this.#constants ??= Object.freeze(constantsOf(codeOf(this.source)));
    return this.#constants;
  }
}

function codeOf(source: string): string {
  return source.replace(/\/\/.*/g, "");
}

/** Every `@group(0) @binding(1) var<storage, read> x: array<Lane>;` and `var x: texture_2d<f32>;`, by group and number. */
function bindingsOf(code: string): ShaderBinding[] {
  const resource = /@group\((\d+)\)\s*@binding\((\d+)\)\s*var(?:<(\w+)(?:,\s*(\w+))?>)?\s*(\w+)\s*:\s*([^;]+);/g;
  return [...code.matchAll(resource)]
    .map(([, group, binding, space, access, name = "", type = ""]): ShaderBinding => {
      const place = { name, group: Number(group), binding: Number(binding), type };
      if (space === undefined) return Object.freeze({ ...place, access: "texture" });
      return Object.freeze(
        space === "uniform"
          ? { ...place, access: space, struct: structOf(code, type) }
          : { ...place, access: access === "read_write" ? access : "read" },
      );
    })
    .sort((a, b) => a.group - b.group || a.binding - b.binding);
}

/** A struct of u32, i32 and f32, which lie 4 bytes apart. */
function structOf(code: string, name: string): UniformStruct {
  const [, body = ""] = new RegExp(`struct ${name}\\s*\\{([^}]*)`).exec(code) ?? [];
  const members = [...body.matchAll(/(\w+)\s*:\s*([uif]32)/g)].map(([, member = "", type], i) => ({
    name: member,
    type: type as "u32" | "i32" | "f32",
    offset: 4 * i,
  }));
  return { name, size: 4 * members.length, members };
}

/** Every `const NAME = 4u;` at the start of a line whose value is a literal. */
function constantsOf(code: string): Record<string, number> {
  const constant = /^const (\w+)(?:\s*:\s*\w+)?\s*=\s*(true|false|0x[\da-f]+|-?[\d.]+(?:e[+-]?\d+)?)[iuf]?\s*;/gim;
  return Object.fromEntries(
    [...code.matchAll(constant)].map(([, name = "", value]) => [
      name,
      value === "true" ? 1 : value === "false" ? 0 : Number(value),
    ]),
  );
}
