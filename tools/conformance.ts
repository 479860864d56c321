/**
 * `npm run conformance -- DIR [--only REGEX] [--json FILE] [--browser NAME]`: runs a folder of reference vectors in a headless browser
 * and prints how the engine did. Exit code 1 when a case failed, 2 when nothing could be run.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import cliProgress from "cli-progress";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { AdapterFacts } from "../src/gpu/gpu.ts";
import type { CaseRecord } from "../test/conformance/run.ts";
import { adapterLine, CommandError, command, inputFolder, outputFile, runMain } from "./cli.ts";
import { countStatuses, reportText, summarize } from "./conformanceReport.ts";
import type { DrivenBrowser } from "./drivenBrowser.ts";
import { type BrowserName, browserNames, launchDriven } from "./launchDriven.ts";
import type { ConformanceEvent } from "./pages/conformance.ts";
import { serve } from "./serve.ts";

const indexes = ["ops.json", "optim.json", "train.json"];
/** Where the page finds the folder. */
const mount = "/vectors/";

function vectorFolder(path: string): string {
  const folder = inputFolder(path);
  if (indexes.some((name) => existsSync(join(folder, name)))) return folder;
  throw new InvalidArgumentError(`It holds none of ${indexes.join(", ")}; test/golden does.`);
}

function regularExpression(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

interface Options {
  readonly only: string;
  readonly json?: string;
  readonly browser: BrowserName;
}

interface Results {
  readonly adapter: AdapterFacts;
  readonly records: readonly CaseRecord[];
}

/** Runs the vectors in a page of the browser and gathers what it reports. */
async function runInPage(browser: DrivenBrowser, url: string, only: string): Promise<Results> {
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
          console.log(`${adapterLine(adapter)}, ${browser.name}`);
          if (process.stderr.isTTY) bar.start(event.cases, 0, { op: "" });
        } else if (event.kind === "record") {
          records.push(event.record);
          bar.update(records.length, { op: event.record.op });
        } else if (event.kind === "error") fail(new Error(event.message));
        else if (adapter) done({ adapter, records });
      };
      page.onFailure(fail);
      page
        .expose("report", onEvent)
        .then(() => page.goto(`${url}/tools/pages/conformance.html?only=${encodeURIComponent(only)}`))
        .catch(fail);
    });
  } finally {
    bar.stop();
  }
}

/** JSON has no Infinity: `worst` is null where a number was NaN, or where a case threw. */
function resultsJson(folder: string, { adapter, records }: Results): string {
  const whole = { folder, adapter, ...countStatuses(records), ops: summarize(records), cases: records };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

function conformanceCommand(): Command {
  return command("run conformance", "Runs a folder of reference vectors (format: test/golden/README.md) on WebGPU.")
    .argument("<DIR>", `folder with one or more of ${indexes.join(", ")}`, vectorFolder)
    .option("--only <REGEX>", "only the cases whose op or id it finds", regularExpression, "")
    .option("--json <FILE>", "write every result to this file", outputFile)
    .addOption(new Option("--browser <NAME>", "which to run it in").choices(browserNames).default("chromium"));
}

async function main(): Promise<number> {
  const program = conformanceCommand().parse();
  const [folder] = program.processedArgs as [string];
  const { only, json, browser: browserName } = program.opts<Options>();
  const server = await serve({ mode: "production", mounts: { [mount]: folder } });
  let results: Results;
  try {
    const browser = await launchDriven(browserName);
    try {
      results = await runInPage(browser, server.url, only);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
  if (results.records.length === 0) throw new CommandError(`No case's op or id matches ${only || "anything"}.`);
  console.log(reportText(results.records));
  if (json) writeFileSync(json, resultsJson(folder, results));
  return countStatuses(results.records).failed > 0 ? 1 : 0;
}

await runMain(main);
