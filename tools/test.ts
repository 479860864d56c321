/** `npm test`: types, format and lint, then every test. The last line counts: `N passed, N failed`. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startVitest, type Vitest } from "vitest/node";
import { launchOptions } from "./browser.ts";

const usage = `npm test [-- FILTER ... OPTIONS]

Checks types, format and lint, then runs the tests, those for the browser in headless Chromium.
The last line is \`N passed, N failed\`; exit code 1 when anything failed, 2 when the tests could not start.

FILTER          only test files whose path contains it: npm test -- test/ops
-t, --name RE   only tests whose name matches
--project NAME  only "node", "browser", "page" or "frames"
-u, --update    write new snapshots
Environment: WGRAD_CHROME=PATH, WGRAD_ADAPTER=software|hardware choose the browser and its adapter.`;

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      name: { type: "string", short: "t" },
      project: { type: "string" },
      update: { type: "boolean", short: "u", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  await launchOptions();
  const failedChecks = [
    { title: "Types (tsc)", script: "typescript/bin/tsc", args: ["--noEmit"] },
    { title: "Format and lint (biome)", script: "@biomejs/biome/bin/biome", args: ["check", "--error-on-warnings"] },
  ].filter((check) => !passes(check));

  const vitest = await startVitest("test", positionals, {
    watch: false,
    update: values.update,
    ...(values.name ? { testNamePattern: values.name } : {}),
    ...(values.project ? { project: [values.project] } : {}),
  });
  await vitest.close();
  const { line, failed } = tally(vitest);
  for (const { title } of failedChecks) console.log(`Failed: ${title}, see above.`);
  console.log(line);
  return failed > 0 || failedChecks.length > 0 || process.exitCode ? 1 : 0;
}

/** Runs a program of node_modules with its output shown; true when it succeeded. */
function passes({ title, script, args }: { title: string; script: string; args: string[] }): boolean {
  console.log(`${title} ...`);
  const path = fileURLToPath(new URL(`../node_modules/${script}`, import.meta.url));
  return spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status === 0;
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

const code = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  return 2;
});
// Vitest may keep handles open; what was printed is flushed first.
process.stdout.write("", () => process.exit(code));
