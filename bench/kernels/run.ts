import cliProgress from "cli-progress";
import type { Page } from "playwright";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import { type AdapterKind, launchBrowser } from "../../tools/browser.ts";
import { CommandError } from "../../tools/cli.ts";
import { serve } from "../../tools/serve.ts";
import { runInNode } from "../node/launch.ts";
import { type KernelRun, reportKernels } from "./report.ts";
import type { KernelEvent } from "./sweep.ts";

export interface KernelOptions {
  /** A regular expression: the cases to time; default all. */
  readonly only?: string;
  /** Timed blocks of each case. Default 3. */
  readonly blocks?: number;
  /** Where the rows go as JSON. */
  readonly json?: string;
  readonly adapter?: AdapterKind;
  /** Default: a headless browser. */
  readonly runtime?: "browser" | "node";
}

/** Times every kernel family and prints the table. Exit code 1 when a case could not run. */
export async function runKernels(options: KernelOptions): Promise<number> {
  const { only = "", blocks = 3, json, adapter, runtime = "browser" } = options;
  if (runtime === "browser") return reportKernels(await measureInBrowser(only, blocks, adapter), json);
  const target = json === undefined ? [] : ["--json", json];
  return runInNode(["kernels", "--only", only, "--blocks", String(blocks), ...target], adapter);
}

async function measureInBrowser(only: string, rounds: number, kind?: AdapterKind): Promise<KernelRun> {
  const server = await serve({ mode: "production" });
  try {
    const browser = await launchBrowser({ headless: true, ...(kind === undefined ? {} : { adapter: kind }) });
    try {
      const query = new URLSearchParams({ only, rounds: String(rounds) });
      const page = await browser.newPage();
      const told = await followPage(page, `${server.url}/bench/kernels/page.html?${query}`);
      const name = `${browser.browserType().name()} ${browser.version()}`;
      return { ...told, runtime: name, comparable: told.adapter.software };
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function followPage(page: Page, url: string): Promise<Pick<KernelRun, "adapter" | "samples">> {
  const bar = new cliProgress.SingleBar({
    format: "{bar} {value}/{total} {name}",
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  });
  let visited = 0;
  try {
    return await new Promise((done, fail) => {
      let adapter: AdapterFacts | undefined;
      const onEvent = (event: KernelEvent) => {
        if (event.kind === "start") {
          adapter = event.adapter;
          if (process.stderr.isTTY) bar.start(event.visits, 0, { name: "" });
        } else if (event.kind === "visit") bar.update(visited++, { name: event.name });
        else if (event.kind === "error") fail(new CommandError(event.message, 1));
        else if (adapter) done({ adapter, samples: event.samples });
      };
      page.on("pageerror", fail);
      page.on("crash", () => fail(new CommandError("The browser's page crashed; perhaps memory ran out.", 1)));
      page
        .exposeFunction("reportKernels", onEvent)
        .then(() => page.goto(url))
        .catch(fail);
    });
  } finally {
    bar.stop();
  }
}
