import { createReadStream, realpathSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";

/** URL prefix, `"/data/"`, to the folder that it shows, read-only; or a whole path, `"/resume"`, to the one file. */
export type Mounts = Readonly<Record<string, string>>;

/**
 * The file that a URL path names below a mount: its path; undefined outside every mount; null for a path that is refused
 * or names no file. Nothing outside the folder is ever named, neither by `..`, however it is encoded, nor through a link.
 */
export function resolveMount(mounts: Mounts, url: string): string | null | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  const prefix = Object.keys(mounts).find((each) => path === each || path.startsWith(withSlash(each)));
  const folder = prefix === undefined ? undefined : mounts[prefix];
  if (prefix === undefined || folder === undefined) return undefined;
  try {
    const name = decodeURIComponent(path.slice(withSlash(prefix).length));
    if (/[\\\0]/.test(name) || name.split("/").includes("..")) return null;
    const base = realpathSync(folder);
    if (path === prefix) return statSync(base).isFile() ? base : null;
    const file = realpathSync(join(base, name));
    return file.startsWith(base + sep) && statSync(file).isFile() ? file : null;
  } catch {
    return null; // a malformed escape, or no such file
  }
}

function withSlash(prefix: string): string {
  return prefix.endsWith("/") ? prefix : `${prefix}/`;
}

/** What a page must know of a file by its name; every other is bytes. */
const contentTypes: Readonly<Record<string, string>> = { ".json": "application/json", ".js": "text/javascript" };

/** Serves the mounts byte for byte: a `.gz` stays compressed, because the page unpacks it itself. */
export function mountMiddleware(mounts: Mounts) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const file = resolveMount(mounts, request.url ?? "/");
    if (file === undefined) {
      next();
      return;
    }
    const refused = request.method !== "GET" && request.method !== "HEAD";
    if (file === null || refused) {
      response.writeHead(refused ? 405 : 404, { "Content-Type": "text/plain" });
      response.end(refused ? "read-only\n" : "no such file\n");
      return;
    }
    response.writeHead(200, {
      "Content-Type": contentTypes[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
      "Cache-Control": "no-store",
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  };
}
