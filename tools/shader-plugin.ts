import { existsSync, readFileSync } from "node:fs";
import { dirname, posix, relative, resolve, sep } from "node:path";
import type { Plugin } from "vite";
import { ShaderError } from "../src/core/errors.ts";
import { readShader } from "../src/core/readShader.ts";
import type { ShaderModule } from "../src/core/shader.ts";
import { minifyShader } from "./minifyShader.ts";
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
 * The JavaScript module for one file. `folder` is where shader paths begin; `bare` minifies the source, as a library that
 * ships wants it.
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
  const text = bare ? minifyShader(source) : source;
  checkReading(where, source, text);
  const list = uses.length > 0 ? `, [${uses.map((_, i) => `use${i}`).join(", ")}]` : "";
  return [
    `import { readShader } from ${JSON.stringify(reader)};`,
    ...uses.map((used, i) => `import use${i} from ${specifier(used)};`),
    // Pure: a bundler may drop a shader that nothing uses.
    `export default /* @__PURE__ */ readShader(${JSON.stringify(path)}, ${JSON.stringify(text)}${list});`,
    "",
  ].join("\n");
}

const reader = resolve(import.meta.dirname, "../src/core/readShader.ts")
  .split(sep)
  .join("/");

/** What the library will read off the text that ships is what a parser finds in the file. */
function checkReading(where: string, source: string, text: string): void {
  const wanted = declarationsIn(reflectShader(where, source));
  const seen = declarationsIn(readShader(where, text));
  if (seen !== wanted) {
    throw new ShaderError({ where, seen, wanted, mend: "Write declarations plainly, as the other shaders do." });
  }
}

function declarationsIn({ bindings, constants }: Pick<ShaderModule, "bindings" | "constants">): string {
  return JSON.stringify({ bindings, constants }).replaceAll(", ", ",");
}

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
