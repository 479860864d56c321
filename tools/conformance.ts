/**
 * `npm run conformance -- DIR [--only REGEX] [--json FILE]`: runs a folder of reference vectors in a headless browser
 * and prints how the engine did. Exit code 1 when a case failed, 2 when nothing could be run.
 */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import cliProgress from "cli-progress";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Browser } from "playwright";
import type { AdapterFacts } from "../src/gpu/gpu.ts";
import type { CaseRecord } from "../test/conformance/run.ts";
import { launchBrowser } from "./browser.ts";
import { countStatuses, reportText, summarize } from "./conformanceReport.ts";
import type { ConformanceEvent } from "./pages/conformance.ts";
import { serve } from "./serve.ts";

const indexes = ["ops.json", "optim.json", "train.json"];
/** Where the page finds the folder. */
const mount = "/vectors/";

function vectorFolder(path: string): string {
  const folder = resolve(path);
  if (!existsSync(folder)) throw new InvalidArgumentError("There is no such folder; test/golden is one.");
  if (!statSync(folder).isDirectory()) throw new InvalidArgumentError("That is no folder; give the one that holds it.");
  if (!indexes.some((name) => existsSync(join(folder, name)))) {
    throw new InvalidArgumentError(`It holds none of ${indexes.join(", ")}; test/golden does.`);
  }
  return folder;
}

function regularExpression(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function writableFile(path: string): string {
  const file = resolve(path);
  if (existsSync(file) && statSync(file).isDirectory()) throw new InvalidArgumentError("That is a folder.");
  if (!existsSync(dirname(file))) throw new InvalidArgumentError(`There is no folder ${dirname(file)}.`);
  return file;
}

interface Options {
  readonly only?: string;
  readonly json?: string;
}

interface Results {
  readonly adapter: AdapterFacts;
  readonly records: readonly CaseRecord[];
}

/** Runs the vectors in the browser's page and gathers what it reports. */
async function runInPage(browser: Browser, url: string, only: string): Promise<Results> {
  const page = await browser.newPage();
  const bar = new cliProgress.SingleBar({
    format: "{bar} {value}/{total} {op}",
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  });
  try {
    return await new Promise<Results>((done, fail) => {
      let adapter: AdapterFacts | undefined;
      const records: CaseRecord[] = [];
      const onEvent = (event: ConformanceEvent) => {
        if (event.kind === "start") {
          adapter = event.adapter;
          console.log(adapterLine(adapter));
          if (process.stderr.isTTY) bar.start(event.cases, 0, { op: "" });
        } else if (event.kind === "record") {
          records.push(event.record);
          bar.update(records.length, { op: event.record.op });
        } else if (event.kind === "error") fail(new Error(event.message));
        else if (adapter) done({ adapter, records });
      };
      page.on("pageerror", fail);
      page.on("response", (response) => {
        if (response.status() < 400 || new URL(response.url()).pathname.startsWith(mount)) return;
        fail(new Error(`The page could not load ${response.url()} (status ${response.status()}).`));
      });
      page.on("crash", () => fail(new Error("the browser's page crashed")));
      page
        .exposeFunction("report", onEvent)
        .then(() => page.goto(`${url}/tools/pages/conformance.html?only=${encodeURIComponent(only)}`))
        .catch(fail);
    });
  } finally {
    bar.stop();
  }
}

function adapterLine({ vendor, architecture, description, software }: AdapterFacts): string {
  const name = [vendor, architecture, description].filter(Boolean).join(" ") || "unknown";
  return `Adapter: ${name} (${software ? "software" : "hardware"})`;
}

/** JSON has no Infinity: `worst` is null where a number was NaN, or where a case threw. */
function resultsJson(folder: string, { adapter, records }: Results): string {
  const whole = { folder, adapter, ...countStatuses(records), ops: summarize(records), cases: records };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

async function main(): Promise<number> {
  const program = new Command("npm run conformance --")
    .description("Runs a folder of reference vectors (format: test/golden/README.md) in headless Chromium on WebGPU.")
    .argument("<DIR>", `folder with one or more of ${indexes.join(", ")}`, vectorFolder)
    .option("--only <REGEX>", "only the cases whose op or id it finds", regularExpression)
    .option("--json <FILE>", "write every result to this file", writableFile)
    .configureOutput({ outputError: (line, write) => write(`${line.trimEnd()} (--help shows the usage)\n`) })
    .exitOverride();
  program.parse();
  const [folder] = program.processedArgs as [string];
  const { only = "", json } = program.opts<Options>();

  const server = await serve({ mode: "production", mounts: { [mount]: folder } });
  let results: Results;
  try {
    const browser = await launchBrowser({ headless: true });
    try {
      results = await runInPage(browser, server.url, only);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
  if (results.records.length === 0) throw new Error(`No case's op or id matches ${only || "anything"}.`);
  console.log(reportText(results.records));
  if (json) writeFileSync(json, resultsJson(folder, results));
  return countStatuses(results.records).failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its line already.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
