import { CsvLog } from "../../src/io/csvLog.ts";
import { TensorBoardLog } from "../../src/io/tensorBoard.ts";
import type { Row } from "./history.ts";

/** A file of the curves: for TensorBoard, whose event files are called so, or for a spreadsheet. */
export interface CurvesFile {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

/** The curves of a training, by the names that `fit` gives its numbers; epochs become steps. */
export function curvesFile(kind: "tensorBoard" | "csv", rows: readonly Row[], stepsPerEpoch: number): CurvesFile {
  const time = Date.now() / 1000;
  const log = kind === "csv" ? new CsvLog() : new TensorBoardLog(time);
  for (const { x, loss, accuracy, valLoss, valAccuracy } of rows) {
    const step = Math.round(x * stepsPerEpoch);
    const numbers = {
      "loss/step": loss,
      "accuracy/step": accuracy,
      "loss/validation": valLoss,
      "accuracy/validation": valAccuracy,
    };
    for (const [name, value] of Object.entries(numbers)) if (value !== null) log.scalar({ name, value, step, time });
  }
  const name = kind === "csv" ? "curves.csv" : `events.out.tfevents.${Math.floor(time)}.wgrad`;
  return { name, content: log.take() };
}
