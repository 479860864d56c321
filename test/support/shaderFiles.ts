import { readdirSync } from "node:fs";

/** Every .wgsl file of the library, `"shaders/gemm/tile.wgsl"`. Under Node alone. */
export const shaderFiles: readonly string[] = readdirSync("shaders", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".wgsl"))
  .map((path) => `shaders/${path.replaceAll("\\", "/")}`)
  .sort();
