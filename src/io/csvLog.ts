import type { Logger, Scalar } from "./scalars.ts";

/**
 * A training's log as CSV (RFC 4180), a line for each number, for spreadsheets and data frames: `time,step,name,value`,
 * the time in seconds since 1970.
 * @example
 * const log = new CsvLog();
 * log.scalar({ name: "loss", value: 0.5, step: 1, time: 0 });
 * log.take(); // => "time,step,name,value\r\n0,1,loss,0.5\r\n"
 */
export class CsvLog implements Logger {
  #text = "time,step,name,value\r\n";

  /** Adds a line. */
  scalar({ name, value, step, time }: Scalar): void {
    this.#text += `${time},${step},${quoted(name)},${value}\r\n`;
  }

  /** The text since the last call: all of it, with the line of names, at first. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

/** A field with a comma, a quote or a line's end is put into quotes, its own quotes twice. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
