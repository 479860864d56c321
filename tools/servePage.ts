import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { type Mounts, mountMiddleware } from "./mounts.ts";

const configFile = fileURLToPath(new URL("../demo/vite.config.ts", import.meta.url));

/** Builds the demo page as it ships, and shows it on a free port of this machine alone; `url` ends with a slash. */
export async function servePage(mounts: Mounts = {}): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = mkdtempSync(join(tmpdir(), "wgrad-page-"));
  const shared = { configFile, logLevel: "error", build: { outDir } } as const;
  await build(shared);
  const server = await preview({
    ...shared,
    preview: { host: "127.0.0.1", port: 0, open: false },
    plugins: [
      { name: "files", configurePreviewServer: ({ middlewares }) => void middlewares.use(mountMiddleware(mounts)) },
    ],
  });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error("the server listens on no port");
  const close = async () => {
    await server.close();
    rmSync(outDir, { recursive: true });
  };
  return { url, close };
}
