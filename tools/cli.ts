import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { AdapterFacts } from "../src/gpu/gpu.ts";

/** Wrong input, or a machine that lacks something. */
const EXIT_REFUSED = 2;

/** Ends a command with one line and an exit code of its own. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = EXIT_REFUSED) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A command whose mistakes in usage are one line each. */
export function command(name: string, description: string): Command {
  return new Command(`npm ${name} --`)
    .description(description)
    .configureOutput({ outputError: (line, write) => write(`${line.trimEnd()} (--help shows the usage)\n`) })
    .exitOverride();
}

/** Runs a command to its exit code. Errors are one line on stderr, without a stack. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its line already.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_REFUSED;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    console.error(message.trim().replace(/\s*\n\s*/g, " "));
    process.exitCode = error instanceof CommandError ? error.exitCode : EXIT_REFUSED;
  }
}

/** Parses a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Parses a number from `least` to `most`. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** A file that can be written: its folder is there. */
export function outputFile(path: string): string {
  const file = resolve(path);
  if (existsSync(file) && statSync(file).isDirectory()) throw new InvalidArgumentError("That is a folder.");
  if (!existsSync(dirname(file))) throw new InvalidArgumentError(`There is no folder ${dirname(file)}.`);
  return file;
}

/** A folder that is there or can be made. */
export function outputFolder(path: string): string {
  const folder = resolve(path);
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new InvalidArgumentError("That is a file.");
  return folder;
}

/** A file to read. */
export function inputFile(path: string): string {
  const file = resolve(path);
  if (!existsSync(file)) throw new InvalidArgumentError(`There is no file ${file}.`);
  if (!statSync(file).isFile()) throw new InvalidArgumentError("That is no file.");
  return file;
}

/** A folder to read from. */
export function inputFolder(path: string): string {
  const folder = resolve(path);
  if (!existsSync(folder)) throw new InvalidArgumentError(`There is no folder ${folder}.`);
  if (!statSync(folder).isDirectory()) throw new InvalidArgumentError("That is a file; give the folder that holds it.");
  return folder;
}

/** Which adapter runs the kernels, in a line. */
export function adapterLine({ vendor, architecture, description, software }: AdapterFacts): string {
  const name = [vendor, architecture, description].filter(Boolean).join(" ") || "unknown";
  return `Adapter: ${name} (${software ? "software" : "hardware"})`;
}
