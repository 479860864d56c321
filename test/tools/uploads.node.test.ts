import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../../tools/serve.ts";
import { resolveUpload } from "../../tools/uploads.ts";

const scratch = mkdtempSync(join(tmpdir(), "wgrad-uploads-"));
const uploads = {
  "/out/": join(scratch, "out"),
  "/checkpoint": join(scratch, "kept", "file"),
  "/none": "/no/such/file",
};
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  for (const folder of ["out", "kept"]) mkdirSync(join(scratch, folder));
  server = await serve({ uploads });
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

const put = (url: string, body: BodyInit) => fetch(server.url + url, { method: "PUT", body });

test("a file is written into its folder, another replaces it", async () => {
  for (const text of ["first", "the second"]) {
    expect((await put("/out/a-b.1.png", text)).status).toBe(204);
    expect(readFileSync(join(scratch, "out", "a-b.1.png"), "utf8")).toBe(text);
  }
  const large = new Uint8Array(5_000_000).map((_, i) => i % 251);
  expect((await put("/checkpoint", large)).status).toBe(204);
  expect(readFileSync(join(scratch, "kept", "file")).equals(large)).toBe(true);
  expect(readdirSync(join(scratch, "kept"))).toEqual(["file"]);
});

test("what breaks off leaves the file as it was", async () => {
  const file = join(scratch, "kept", "file");
  writeFileSync(file, "whole");
  const { port } = new URL(server.url);
  await new Promise<void>((done) => {
    const sent = request({ port, path: "/checkpoint", method: "PUT", headers: { "Content-Length": 1000 } });
    sent.on("error", () => done());
    sent.write("half", () => setTimeout(() => sent.destroy(), 50));
  });
  await expect.poll(() => readdirSync(join(scratch, "kept"))).toEqual(["file"]);
  expect(readFileSync(file, "utf8")).toBe("whole");
});

test("a file that cannot be written is told", async () => {
  const response = await put("/none", "x".repeat(1_000_000));
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("ENOENT");
});

describe("resolveUpload", () => {
  test.each(["/out/", "/out/../x", "/out/.hidden", "/out/a/b", "/out/%2e%2e", "/checkpoint/x", "/other", "/", ""])(
    "%j is nowhere",
    (url) => expect(resolveUpload(uploads, url)).toBeUndefined(),
  );
});
