import { resolve } from "node:path";
import { defineConfig } from "vite";
import { entryPoints } from "./tools/entryPoints.ts";
import { wgsl } from "./tools/shader-plugin.ts";

/**
 * `vite build` makes the library: a file for each entry point, where its types will lie too, what they share, and one file
 * with all shaders, which compress best side by side. A bundler can drop from it whatever an app does not use.
 */
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: "es2022",
    sourcemap: true,
    copyPublicDir: false,
    lib: {
      formats: ["es"],
      entry: Object.fromEntries(
        Object.values(entryPoints).map((file) => [
          file.replace(/\.ts$/, ""),
          resolve(import.meta.dirname, "src", file),
        ]),
      ),
    },
    rolldownOptions: {
      output: {
        // Lines stay: an app's bundler takes them out, and Node prints the one that throws.
        minify: { compress: true, mangle: true, codegen: { removeWhitespace: false } },
        chunkFileNames: "[name].js",
        codeSplitting: { groups: [{ name: "shaders", test: /\.wgsl$/ }] },
      },
    },
  },
});
