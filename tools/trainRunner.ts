import type { Page } from "playwright";
import type { AdapterFacts } from "../src/gpu/gpu.ts";
import type { Progress } from "../src/nn/fit.ts";
import { launchBrowser } from "./browser.ts";
import { CommandError } from "./cli.ts";
import { serve } from "./serve.ts";
import type { TrainEvent, TrainFacts, TrainResult } from "./trainEvents.ts";
import {
  checkpointUrl,
  dataUrl,
  newTunedUrl,
  outUrl,
  profileUrl,
  type Resume,
  resumeUrl,
  tunedUrl,
} from "./trainTask.ts";
import type { AnyRequest } from "./unetRequest.ts";

export interface RunOptions {
  /** Read by the page where the request names a URL. */
  readonly folder: string | null;
  /** Where the page puts its results. */
  readonly out: string;
  /** File that keeps the training at the end of each epoch. */
  readonly checkpoint: string | null;
  /** File for the trace of a step that is profiled before the training. */
  readonly profile: string | null;
  /** Folder of the kernels that were found fastest, a file for each adapter; null where none are looked for. */
  readonly tuned: string | null;
  /** Checkpoint that the training goes on from, and where that stood. */
  readonly resume: (Resume & { readonly file: string }) | null;
  /** Stops the training after the step under way; what was learned is still returned. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
}

/** All that a training told. */
export interface TrainRun {
  readonly adapter: AdapterFacts;
  readonly facts: TrainFacts;
  readonly compileMs: number;
  /** The epoch after which the training was kept last; null where it was not. */
  readonly checkpointEpoch: number | null;
  /** Every reading, in order. */
  readonly readings: readonly Progress[];
  readonly result: TrainResult;
}

/** Trains in a headless browser. @throws DeviceError without a browser, CommandError with what the page could not do */
export async function runTraining(request: AnyRequest, options: RunOptions): Promise<TrainRun> {
  const { folder, out, checkpoint, profile, tuned, resume } = options;
  const mounts = {
    ...(folder ? { [dataUrl]: folder } : {}),
    ...(tuned ? { [tunedUrl]: tuned } : {}),
    ...(resume ? { [resumeUrl]: resume.file } : {}),
  };
  const uploads = {
    [outUrl]: out,
    ...(checkpoint ? { [checkpointUrl]: checkpoint } : {}),
    ...(profile ? { [profileUrl]: profile } : {}),
    ...(tuned ? { [newTunedUrl]: tuned } : {}),
  };
  const server = await serve({ mode: "production", mounts, uploads });
  try {
    const browser = await launchBrowser({ headless: true, closeOnInterrupt: false });
    try {
      // The learning curve has two pixels for one of CSS.
      const page = await browser.newPage({ deviceScaleFactor: 2 });
      const task = {
        request,
        checkpoint: checkpoint !== null,
        profile: profile !== null,
        tune: tuned !== null,
        resume,
      };
      await page.addInitScript((given) => {
        window.trainTask = given;
      }, task);
      return await followPage(page, `${server.url}/tools/pages/train.html`, options);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function followPage(page: Page, url: string, { signal, onEvent }: RunOptions): Promise<TrainRun> {
  const told: { adapter?: AdapterFacts; facts?: TrainFacts; compileMs?: number; checkpointEpoch?: number } = {};
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
        else if (event.kind === "checkpoint") told.checkpointEpoch = event.epoch;
        else if (event.kind === "progress") readings.push(event.progress);
        else if (event.kind === "error") fail(new CommandError(event.message, event.training ? 1 : 2));
        else if (event.kind === "end" && told.adapter && told.facts && told.compileMs !== undefined) {
          const { adapter, facts, compileMs, checkpointEpoch = null } = told;
          done({ adapter, facts, compileMs, checkpointEpoch, readings, result: event.result });
        }
      };
      page.on("pageerror", fail);
      page.on("crash", () => fail(new CommandError("The browser's page crashed; perhaps memory ran out.", 1)));
      page.on("close", () => fail(new CommandError("The browser was closed before the training ended.", 1)));
      page.on("response", (response) => {
        // Of its own files the page says itself what is wrong.
        const { pathname } = new URL(response.url());
        const own = [dataUrl, outUrl, checkpointUrl, profileUrl, tunedUrl, newTunedUrl, resumeUrl].some((url) =>
          pathname.startsWith(url),
        );
        if (response.status() < 400 || own) return;
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
