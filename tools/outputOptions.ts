import type { Command } from "commander";
import { inputFile, outputFile, outputFolder } from "./cli.ts";

/** Where results go, and what a training goes on from. */
export interface OutputOptions {
  readonly out?: string;
  readonly json?: string;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly profile?: string;
  readonly tune?: true;
  readonly log?: string;
}

/** The options that all trainings have. */
export function addOutputOptions(command: Command, model: string, results: string): Command {
  return command
    .option("--out <DIR>", `where ${results} go (default: out/${model})`, outputFolder)
    .option("--json <FILE>", "write the results to this file", outputFile)
    .option("--checkpoint <FILE>", "keep the training in this file at the end of each epoch", outputFile)
    .option("--resume <FILE>", "go on from a checkpoint, with the same options", inputFile)
    .option("--log <DIR>", "write losses, rates and speed there as it trains, for TensorBoard and as CSV", outputFolder)
    .option("--profile <FILE>", "time a step's kernels first; the file opens in Perfetto", outputFile)
    .option("--tune", "time variants of the kernels first, 10 s at most, and keep the fastest for the next time too");
}
