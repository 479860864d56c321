import { existsSync, readFileSync } from "node:fs";
import { dirname, posix, relative, resolve, sep } from "node:path";
import type { Plugin } from "vite";
import { ShaderError } from "../src/core/errors.ts";
import { reflectShader } from "./reflect.ts";

export interface WgslOptions {
  /** The folder that holds `shaders/`. Default: Vite's root. */
  readonly root?: string;
  /** Whether a build keeps the shaders' comments, for a page that shows them. Default false: a library ships without. */
  readonly comments?: boolean;
}

/**
 * Vite plugin: an import of `shaders/gemm/tile.wgsl` gives the frozen `ShaderModule` (src/core/shader.ts) of that file.
 * A header line `// uses: lib/grid, gemm/store` becomes imports of those files.
 */
export function wgsl(options: WgslOptions = {}): Plugin {
  let folder = resolve("shaders");
  let bare = false;
  return {
    name: "wgsl",
    enforce: "pre",
    configResolved({ root, command }) {
      folder = resolve(options.root ?? root, "shaders");
      bare = command === "build" && !options.comments;
    },
    load(id) {
      return id.endsWith(".wgsl") ? shaderCode(folder, id, bare) : undefined;
    },
  };
}

/**
 * The JavaScript module for one file. `folder` is where shader paths begin; `bare` leaves comments and indentation out
 * of the source, as a library that ships wants it.
 */
export function shaderCode(folder: string, file: string, bare = false): string {
  const path = relative(folder, file)
    .split(sep)
    .join("/")
    .replace(/\.wgsl$/, "");
  if (path.startsWith("../")) {
    throw new ShaderError({ where: file, seen: "a shader outside shaders/", wanted: "all of them in there" });
  }
  const where = `shaders/${path}.wgsl`;
  const source = readFileSync(file, "utf8");
  const uses = usesOf(where, source);
  checkUses(folder, path, []);
  const specifier = (used: string) => {
    const target = posix.relative(dirname(path), used);
    return JSON.stringify(`${target.startsWith(".") ? "" : "./"}${target}.wgsl`);
  };
  const { bindings, constants } = reflectShader(where, source);
  const text = bare ? withoutComments(source) : source;
  const fields = Object.entries({ path, source: text, bindings, constants }).map(
    ([key, value]) => `${key}: ${frozen(value)}`,
  );
  return [
    ...uses.map((used, i) => `import use${i} from ${specifier(used)};`),
    `export default ${PURE} Object.freeze({`,
    ...fields.map((field) => `  ${field},`),
    `  uses: ${PURE} Object.freeze([${uses.map((_, i) => `use${i}`).join(", ")}]),`,
    "});",
    "",
  ].join("\n");
}

/** The same program without comments and indentation; the linker's `// unroll` stays. */
function withoutComments(source: string): string {
  const lines = source.split("\n").map((line) => line.replace(/\/\/(?! unroll$).*$/, "").trim());
  return lines.filter((line) => line !== "").join("\n");
}

/** Lets a bundler drop a shader that nothing uses. */
const PURE = "/* @__PURE__ */";

/** The paths in the `// uses:` header lines. */
function usesOf(where: string, source: string): string[] {
  const lines = [...source.matchAll(/^\/\/ *uses:(.*)$/gm)];
  const paths = lines.flatMap((line) => (line[1] ?? "").split(",").map((path) => path.trim()));
  for (const path of paths) {
    if (!/^[\w-]+(\/[\w-]+)*$/.test(path)) {
      throw new ShaderError({
        where,
        seen: `"// uses:" with "${path}"`,
        wanted: 'paths below shaders/ without extension, separated by commas, as in "// uses: lib/grid, gemm/store"',
      });
    }
  }
  return paths;
}

/** Every used file exists, and no file uses itself by way of others: modules in a circle could not be built. */
function checkUses(folder: string, path: string, above: readonly string[]): void {
  const chain = [...above, path];
  const where = `shaders/${above.at(-1) ?? path}.wgsl`;
  if (above.includes(path)) {
    throw new ShaderError({ where, seen: `a circle of uses (${chain.join(" -> ")})`, wanted: "none" });
  }
  const file = resolve(folder, `${path}.wgsl`);
  if (!existsSync(file)) {
    throw new ShaderError({ where, seen: `"// uses: ${path}"`, wanted: `a file shaders/${path}.wgsl` });
  }
  for (const used of usesOf(`shaders/${path}.wgsl`, readFileSync(file, "utf8"))) checkUses(folder, used, chain);
}

/** JavaScript text for a value, frozen all the way down. */
function frozen(value: unknown): string {
  if (Array.isArray(value)) return `${PURE} Object.freeze([${value.map(frozen).join(", ")}])`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${frozen(entry)}`);
  return `${PURE} Object.freeze({ ${entries.join(", ")} })`;
}
