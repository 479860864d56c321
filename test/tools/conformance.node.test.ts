import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { reportText, summarize } from "../../tools/conformanceReport.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "wgrad-conformance-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function run(...args: string[]) {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, "tools/conformance.ts", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr: stderr.trim() };
}

/** A folder of vectors: y = -x of two numbers, an operator that nobody has, and a wrong expectation where asked. */
function folder(name: string, want: readonly [number, number]): string {
  const path = join(scratch, name);
  mkdirSync(path);
  const tensor = (offset: number) => ({ shape: [2], dtype: "f32", offset, tol: 1e-6 });
  const inputs = { x: tensor(0) };
  const outputs = { y: tensor(8) };
  const cases = [
    { id: "neg_000", op: "neg", attrs: {}, file: "a.bin", inputs, outputs, grads: {} },
    { id: "warp_000", op: "warp", attrs: {}, file: "a.bin", inputs, outputs, grads: {} },
  ];
  writeFileSync(join(path, "ops.json"), JSON.stringify({ format: "wgrad-golden-1", cases }));
  writeFileSync(join(path, "a.bin"), Float32Array.of(1, 2, ...want));
  return path;
}

test("a folder of ops.json alone is run; what the engine does not know is counted apart", () => {
  const json = join(scratch, "results.json");
  const { status, stdout } = run(folder("right", [-1, -2]), "--json", json);
  expect(stdout).toMatch(/^Adapter: .+ \((software|hardware)\), chromium \d.*\n/);
  expect(stdout.trim().split("\n").at(-1)).toBe("1 passed, 0 failed, 1 unsupported");
  expect(status).toBe(0);
  expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({
    passed: 1,
    failed: 0,
    unsupported: 1,
    cases: [
      { op: "neg", id: "neg_000", status: "passed", worst: 0 },
      { op: "warp", id: "warp_000", status: "unsupported" },
    ],
  });
});

test("a wrong number is a failure that says where", () => {
  const { status, stdout } = run(folder("wrong", [-1, -3]), "--only", "^neg$");
  expect(stdout).toContain("FAILED neg neg_000: outputs.y[1] got -2, want -3, tol 0.000001 (1 of 2 elements differ)");
  expect(stdout.trim().split("\n").at(-1)).toBe("0 passed, 1 failed, 0 unsupported");
  expect(status).toBe(1);
});

test.each([
  ["no folder", [], /missing required argument 'DIR'/],
  ["a folder that is not there", [join(scratch, "none")], /There is no folder/],
  ["a folder without vectors", [join(root, "src")], /It holds none of ops.json/],
  ["a bad expression", [join(root, "test/golden"), "--only", "["], /Unterminated character class/],
  ["an unknown flag", [join(root, "test/golden"), "--fast"], /unknown option '--fast'/],
] as const)("%s is one line and exit code 2", (_, args, line) => {
  const { status, stdout, stderr } = run(...args);
  expect(stderr).toMatch(line);
  expect(stderr.split("\n")).toHaveLength(1);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

test("vectors that are damaged are one line and exit code 2", () => {
  const path = folder("damaged", [-1, -2]);
  writeFileSync(join(path, "a.bin"), Float32Array.of(1, 2, 3));
  const { status, stderr } = run(path);
  expect(stderr).toBe(
    "ops.json, neg_000, outputs.y: f32[2] at bytes 8 to 16 of a.bin; wanted a tensor within the file's 12 bytes.",
  );
  expect(status).toBe(2);
});

test("--help tells the usage", () => {
  const { status, stdout } = run("--help");
  expect(stdout).toContain("--only <REGEX>");
  expect(status).toBe(0);
});

test("the table has a line an operator", () => {
  const records = [
    { op: "add", id: "add_000", status: "passed", worst: 0.5 },
    { op: "add", id: "add_001", status: "failed", worst: Number.POSITIVE_INFINITY, message: "ShapeError: no" },
    { op: "warp", id: "warp_000", status: "unsupported", worst: 0 },
  ] as const;
  expect(summarize(records)[0]).toEqual({
    op: "add",
    cases: 2,
    passed: 1,
    failed: 1,
    unsupported: 0,
    worst: Number.POSITIVE_INFINITY,
  });
  expect(reportText(records)).toBe(
    [
      "op    cases  passed  failed  unsupported  worst error/tol",
      "add       2       1       1            0       not finite",
      "warp      1       0       0            1                -",
      "",
      "FAILED add add_001: ShapeError: no",
      "",
      "1 passed, 1 failed, 1 unsupported",
    ].join("\n"),
  );
});
