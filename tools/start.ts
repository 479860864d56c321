/**
 * `npm start [-- options]`: trains LeNet-5 where it can be seen: on the demo page with a display, else in the terminal.
 */
import { CommandError, command, runMain } from "./cli.ts";
import { showDemo } from "./showDemo.ts";
import { train } from "./trainCommand.ts";
import { addTrainOptions, resolveRequest, type TrainOptions } from "./trainOptions.ts";

interface StartOptions extends TrainOptions {
  readonly headless: boolean;
}

/** Whether a window can be opened. */
function hasDisplay(): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

await runMain(async () => {
  const program = command("start", "Trains LeNet-5 in a browser: on a page with a display, else in the terminal.");
  addTrainOptions(program).option("--headless", "train in the terminal, display or not", false).parse();
  const options = program.opts<StartOptions>();
  if (options.headless || !hasDisplay()) return train(await resolveRequest(options), options);
  const file = (["out", "json", "checkpoint", "resume", "profile", "log"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (file) throw new CommandError(`--${file} is for training in the terminal; add --headless, or leave it out.`);
  return showDemo(options);
});
