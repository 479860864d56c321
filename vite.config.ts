import { resolve } from "node:path";
import { defineConfig } from "vite";
import { wgsl } from "./tools/shader-plugin.ts";

/** `vite build` makes the library; the pages are served from the repository as it stands (tools/serve.ts). */
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: "es2022",
    sourcemap: true,
    minify: false,
    copyPublicDir: false,
    lib: {
      formats: ["es"],
      entry: {
        index: resolve(import.meta.dirname, "src/index.ts"),
        "models/index": resolve(import.meta.dirname, "src/models/index.ts"),
      },
    },
  },
});
