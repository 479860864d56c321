import { resolve } from "node:path";
import { defineConfig } from "vite";
import { entryPoints } from "../tools/entryPoints.ts";
import { wgsl } from "../tools/shader-plugin.ts";

const root = resolve(import.meta.dirname, "..");

/** Serves the examples on the library's source, so that they need no build of it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [wgsl({ root })],
  resolve: {
    alias: Object.entries(entryPoints).map(([name, file]) => ({
      find: new RegExp(`^${name}$`),
      replacement: resolve(root, "src", file),
    })),
  },
  server: { fs: { allow: [root] } },
});
