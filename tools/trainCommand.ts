import { mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { TrainRequest } from "../demo/request.ts";
import { adapterLine } from "./cli.ts";
import type { TrainEvent, TrainFacts } from "./pages/train.ts";
import { type ProgressView, progressView } from "./progress.ts";
import { resolveRequest, type TrainOptions } from "./trainOptions.ts";
import { resultJson, testText } from "./trainReport.ts";
import { runTraining } from "./trainRunner.ts";

const EXIT_INTERRUPTED = 130;

/** Trains headless, shows it in the terminal, writes weights, curve and results. Answers the exit code. */
export async function train(options: TrainOptions): Promise<number> {
  const { request, folder } = await resolveRequest(options);
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
    const [weightsFile = "", curveFile = ""] = run.result.files.map(({ name }) => showPath(join(out, name)));
    console.log(`Weights         ${weightsFile}`);
    console.log(`Learning curve  ${curveFile}`);
    if (options.json) {
      writeFileSync(options.json, resultJson(request, run, weightsFile, curveFile));
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

function show(event: TrainEvent, request: TrainRequest, view: ProgressView): void {
  if (event.kind === "adapter") console.log(adapterLine(event.adapter));
  else if (event.kind === "facts") console.log(factsText(event.facts, request));
  else if (event.kind === "compile") view.compiling(event.done, event.total);
  else if (event.kind === "compiled") {
    view.stop();
    console.log(`Compiled in ${(event.compileMs / 1000).toFixed(1)} s\n`);
  } else if (event.kind === "progress") view.training(event.progress);
}

function factsText(facts: TrainFacts, { data, batch, epochs, optimizer, learningRate, seed }: TrainRequest): string {
  const count = (value: number) => value.toLocaleString("en");
  const sets = `${count(facts.train)} training and ${count(facts.test)} test images of ${facts.height}x${facts.width}`;
  return [
    `Data: ${data.name}, ${sets}`,
    "",
    facts.summary,
    "",
    `Training: ${epochs} ${epochs === 1 ? "epoch" : "epochs"} in batches of ${batch}, ${optimizer} at ${learningRate}, seed ${seed}`,
  ].join("\n");
}
