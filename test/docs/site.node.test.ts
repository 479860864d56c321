import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryPoints } from "../../tools/entryPoints.ts";
import { guides } from "../../tools/guides.ts";

const folder = resolve("out/site");
let output = "";
let status: number | null = null;

beforeAll(() => {
  const build = spawnSync(process.execPath, ["--import", "tsx", "tools/docsSite.ts", "--out", folder], {
    encoding: "utf8",
  });
  output = build.stdout + build.stderr;
  status = build.status;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the documentation site", () => {
  it("builds, and has nothing to complain of", () => {
    expect(output).not.toContain("warning");
    expect(status).toBe(0);
  });

  it("has a page for each entry point, by the name that is imported", () => {
    const pages = Object.keys(entryPoints).map((name) => `${name.replace("/", "_")}.html`);
    expect(readdirSync(resolve(folder, "modules"))).toEqual(expect.arrayContaining(pages));
  });

  it("has all the guides", () => {
    const { projectDocuments } = JSON.parse(readFileSync("docs/site/typedoc.json", "utf8")) as {
      projectDocuments: readonly string[];
    };
    const files = projectDocuments.map((file) => file.replace("..", "docs"));
    expect(files.sort()).toEqual(guides().filter((guide) => guide !== "README.md"));
    expect(readdirSync(resolve(folder, "documents"))).toHaveLength(files.length);
  });

  it("says what a function's options are where it says what it does", () => {
    const page = readFileSync(resolve(folder, "functions/wgrad.conv2d.html"), "utf8");
    for (const text of ["kernelSize", "Number of output channels."]) expect(page).toContain(text);
  });

  it("has no link that leads nowhere", () => {
    const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
    const broken = pages.flatMap((page) => {
      const file = resolve(folder, page);
      const links = readFileSync(file, "utf8").matchAll(/(?:href|src)="([^"#:?]+)(?:#[^"]*)?"/g);
      const dead = [...links].filter(([, to = ""]) => !existsSync(resolve(dirname(file), decodeURI(to))));
      return dead.map(([, to]) => `${page}: ${to}`);
    });
    expect(broken).toEqual([]);
  });
});
