import cliProgress from "cli-progress";
import type { AdapterFacts } from "../../src/gpu/gpu.ts";
import type { AdapterKind } from "../../tools/browser.ts";
import { CommandError } from "../../tools/cli.ts";
import type { DrivenPage } from "../../tools/drivenBrowser.ts";
import { type BrowserName, launchDriven } from "../../tools/launchDriven.ts";
import { serve } from "../../tools/serve.ts";
import type { SweepEvent, SweepOptions, SweepRun } from "./events.ts";

/** Runs the sweep of a page, a path from the root, in a headless browser. @throws CommandError with what it could not do */
export async function sweepInBrowser<Sample>(
  path: string,
  { only, blocks }: SweepOptions,
  name: BrowserName,
  adapter?: AdapterKind,
): Promise<SweepRun<Sample>> {
  const server = await serve({ mode: "production" });
  try {
    const browser = await launchDriven(name, adapter);
    try {
      const query = new URLSearchParams({ only, blocks: String(blocks) });
      const told = await followPage<Sample>(await browser.newPage(), `${server.url}/${path}?${query}`);
      return { ...told, runtime: browser.name };
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function followPage<Sample>(page: DrivenPage, url: string): Promise<Omit<SweepRun<Sample>, "runtime">> {
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
      const onEvent = (event: SweepEvent<Sample>) => {
        if (event.kind === "start") {
          adapter = event.adapter;
          if (process.stderr.isTTY) bar.start(event.visits, 0, { name: "" });
        } else if (event.kind === "visit") bar.update(visited++, { name: event.name });
        else if (event.kind === "error") fail(new CommandError(event.message, 1));
        else if (adapter) done({ adapter, samples: event.samples });
      };
      page.onFailure(({ message }) => fail(new CommandError(message, 1)));
      page
        .expose("reportSweep", onEvent)
        .then(() => page.goto(url))
        .catch(fail);
    });
  } finally {
    bar.stop();
  }
}
