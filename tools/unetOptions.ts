import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CommandError, inputFolder, numberFrom, positiveNumber, wholeNumber } from "./cli.ts";
import { addOutputOptions, type OutputOptions } from "./outputOptions.ts";
import { dataUrl } from "./trainTask.ts";
import { type ImageListing, type UnetRequest, unetLearningRates } from "./unetRequest.ts";

/** What `train -- unet` takes from the command line. */
export interface UnetOptions extends OutputOptions {
  readonly data: string;
  readonly size: number;
  readonly base: number;
  readonly depth: number;
  readonly epochs?: number;
  readonly minutes?: number;
  readonly batch: number;
  readonly learningRate?: number;
  readonly optimizer: "sgd" | "adam";
  readonly seed: number;
  readonly elastic: number;
  readonly tta?: boolean;
}

/** Minutes of a training of which neither epochs nor minutes are given. */
const standardMinutes = 5;

export function addUnetOptions(command: Command): Command {
  command
    .option(
      "--data <DIR|cells>",
      "cells: drawn here; DIR: holds train/image and train/label; the last fifth is held out",
      dataChoice,
      "cells",
    )
    .option("--size <N>", "side of the crops in pixels", wholeNumber(16, 1024), 96)
    .option("--base <N>", "channels of the first level", wholeNumber(1, 256), 8)
    .option("--depth <N>", "times that the image is halved", wholeNumber(1, 6), 3)
    .addOption(
      new Option("--epochs <N>", "so many times 50 steps").argParser(wholeNumber(1, 10_000)).conflicts("minutes"),
    )
    .option("--minutes <N>", `for compiling and training (default: ${standardMinutes})`, positiveNumber)
    .option("--batch <N>", "crops a step", wholeNumber(1, 1024), 4)
    .option("--learning-rate <X>", "highest of one cycle; default: 0.1 for sgd, 0.005 for adam", positiveNumber)
    .addOption(new Option("--optimizer <NAME>", "sgd has momentum 0.9").choices(["sgd", "adam"]).default("adam"))
    .option("--seed <N>", "of the first weights and the crops", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--elastic <PIXELS>", "deform crops: deviation on a grid of 3 x 3 nodes", numberFrom(0, 100), 0)
    .option("--tta", "predict the mean over 8 flips and quarter turns");
  return addOutputOptions(command, "unet", "weights, curve and predictions");
}

function dataChoice(text: string): string {
  if (text === "cells") return text;
  try {
    return inputFolder(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`${error.message} It must be cells, or a folder with train/image and train/label.`);
  }
}

/** The request for the page, and the folder to show it. @throws CommandError on a folder without images and masks */
export function resolveUnetRequest(options: UnetOptions): { request: UnetRequest; folder: string | null } {
  const { data, size, base, depth, epochs, minutes, batch, optimizer, seed, elastic, tta = false } = options;
  const folder = data === "cells" ? null : data;
  const request: UnetRequest = {
    model: "unet",
    data: { name: data, folder: folder === null ? null : listPairs(folder) },
    size,
    base,
    depth,
    length: epochs === undefined ? { minutes: minutes ?? standardMinutes } : { epochs },
    batch,
    optimizer,
    learningRate: options.learningRate ?? unetLearningRates[optimizer],
    seed,
    elastic,
    testTimeAugmentation: tta,
  };
  return { request, folder };
}

function listPairs(folder: string): ImageListing {
  return {
    imageUrl: `${dataUrl}train/image/`,
    maskUrl: `${dataUrl}train/label/`,
    images: listImages(join(folder, "train", "image")),
    masks: listImages(join(folder, "train", "label")),
  };
}

function listImages(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CommandError(`There is no folder ${folder}; images lie in train/image, their masks in train/label.`);
  }
  const images = readdirSync(folder).filter((name) => /\.(png|jpe?g)$/i.test(name));
  if (images.length === 0) throw new CommandError(`${folder} holds no PNG or JPEG.`);
  return images;
}
