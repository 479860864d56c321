import { mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { adapterLine } from "./cli.ts";
import { type ProgressView, progressView } from "./progress.ts";
import type { TrainEvent } from "./trainEvents.ts";
import { factsText, resultJson, testText } from "./trainReport.ts";
import { runTraining } from "./trainRunner.ts";
import type { AnyRequest } from "./unetRequest.ts";

const EXIT_INTERRUPTED = 130;

/** What to train, and the folder that the page reads. */
export interface Training {
  readonly request: AnyRequest;
  readonly folder: string | null;
}

/** Where results go. */
export interface Outputs {
  readonly out?: string;
  readonly json?: string;
}

/** Trains headless, shows it in the terminal, writes weights, curve and results. Answers the exit code. */
export async function train({ request, folder }: Training, options: Outputs): Promise<number> {
  const out = options.out ?? fileURLToPath(new URL(`../out/${request.model}`, import.meta.url));
  mkdirSync(out, { recursive: true });

  const interrupt = new AbortController();
  const view = progressView();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(EXIT_INTERRUPTED);
    view.stop();
    console.log("Stopping after this step; Ctrl-C again quits at once.");
    interrupt.abort();
  };
  process.on("SIGINT", onInterrupt);
  try {
    const onEvent = (event: TrainEvent) => show(event, request, view);
    const run = await runTraining(request, { folder, signal: interrupt.signal, onEvent });
    view.stop();
    if (run.result.test) console.log(`\n${testText(run.result.test)}\n`);
    for (const { name, base64 } of run.result.files) writeFileSync(join(out, name), Buffer.from(base64, "base64"));
    const [weightsFile = "", curveFile = "", ...predictionFiles] = run.result.files.map(({ name }) =>
      showPath(join(out, name)),
    );
    console.log(`Weights         ${weightsFile}`);
    console.log(`Learning curve  ${curveFile}`);
    if (predictionFiles.length > 0) console.log(`Predictions     ${predictionFiles.join(" ")}`);
    if (options.json) {
      writeFileSync(options.json, resultJson(request, run, { weightsFile, curveFile, predictionFiles }));
      console.log(`Results         ${showPath(options.json)}`);
    }
    return run.result.stopped ? EXIT_INTERRUPTED : 0;
  } finally {
    view.stop();
    process.off("SIGINT", onInterrupt);
  }
}

/** Relative where that is shorter to read: below the folder where we are. */
function showPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith("..") || isAbsolute(below) ? path : below;
}

function show(event: TrainEvent, request: AnyRequest, view: ProgressView): void {
  if (event.kind === "adapter") console.log(adapterLine(event.adapter));
  else if (event.kind === "facts") console.log(factsText(event.facts, request));
  else if (event.kind === "compile") view.compiling(event.done, event.total);
  else if (event.kind === "compiled") {
    view.stop();
    console.log(`Compiled in ${(event.compileMs / 1000).toFixed(1)} s\n`);
  } else if (event.kind === "progress") view.training(event.progress);
  else if (event.kind === "predict") view.predicting(event.done, event.total);
}
