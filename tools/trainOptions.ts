import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { learningRates, standardRequest, type TrainRequest } from "../demo/digits/request.ts";
import { inputFolder, positiveNumber, wholeNumber } from "./cli.ts";
import { fetchMnist } from "./fetchMnist.ts";
import { addOutputOptions, type OutputOptions } from "./outputOptions.ts";
import { dataUrl } from "./trainTask.ts";

/** What `train` and `start` take from the command line. */
export interface TrainOptions extends OutputOptions {
  readonly data: string;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate?: number;
  readonly optimizer: "sgd" | "adam";
  readonly seed: number;
  readonly limit?: number;
}

export function addTrainOptions(command: Command): Command {
  command
    .option(
      "--data <DIR|mnist|digits>",
      "digits: drawn here; mnist: downloaded; DIR: holds four IDX files",
      dataChoice,
      "digits",
    )
    .option("--epochs <N>", "passes over the training set", wholeNumber(1, 10_000), standardRequest.epochs)
    .option("--batch <N>", "examples a step", wholeNumber(1, 65_536), standardRequest.batch)
    .option("--learning-rate <X>", "default: 0.05 for sgd, 0.001 for adam", positiveNumber)
    .addOption(
      new Option("--optimizer <NAME>", "sgd has momentum 0.9")
        .choices(["sgd", "adam"])
        .default(standardRequest.optimizer),
    )
    .option(
      "--seed <N>",
      "of the first weights and the order of the data",
      wholeNumber(0, 2 ** 32 - 1),
      standardRequest.seed,
    )
    .option("--limit <N>", "train on the first N examples", wholeNumber(1, 10_000_000));
  return addOutputOptions(command, "lenet5", "weights and learning curve");
}

function dataChoice(text: string): string {
  if (text === "digits" || text === "mnist") return text;
  try {
    return inputFolder(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(
      `${error.message} It must be digits, mnist, or a folder that holds the four IDX files.`,
    );
  }
}

/** The request for the page, and the folder to show it. Downloads MNIST where that is asked for. */
export async function resolveRequest(options: TrainOptions): Promise<{ request: TrainRequest; folder: string | null }> {
  const { data, epochs, batch, optimizer, seed, limit = null } = options;
  const learningRate = options.learningRate ?? learningRates[optimizer];
  const folder = data === "digits" ? null : data === "mnist" ? await cachedMnist() : data;
  const name = folder === null || data === "mnist" ? data : folder;
  const request: TrainRequest = {
    model: "lenet5",
    data: { name, url: folder === null ? null : dataUrl },
    epochs,
    batch,
    optimizer,
    learningRate,
    seed,
    limit,
  };
  return { request, folder };
}

async function cachedMnist(): Promise<string> {
  const folder = fileURLToPath(new URL("../.cache/mnist", import.meta.url));
  await fetchMnist(folder, { onFile: (name) => console.log(`Downloading ${name} ...`) });
  return folder;
}
