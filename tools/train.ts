/**
 * `npm run train -- lenet5|unet [options]`: trains in a headless browser and shows it in the terminal. Exit code 1 when
 * the training failed, 2 when it could not begin, 130 when Ctrl-C stopped it.
 */
import { Argument } from "commander";
import { CommandError, command, runMain } from "./cli.ts";
import { train } from "./trainCommand.ts";
import { addTrainOptions, resolveRequest, type TrainOptions } from "./trainOptions.ts";
import { addUnetOptions, resolveUnetRequest, type UnetOptions } from "./unetOptions.ts";

await runMain(async () => {
  const program = command("run train", "Trains a model in headless Chromium on WebGPU.")
    .usage("<MODEL> [options]")
    .addArgument(new Argument("<MODEL>", "what to train; its options: MODEL --help").choices(["lenet5", "unet"]));
  // Each model has options of its own, so its name comes before them.
  if (process.argv[2] === "unet") {
    const options = addUnetOptions(program).parse().opts<UnetOptions>();
    return train(resolveUnetRequest(options), options);
  }
  addTrainOptions(program).parse();
  if (program.args[0] === "unet") throw new CommandError("The model comes first: npm run train -- unet [options]");
  const options = program.opts<TrainOptions>();
  return train(await resolveRequest(options), options);
});
