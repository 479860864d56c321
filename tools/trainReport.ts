import type { TrainRequest } from "../demo/request.ts";
import type { Evaluation } from "../src/nn/model.ts";
import { showPercent } from "./progress.ts";
import type { TrainRun } from "./trainRunner.ts";

/** Test loss, accuracy and the confusion matrix, for a terminal. */
export function testText({ loss, accuracy, confusion }: Evaluation): string {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const right = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  const count = (value: number) => value.toLocaleString("en");
  return [
    `Test loss ${loss.toFixed(4)}, accuracy ${showPercent(accuracy)} (${count(right)} of ${count(total)})`,
    "",
    "Confusion matrix (row: label, column: answer)",
    ...confusionRows(confusion),
  ].join("\n");
}

/** Aligned; no errors are dots, so that errors are what the eye finds. */
function confusionRows(confusion: Evaluation["confusion"]): string[] {
  const width = Math.max(3, ...confusion.flat().map((count) => `${count}`.length)) + 1;
  const header = confusion.map((_, label) => `${label}`.padStart(width)).join("");
  const rows = confusion.map((row, label) => {
    const wrong = row.reduce((sum, count) => sum + count, 0) - (row[label] ?? 0);
    const cells = row.map((count) => `${count || "·"}`.padStart(width)).join("");
    return `${`${label}`.padStart(4)} │${cells} │ ${wrong} wrong`;
  });
  return [`     │${header} │`, `─────┼${"─".repeat(width * confusion.length)}─┼────────`, ...rows];
}

/** What `--json` writes. */
export function resultJson(request: TrainRequest, run: TrainRun, weightsFile: string, curveFile: string): string {
  const { adapter, facts, readings, result, compileMs } = run;
  const { vendor, architecture, software } = adapter;
  const epochs = readings.flatMap(({ epochEnd }) => (epochEnd ? [epochEnd] : []));
  // A reading stands for the steps since the one before; the first of all stands for the first step.
  const [first, ...rest] = readings;
  const times = (rest.length > 0 ? rest : readings).flatMap(({ stepMs, losses }) => losses.map(() => stepMs));
  times.sort((a, b) => a - b);
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const whole = {
    model: request.model,
    data: request.data.name,
    seed: request.seed,
    optimizer: request.optimizer,
    learningRate: request.learningRate,
    batch: request.batch,
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
      seconds > 0 ? (facts.train * epochs.length) / seconds : (readings.at(-1)?.examplesPerSecond ?? null),
    stopped: result.stopped,
    epochs,
    test: result.test && { loss: result.test.loss, accuracy: result.test.accuracy },
    confusion: result.test?.confusion ?? null,
    weightsFile,
    curveFile,
  };
  // Rows of the confusion matrix stay on their lines.
  const text = JSON.stringify(whole, null, 2).replace(
    /\[\s+(\d[\d,\s]*?)\s+\]/g,
    (_, row: string) => `[${row.replace(/\s+/g, " ")}]`,
  );
  return `${text}\n`;
}
