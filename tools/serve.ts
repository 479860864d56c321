import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { type Mounts, mountMiddleware } from "./mounts.ts";
import { type Uploads, uploadMiddleware } from "./uploads.ts";

export interface ServeOptions {
  /** Vite's mode. */
  readonly mode?: "development" | "production";
  readonly mounts?: Mounts;
  readonly uploads?: Uploads;
}

/** Serves the repository on a free port of this machine alone; `url` ends without a slash. */
export async function serve({ mode = "development", mounts = {}, uploads = {} }: ServeOptions = {}): Promise<{
  url: string;
  close(): Promise<void>;
}> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const server = await createServer({
    root,
    mode,
    configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)),
    appType: "mpa",
    logLevel: "error",
    clearScreen: false,
    // Packages are served as the modules that they are: servers side by side share no cache that one could sweep away.
    optimizeDeps: { noDiscovery: true },
    // Nobody edits files under a running training: no watcher, no reload.
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: "files",
        configureServer: ({ middlewares }) => {
          middlewares.use(mountMiddleware(mounts));
          middlewares.use(uploadMiddleware(uploads));
        },
      },
    ],
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (!address || typeof address === "string") throw new Error("the server listens on no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}
