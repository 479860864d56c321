/**
 * `npm test [-- FILTER ...]`: types, format and lint, then every test. Closes with `N passed, N failed`; exit code 1 when
 * anything failed. Arguments go to Vitest.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseCLI, startVitest, type Vitest } from "vitest/node";

/** Runs a program of node_modules with its output shown; true when it succeeded. */
function check(title: string, script: string, ...args: string[]): boolean {
  console.log(`${title} ...`);
  const path = fileURLToPath(new URL(`../node_modules/${script}`, import.meta.url));
  const passed = spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status === 0;
  if (!passed) failedChecks.push(title);
  return passed;
}

/**
 * `"12 passed, 1 failed"`, with `, N skipped` when some were. What failed outside a test, a file that does not load or an
 * error that nobody awaited, counts as a failure of its own.
 */
function tally(vitest: Vitest): { line: string; failed: number } {
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const count = (state: string) => tests.filter((seen) => seen === state).length;
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const outside = suites.flatMap((suite) => suite.errors()).length + vitest.state.getUnhandledErrors().length;
  const failed = count("failed") + count("pending") + outside;
  const skipped = count("skipped");
  return { line: `${count("passed")} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`, failed };
}

const failedChecks: string[] = [];
check("Types (tsc)", "typescript/bin/tsc", "--noEmit");
check("Format and lint (biome)", "@biomejs/biome/bin/biome", "check", "--error-on-warnings");

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
await vitest.close();
const { line, failed } = tally(vitest);
for (const title of failedChecks) console.log(`Failed: ${title}, see above.`);
const code = failed > 0 || failedChecks.length > 0 || process.exitCode ? 1 : 0;
process.stdout.write(`${line}\n`, () => process.exit(code));
