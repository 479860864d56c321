/** `npm run docs`: writes the table of operators into README.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { runnerImport } from "vite";
import { wgsl } from "./shader-plugin.ts";

const { module } = await runnerImport<typeof import("./opTable.ts")>("./tools/opTable.ts", { plugins: [wgsl()] });
writeFileSync("README.md", module.withTable(readFileSync("README.md", "utf8"), module.opTable()));
console.log("README.md: the table of operators is up to date.");
