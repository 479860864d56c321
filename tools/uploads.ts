import { open, rename, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

/** URL path to the file that PUT writes, `"/checkpoint"`; or, with a slash at the end, to the folder of such files. */
export type Uploads = Readonly<Record<string, string>>;

/** The file that a URL path stands for; undefined where nothing may be written. No name leaves its folder. */
export function resolveUpload(uploads: Uploads, url: string): string | undefined {
  if (!url.endsWith("/") && uploads[url] !== undefined) return uploads[url];
  const slash = url.lastIndexOf("/") + 1;
  const folder = uploads[url.slice(0, slash)];
  const name = url.slice(slash);
  return folder !== undefined && /^\w[\w.-]*$/.test(name) ? join(folder, name) : undefined;
}

/** Writes what is PUT, as it comes in. A file is replaced when the new one is whole: until then the old one stays. */
export function uploadMiddleware(uploads: Uploads) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const file = request.method === "PUT" ? resolveUpload(uploads, request.url ?? "/") : undefined;
    if (file === undefined) {
      next();
      return;
    }
    receive(request, file).then(
      () => response.writeHead(204).end(),
      (error: unknown) => {
        // What is still to come is let go by, so that the answer is heard.
        request.resume();
        response.writeHead(500, { "Content-Type": "text/plain" });
        response.end(error instanceof Error ? error.message : String(error));
      },
    );
  };
}

async function receive(request: IncomingMessage, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    const handle = await open(part, "w");
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false })) await handle.writeFile(chunk);
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
