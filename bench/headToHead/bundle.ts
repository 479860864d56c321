import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { wgsl } from "../../tools/shader-plugin.ts";
import { type EngineName, engines } from "./engines.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The engines' pages as a site would ship them, `<engine>.js` each, minified by the same bundler in the same way. */
export async function bundleEngines(names: readonly EngineName[]): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "wgrad-bench-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [wgsl()],
    build: {
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      target: "es2022",
      modulePreload: false,
      chunkSizeWarningLimit: 10_000,
      rollupOptions: {
        input: Object.fromEntries(names.map((name) => [name, join(root, "bench", engines[name].entry)])),
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
