import { writeFileSync } from "node:fs";
import cliProgress from "cli-progress";
import type { Page } from "playwright";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import { type AdapterKind, launchBrowser } from "../../tools/browser.ts";
import { adapterLine, CommandError } from "../../tools/cli.ts";
import { serve } from "../../tools/serve.ts";
import { provenance } from "../provenance.ts";
import { ceilingsOf, rowOf } from "./row.ts";
import type { Sample } from "./sample.ts";
import type { KernelEvent } from "./sweep.ts";
import { kernelTable } from "./table.ts";

export interface KernelOptions {
  /** A regular expression: the cases to time; default all. */
  readonly only?: string;
  /** Timed blocks of each case. Default 3. */
  readonly blocks?: number;
  /** Where the rows go as JSON. */
  readonly json?: string;
  readonly adapter?: AdapterKind;
}

interface Measured {
  readonly adapter: AdapterFacts;
  readonly browser: string;
  readonly samples: readonly Sample[];
}

/** Times every kernel family in a headless browser and prints the table. Exit code 1 when a case could not run. */
export async function runKernels({ only = "", blocks = 3, json, adapter: kind }: KernelOptions): Promise<number> {
  const { adapter, browser, samples } = await measureInBrowser(only, blocks, kind);
  const ceilings = ceilingsOf(samples);
  const rows = samples.map((sample) => rowOf(sample, ceilings, adapter.software));
  console.log(adapterLine(adapter));
  console.log(kernelTable(rows, ceilings));
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ ...provenance(), browser, adapter, ceilings, rows }, null, 1)}\n`);
    console.log(`Written: ${json}`);
  }
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

async function measureInBrowser(only: string, rounds: number, kind?: AdapterKind): Promise<Measured> {
  const server = await serve({ mode: "production" });
  try {
    const browser = await launchBrowser({ headless: true, ...(kind === undefined ? {} : { adapter: kind }) });
    try {
      const query = new URLSearchParams({ only, rounds: String(rounds) });
      const page = await browser.newPage();
      const told = await followPage(page, `${server.url}/bench/kernels/page.html?${query}`);
      return { ...told, browser: `${browser.browserType().name()} ${browser.version()}` };
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function followPage(page: Page, url: string): Promise<Omit<Measured, "browser">> {
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
