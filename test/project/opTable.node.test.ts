import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opTable, withTable } from "../../tools/opTable.ts";

test("the README's table of operators is that of the catalogue", () => {
  const readme = readFileSync("README.md", "utf8");
  expect(withTable(readme, opTable()) === readme, "README.md is stale: run `npm run docs`").toBe(true);
});

test("a README without the marks is an error", () => {
  expect(() => withTable("# wgrad", "table")).toThrow("README.md has no <!-- ops:start -->");
});

test("a row names the operator, what it does, its gradient and its kernels", () => {
  const rows = opTable().split("\n");
  expect(rows.find((row) => row.startsWith("| `conv2d` "))).toMatch(
    /^\| `conv2d` \| 2-D convolution: .* \| yes \| `conv`, .*`gemm` \|$/,
  );
  expect(rows).toContain(
    "| `argMax` | Index (i32) of the first largest element along an axis | no. An index does not change by degrees. | `reduce` |",
  );
  expect(rows.find((row) => row.startsWith("| `reshape` "))).toMatch(/\| none: a view \|$/);
});
