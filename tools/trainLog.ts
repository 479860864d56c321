import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { CsvLog } from "../src/io/csvLog.ts";
import { TensorBoardLog } from "../src/io/tensorBoard.ts";
import type { Progress } from "../src/nn/fit.ts";
import { logProgress } from "../src/nn/logProgress.ts";

/**
 * A training's log in a folder, written as it goes: an event file for TensorBoard, and `scalars.csv`. A training that goes
 * on adds to what lies there: one more event file, whose points TensorBoard joins, and lines of the CSV.
 */
export class TrainLog {
  readonly #board = new TensorBoardLog();
  readonly #csv = new CsvLog();
  readonly #boardFile: string;
  readonly #csvFile: string;

  constructor(folder: string) {
    this.#boardFile = join(folder, `events.out.tfevents.${Date.now()}.wgrad`);
    this.#csvFile = join(folder, "scalars.csv");
    // The names of its columns are there already.
    if (existsSync(this.#csvFile)) this.#csv.take();
    this.#write();
  }

  add(progress: Progress): void {
    logProgress(this.#board, progress);
    logProgress(this.#csv, progress);
    this.#write();
  }

  #write(): void {
    appendFileSync(this.#boardFile, this.#board.take());
    appendFileSync(this.#csvFile, this.#csv.take());
  }
}
