import type { Confusion } from "../src/nn/metrics.ts";
import { showPercent } from "./progress.ts";
import type { TestResult, TrainFacts } from "./trainEvents.ts";
import type { TrainRun } from "./trainRunner.ts";
import { type AnyRequest, stepsPerEpoch, type UnetRequest } from "./unetRequest.ts";

const count = (value: number) => value.toLocaleString("en");

/** Data, model and how it is trained, for a terminal. */
export function factsText(facts: TrainFacts, request: AnyRequest): string {
  const sets = `${count(facts.train)} training and ${count(facts.test)} test images of ${facts.height}x${facts.width}`;
  return [`Data: ${request.data.name}, ${sets}`, "", facts.summary, "", `Training: ${lengthText(request)}`].join("\n");
}

function lengthText(request: AnyRequest): string {
  const { batch, optimizer, learningRate, seed } = request;
  const epochsText = (epochs: number) => `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
  if (request.model === "lenet5") {
    return `${epochsText(request.epochs)} in batches of ${batch}, ${optimizer} at ${learningRate}, seed ${seed}`;
  }
  const { length, size } = request;
  const time = "epochs" in length ? epochsText(length.epochs) : `${length.minutes} min with compiling, epochs`;
  const crops = `crops of ${size}x${size} in batches of ${batch}`;
  return `${time} of ${stepsPerEpoch} steps, ${crops}, ${optimizer} up to ${learningRate}, seed ${seed}`;
}

/** Scores and the confusion matrix, for a terminal. */
export function testText({ loss, accuracy, iou, dice, confusion }: TestResult): string {
  if (iou !== undefined && dice !== undefined) {
    return [
      `Held out: pixel accuracy ${showPercent(accuracy)}, membrane IoU ${iou.toFixed(4)}, Dice ${dice.toFixed(4)}`,
      "",
      "Confusion matrix in pixels (row: truth, column: prediction; 0 cell, 1 membrane)",
      ...confusionRows(confusion),
    ].join("\n");
  }
  const total = confusion.flat().reduce((sum, cell) => sum + cell, 0);
  const right = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  return [
    `Test ${loss === null ? "" : `loss ${loss.toFixed(4)}, `}accuracy ${showPercent(accuracy)} (${count(right)} of ${count(total)})`,
    "",
    "Confusion matrix (row: label, column: answer)",
    ...confusionRows(confusion),
  ].join("\n");
}

/** Aligned; no errors are dots, so that errors are what the eye finds. */
function confusionRows(confusion: Confusion): string[] {
  const width = Math.max(3, ...confusion.flat().map((cell) => `${cell}`.length)) + 1;
  const header = confusion.map((_, label) => `${label}`.padStart(width)).join("");
  const rows = confusion.map((row, label) => {
    const wrong = row.reduce((sum, cell) => sum + cell, 0) - (row[label] ?? 0);
    const cells = row.map((cell) => `${cell || "·"}`.padStart(width)).join("");
    return `${`${label}`.padStart(4)} │${cells} │ ${wrong} wrong`;
  });
  return [`     │${header} │`, `─────┼${"─".repeat(width * confusion.length)}─┼────────`, ...rows];
}

/** Paths of what a training wrote, and the epoch that it went on from. */
export interface ResultFiles {
  readonly weightsFile: string;
  /** Null where there was no step to make. */
  readonly curveFile: string | null;
  /** Null where none was asked for, or no epoch was finished. */
  readonly checkpointFile: string | null;
  /** Null where none was asked for. */
  readonly profileFile: string | null;
  readonly logFolder: string | null;
  readonly resumedAfter: number | null;
  readonly predictionFiles: readonly string[];
}

/** A reading that waited for another comes in right behind it, so times are those of stretches of at least so many ms. */
const shortestStretchMs = 100;

/** Milliseconds of each step, ascending: the mean of the stretch of readings in which it lies. */
function stepTimes(readings: TrainRun["readings"]): number[] {
  const times: number[] = [];
  let stretch = { ms: 0, steps: 0 };
  readings.forEach(({ stepMs, losses }, i) => {
    stretch = { ms: stretch.ms + stepMs * losses.length, steps: stretch.steps + losses.length };
    if (stretch.ms < shortestStretchMs && i < readings.length - 1) return;
    times.push(...new Array<number>(stretch.steps).fill(stretch.ms / stretch.steps));
    stretch = { ms: 0, steps: 0 };
  });
  return times.sort((a, b) => a - b);
}

/** What `--json` writes. */
export function resultJson(request: AnyRequest, run: TrainRun, files: ResultFiles): string {
  const { adapter, facts, readings, result, compileMs } = run;
  const { vendor, architecture, software } = adapter;
  const epochs = readings.flatMap(({ epochEnd }) => (epochEnd ? [epochEnd] : []));
  // A reading stands for the steps since the one before; the first of all stands for the first step.
  const [first, ...rest] = readings;
  const times = stepTimes(rest.length > 0 ? rest : readings);
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const { confusion = null, ...scores } = result.test ?? {};
  const whole = {
    model: request.model,
    data: request.data.name,
    seed: request.seed,
    optimizer: request.optimizer,
    learningRate: request.learningRate,
    batch: request.batch,
    ...(request.model === "unet" ? unetSettings(request) : {}),
    trainExamples: facts.train,
    testExamples: facts.test,
    adapter: { vendor, architecture, software },
    params: facts.params,
    peakBytes: facts.peakBytes,
    flopsPerStep: facts.flopsPerStep,
    dispatchesPerStep: facts.dispatchesPerStep,
    submitsPerStep: result.submitsPerStep,
    compileMs,
    firstStepMs: first?.stepMs ?? null,
    stepMs: { median: times[times.length >> 1] ?? null, min: times[0] ?? null, max: times.at(-1) ?? null },
    imagesPerSecond:
      seconds > 0 ? (facts.examplesPerEpoch * epochs.length) / seconds : (readings.at(-1)?.examplesPerSecond ?? null),
    stopped: result.stopped,
    epochs,
    test: result.test && scores,
    confusion,
    weightsFile: files.weightsFile,
    curveFile: files.curveFile,
    ...(files.checkpointFile === null ? {} : { checkpointFile: files.checkpointFile }),
    ...(files.profileFile === null ? {} : { profileFile: files.profileFile }),
    ...(files.logFolder === null ? {} : { logFolder: files.logFolder }),
    ...(files.resumedAfter === null ? {} : { resumedAfter: files.resumedAfter }),
    ...(request.model === "unet" ? { steps: readings.flatMap(({ losses }) => losses).length } : {}),
    ...(files.predictionFiles.length > 0 ? { predictionFiles: files.predictionFiles } : {}),
  };
  // Rows of the confusion matrix stay on their lines.
  const text = JSON.stringify(whole, null, 2).replace(
    /\[\s+(\d[\d,\s]*?)\s+\]/g,
    (_, row: string) => `[${row.replace(/\s+/g, " ")}]`,
  );
  return `${text}\n`;
}

function unetSettings({ size, base, depth, length, elastic, testTimeAugmentation }: UnetRequest) {
  return { size, base, depth, elastic, minutes: "minutes" in length ? length.minutes : null, testTimeAugmentation };
}
