/**
 * The bench in Node on Dawn, for machines with a GPU and no browser; one file when bundled (vite.config.ts here):
 *
 *     DAWN_NODE=path/to/dawn.node node bench.mjs kernels|scale [--only REGEX] [--blocks N] [--json FILE]
 */
import { Command } from "commander";
import { command, outputFile, runMain, wholeNumber } from "../../tools/cli.ts";
import { reportKernels } from "../kernels/report.ts";
import { kernelSweep } from "../kernels/sweep.ts";
import { reportScale } from "../scale/report.ts";
import { scaleSweep } from "../scale/sweep.ts";
import type { SweepOptions } from "../sweep/events.ts";
import { installDawn } from "./dawn.ts";
import { sweepInNode } from "./sweep.ts";

type Options = SweepOptions & { readonly json?: string };

async function main(): Promise<number> {
  let exitCode = 0;
  const sweep = (name: string, description: string, run: (options: Options) => Promise<number>) =>
    command(name, description)
      .name(name)
      .option("--only <regex>", "the cases to time", "")
      .option("--blocks <n>", "timed blocks of each case", wholeNumber(1, 1000), 3)
      .option("--json <file>", "write the rows there", outputFile)
      .action(async (options: Options) => {
        exitCode = await run(options);
      });
  const program = new Command("bench.mjs").exitOverride();
  program.addCommand(
    sweep("kernels", "Times every kernel family over real shapes.", async (options) =>
      reportKernels(await sweepInNode(kernelSweep, options), options.json),
    ),
  );
  program.addCommand(
    sweep("scale", "Times training steps as a network grows.", async (options) =>
      reportScale(await sweepInNode(scaleSweep, options), options.json),
    ),
  );
  installDawn();
  await program.parseAsync();
  return exitCode;
}

await runMain(main);
// Dawn's threads would keep the process alive.
process.exit();
