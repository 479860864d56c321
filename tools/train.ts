/**
 * `npm run train -- lenet5 [options]`: trains in a headless browser and shows it in the terminal. Exit code 1 when the
 * training failed, 2 when it could not begin, 130 when Ctrl-C stopped it.
 */
import { Argument } from "commander";
import { command, runMain } from "./cli.ts";
import { train } from "./trainCommand.ts";
import { addTrainOptions, type TrainOptions } from "./trainOptions.ts";

await runMain(async () => {
  const program = command("run train", "Trains a model in headless Chromium on WebGPU.").addArgument(
    new Argument("<MODEL>", "what to train").choices(["lenet5"]),
  );
  addTrainOptions(program).parse();
  return train(program.opts<TrainOptions>());
});
