import { resolve } from "node:path";
import { defineConfig } from "vite";
import { wgsl } from "../../tools/shader-plugin.ts";
import { commitOf } from "../provenance.ts";

/** `npx vite build --config bench/node/vite.config.ts`: the bench as one file, .cache/bench/bench.mjs, for Node and Dawn alone. */
export default defineConfig({
  root: resolve(import.meta.dirname, "../.."),
  plugins: [wgsl()],
  define: { "process.env.WGRAD_COMMIT": JSON.stringify(commitOf()) },
  ssr: { noExternal: true },
  logLevel: "error",
  build: {
    ssr: resolve(import.meta.dirname, "bench.ts"),
    target: "node20",
    outDir: resolve(import.meta.dirname, "../../.cache/bench"),
    emptyOutDir: true,
    copyPublicDir: false,
    rolldownOptions: { output: { entryFileNames: "bench.mjs", codeSplitting: false } },
  },
});
