/**
 * The bench in Node on Dawn, for machines with a GPU and no browser; one file when bundled (vite.config.ts here):
 *
 *     DAWN_NODE=path/to/dawn.node node bench.mjs kernels [--only REGEX] [--blocks N] [--json FILE]
 */
import { Command } from "commander";
import { command, outputFile, runMain, wholeNumber } from "../../tools/cli.ts";
import { installDawn } from "./dawn.ts";
import { measureKernels } from "./kernels.ts";

function kernelsCommand(onExit: (code: number) => void): Command {
  return command("kernels", "Times every kernel family over real shapes.")
    .name("kernels")
    .option("--only <regex>", "the cases to time", "")
    .option("--blocks <n>", "timed blocks of each case", wholeNumber(1, 1000), 3)
    .option("--json <file>", "write the rows there", outputFile)
    .action(async (options: { only: string; blocks: number; json?: string }) => onExit(await measureKernels(options)));
}

async function main(): Promise<number> {
  let exitCode = 0;
  const program = new Command("bench.mjs").addCommand(kernelsCommand((code) => (exitCode = code))).exitOverride();
  installDawn();
  await program.parseAsync();
  return exitCode;
}

await runMain(main);
// Dawn's threads would keep the process alive.
process.exit();
