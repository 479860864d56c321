import type { Page } from "playwright";
import type { AdapterFacts } from "../src/gpu/gpu.ts";
import type { Progress } from "../src/nn/fit.ts";
import { launchBrowser } from "./browser.ts";
import { CommandError } from "./cli.ts";
import { serve } from "./serve.ts";
import type { TrainEvent, TrainFacts, TrainResult } from "./trainEvents.ts";
import { dataMount } from "./trainOptions.ts";
import type { AnyRequest } from "./unetRequest.ts";

export interface RunOptions {
  /** Read by the page where the request names a URL. */
  readonly folder: string | null;
  /** Stops the training after the step under way; what was learned is still returned. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
}

/** All that a training told. */
export interface TrainRun {
  readonly adapter: AdapterFacts;
  readonly facts: TrainFacts;
  readonly compileMs: number;
  /** Every reading, in order. */
  readonly readings: readonly Progress[];
  readonly result: TrainResult;
}

/** Trains in a headless browser. @throws DeviceError without a browser, CommandError with what the page could not do */
export async function runTraining(request: AnyRequest, options: RunOptions): Promise<TrainRun> {
  const mounts = options.folder === null ? {} : { [dataMount]: options.folder };
  const server = await serve({ mode: "production", mounts });
  try {
    const browser = await launchBrowser({ headless: true, closeOnInterrupt: false });
    try {
      const page = await browser.newPage();
      await page.addInitScript((given) => {
        window.trainRequest = given;
      }, request);
      return await followPage(page, `${server.url}/tools/pages/train.html`, options);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function followPage(page: Page, url: string, { signal, onEvent }: RunOptions): Promise<TrainRun> {
  const told: { adapter?: AdapterFacts; facts?: TrainFacts; compileMs?: number } = {};
  const readings: Progress[] = [];
  const stop = () => void page.evaluate(() => window.stopTraining?.()).catch(() => undefined);
  signal.addEventListener("abort", stop);
  try {
    return await new Promise<TrainRun>((done, fail) => {
      const onReport = (event: TrainEvent) => {
        onEvent(event);
        // A page that was still loading has not heard it.
        if (event.kind === "adapter" && signal.aborted) stop();
        if (event.kind === "adapter") told.adapter = event.adapter;
        else if (event.kind === "facts") told.facts = event.facts;
        else if (event.kind === "compiled") told.compileMs = event.compileMs;
        else if (event.kind === "progress") readings.push(event.progress);
        else if (event.kind === "error") fail(new CommandError(event.message, event.training ? 1 : 2));
        else if (event.kind === "end" && told.adapter && told.facts && told.compileMs !== undefined) {
          const { adapter, facts, compileMs } = told;
          done({ adapter, facts, compileMs, readings, result: event.result });
        }
      };
      page.on("pageerror", fail);
      page.on("crash", () => fail(new CommandError("The browser's page crashed; perhaps memory ran out.", 1)));
      page.on("close", () => fail(new CommandError("The browser was closed before the training ended.", 1)));
      page.on("response", (response) => {
        if (response.status() < 400 || new URL(response.url()).pathname.startsWith(dataMount)) return;
        fail(new Error(`The page could not load ${response.url()} (status ${response.status()}).`));
      });
      page
        .exposeFunction("report", onReport)
        .then(() => page.goto(url))
        .catch(fail);
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
