/**
 * The bench in Node on Dawn, for machines with a GPU and no browser; one file when bundled (vite.config.ts here):
 *
 *     DAWN_NODE=path/to/dawn.node node bench.mjs train [--model NAME ...] [--batch N] [--blocks N] [--json FILE]
 *     DAWN_NODE=path/to/dawn.node node bench.mjs kernels|scale [--only REGEX] [--blocks N] [--json FILE]
 */
import { Command, Option } from "commander";
import { command, outputFile, runMain, wholeNumber } from "../../tools/cli.ts";
import { reportKernels } from "../kernels/report.ts";
import { kernelSweep } from "../kernels/sweep.ts";
import { networkNames } from "../networks/network.ts";
import { reportScale } from "../scale/report.ts";
import { scaleSweep } from "../scale/sweep.ts";
import type { SweepOptions } from "../sweep/events.ts";
import { checkPattern } from "../sweep/pattern.ts";
import { installDawn } from "./dawn.ts";
import { type TrainOptions, trainInNode } from "./headToHead.ts";
import { servePageProcess } from "./pageProcess.ts";
import { sweepInNode } from "./sweep.ts";

type Options = SweepOptions & { readonly json?: string };

let exitCode = 0;

function part(name: string, description: string, blocks: number): Command {
  return command(name, description)
    .name(name)
    .option("--blocks <n>", "timed blocks of each", wholeNumber(1, 1000), blocks)
    .option("--json <file>", "write the rows there", outputFile);
}

function sweepCommand(name: string, description: string, run: (options: Options) => Promise<number>): Command {
  return part(name, description, 3)
    .option("--only <regex>", "the cases to time", checkPattern, "")
    .action(async (options: Options) => {
      installDawn();
      exitCode = await run(options);
    });
}

function trainCommand(): Command {
  return part("train", "Times training steps of the networks of the head-to-head.", 5)
    .addOption(new Option("--model <names...>", "networks").choices(networkNames).default(networkNames, "all"))
    .option("--batch <n>", "images a step (default: each network's own)", wholeNumber(1, 4096))
    .action(async (options: TrainOptions) => {
      installDawn();
      exitCode = await trainInNode(options);
    });
}

async function main(): Promise<number> {
  const program = new Command("bench.mjs").exitOverride();
  program.addCommand(trainCommand());
  program.addCommand(
    sweepCommand("kernels", "Times every kernel family over real shapes.", async (options) =>
      reportKernels(await sweepInNode(kernelSweep, options), options.json),
    ),
  );
  program.addCommand(
    sweepCommand("scale", "Times training steps as a network grows.", async (options) =>
      reportScale(await sweepInNode(scaleSweep, options), options.json),
    ),
  );
  // Started by `train`, once for each network.
  program.addCommand(new Command("page").action(servePageProcess), { hidden: true });
  await program.parseAsync();
  return exitCode;
}

await runMain(main);
// Dawn's threads would keep the process alive.
process.exit();
