import { mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { adapterLine } from "./cli.ts";
import type { OutputOptions } from "./outputOptions.ts";
import { type ProgressView, progressView } from "./progress.ts";
import { readResume } from "./resume.ts";
import type { TrainEvent } from "./trainEvents.ts";
import { TrainLog } from "./trainLog.ts";
import { factsText, resultJson, testText } from "./trainReport.ts";
import { runTraining } from "./trainRunner.ts";
import type { AnyRequest } from "./unetRequest.ts";

const EXIT_INTERRUPTED = 130;

/** What to train, and the folder that the page reads. */
export interface Training {
  readonly request: AnyRequest;
  readonly folder: string | null;
}

/** Trains headless, shows it in the terminal, writes weights, curve and results. Answers the exit code. */
export async function train({ request, folder }: Training, options: OutputOptions): Promise<number> {
  const { json, checkpoint = null, profile = null } = options;
  const tuned = options.tune ? fileURLToPath(new URL("../.cache/tuned", import.meta.url)) : null;
  const out = options.out ?? fileURLToPath(new URL(`../out/${request.model}`, import.meta.url));
  const from = options.resume;
  const resume = from === undefined ? null : { file: from, ...(await readResume(from, request)) };
  const logged = options.log ?? null;
  for (const made of [out, tuned, logged]) if (made !== null) mkdirSync(made, { recursive: true });
  const log = logged === null ? null : new TrainLog(logged);

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
    if (resume) console.log(`Going on after epoch ${resume.epoch} of ${showPath(resume.file)}`);
    const onEvent = (event: TrainEvent) => {
      if (event.kind === "progress") log?.add(event.progress);
      show(event, request, view);
    };
    const signal = interrupt.signal;
    const run = await runTraining(request, { folder, out, checkpoint, profile, tuned, resume, signal, onEvent });
    view.stop();
    if (run.result.test) console.log(`\n${testText(run.result.test)}\n`);
    const pathOf = (name: string) => showPath(join(out, name));
    const { weights, curve, predictions } = run.result.files;
    const weightsFile = pathOf(weights);
    const curveFile = curve && pathOf(curve);
    const predictionFiles = predictions.map(pathOf);
    const checkpointFile = checkpoint === null || run.checkpointEpoch === null ? null : showPath(checkpoint);
    const profileFile = profile && showPath(profile);
    console.log(`Weights         ${weightsFile}`);
    if (curveFile) console.log(`Learning curve  ${curveFile}`);
    if (predictionFiles.length > 0) console.log(`Predictions     ${predictionFiles.join(" ")}`);
    if (checkpointFile) console.log(`Checkpoint      ${checkpointFile}, after epoch ${run.checkpointEpoch}`);
    const logFolder = logged && showPath(logged);
    if (logFolder) console.log(`Log             ${logFolder}: scalars.csv, and for tensorboard --logdir ${logFolder}`);
    if (profileFile) console.log(`Profile         ${profileFile}, for https://ui.perfetto.dev`);
    if (json !== undefined) {
      const files = { weightsFile, curveFile, checkpointFile, profileFile, logFolder, predictionFiles };
      writeFileSync(json, resultJson(request, run, { ...files, resumedAfter: resume?.epoch ?? null }));
      console.log(`Results         ${showPath(json)}`);
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
  else if (event.kind === "tune") view.tuning(event.done, event.total);
  else if (event.kind === "compile") view.compiling(event.done, event.total);
  else if (event.kind === "compiled") {
    view.stop();
    console.log(`Compiled in ${(event.compileMs / 1000).toFixed(1)} s\n`);
  } else if (event.kind === "profile") console.log(`${event.table}\n`);
  else if (event.kind === "progress") view.training(event.progress);
  else if (event.kind === "lost") {
    view.stop();
    console.log("The GPU was lost. The training goes on when there is another.");
  } else if (event.kind === "predict") view.predicting(event.done, event.total);
}
