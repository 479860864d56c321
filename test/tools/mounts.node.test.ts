import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveMount } from "../../tools/mounts.ts";
import { serve } from "../../tools/serve.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wgrad-mounts-"));
  mkdirSync(join(folder, "shown", "deep"), { recursive: true });
  mkdirSync(join(folder, "shown-not"));
  writeFileSync(join(folder, "shown", "a b.bin"), "bytes");
  writeFileSync(join(folder, "shown", "deep", "digits.gz"), gzipSync("digits"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "shown-not", "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(folder, "shown", "link.txt"));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("resolveMount", () => {
  const named = (url: string) => resolveMount({ "/data": join(folder, "shown") }, url);

  test("names the files below a mount", () => {
    expect(named("/data/a%20b.bin?x=1")).toMatch(/shown\/a b\.bin$/);
    expect(named("/data/deep/digits.gz")).toMatch(/digits\.gz$/);
  });

  test("a mount can be one file, under one name", () => {
    const one = (url: string) => resolveMount({ "/resume": join(folder, "shown", "a b.bin") }, url);
    expect(one("/resume")).toMatch(/a b\.bin$/);
    expect(one("/resume/deep")).toBeNull();
    expect(one("/resumed")).toBeUndefined();
  });

  test("leaves other paths to others", () => {
    expect(named("/database/x")).toBeUndefined();
    expect(named("/src/index.ts")).toBeUndefined();
  });

  test.each([
    "/data/../secret.txt",
    "/data/%2e%2e/secret.txt",
    "/data/deep/..%2f..%2fsecret.txt",
    "/data/..%5csecret.txt",
    "/data/../shown-not/secret.txt",
    "/data//etc/passwd",
    "/data/link.txt",
    "/data/a%00.bin",
    "/data/%zz",
    "/data/deep",
    "/data/",
    "/data/missing",
  ])("refuses %s", (url) => {
    expect(named(url)).toBeNull();
  });
});

describe("serve", () => {
  /** Node's own client: unlike fetch it sends the path as given and unpacks nothing. */
  const get = (url: string, path: string, method = "GET") =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((done, fail) => {
      const { hostname, port } = new URL(url);
      request({ hostname, port, path, method }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
        });
      })
        .on("error", fail)
        .end();
    });

  test("shows a mounted folder byte for byte, and nothing beside it", async () => {
    const server = await serve({ mounts: { "/data": join(folder, "shown") } });
    try {
      const packed = await get(server.url, "/data/deep/digits.gz");
      expect(packed.status).toBe(200);
      expect(packed.headers["content-type"]).toBe("application/octet-stream");
      expect(packed.headers["content-encoding"]).toBeUndefined();
      expect(gunzipSync(packed.body).toString()).toBe("digits");
      expect((await get(server.url, "/data/../secret.txt")).status).toBe(404);
      expect((await get(server.url, "/data/deep/digits.gz", "PUT")).status).toBe(405);
      expect((await get(server.url, "/data/deep/digits.gz", "HEAD")).body.length).toBe(0);
      expect((await get(server.url, "/src/core/errors.ts")).body.toString()).toContain("class WgradError");
    } finally {
      await server.close();
    }
  });
});
