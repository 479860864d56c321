/**
 * `npm run bench`: wgrad and its peers train the same networks side by side in one browser; with `--kernels` the single
 * kernels against what the adapter can do, with `--scale` what a step costs as a network grows. Exit code 1 where something came out wrong, 2 where nothing could be run.
 */
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type EngineName, engineNames } from "../bench/headToHead/engines.ts";
import { runHeadToHead } from "../bench/headToHead/run.ts";
import { runKernels } from "../bench/kernels/run.ts";
import { type NetworkName, networkNames } from "../bench/networks/network.ts";
import { runInNode } from "../bench/node/launch.ts";
import { runScale } from "../bench/scale/run.ts";
import { CommandError, command, outputFile, runMain, wholeNumber } from "./cli.ts";
import { type BrowserName, browserNames } from "./launchDriven.ts";

interface Options {
  readonly peer: readonly EngineName[];
  readonly model: readonly NetworkName[];
  readonly batch?: number;
  readonly blocks?: number;
  readonly json?: string;
  readonly gpu: boolean;
  readonly kernels?: true;
  readonly scale?: true;
  readonly only?: string;
  readonly runtime: BrowserName | "node";
}

const folder = fileURLToPath(new URL("../bench/results", import.meta.url));

/** Parses names, separated by commas, each once. */
function namesFrom<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !known.some((each) => each === name));
    if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(", ")}.`);
    return known.filter((name) => names.includes(name));
  };
}

function benchCommand(): Command {
  return command("run bench", "Trains the same networks with wgrad and its peers side by side, and compares.")
    .addOption(
      new Option("--peer <names>", "engines, separated by commas")
        .argParser(namesFrom(engineNames))
        .default(engineNames, "all"),
    )
    .addOption(
      new Option("--model <names>", "networks, separated by commas")
        .argParser(namesFrom(networkNames))
        .default(networkNames, "all"),
    )
    .option("--batch <n>", "images a step (default: each network's own)", wholeNumber(1, 4096))
    .option("--blocks <n>", "timed blocks (default: 5; with --kernels and --scale 3)", wholeNumber(1, 1000))
    .option("--json <file>", "write the results there too", outputFile)
    .option("--gpu", "use the machine's GPU, not the software adapter", false)
    .option("--kernels", "instead: every kernel family over real shapes")
    .addOption(new Option("--scale", "instead: what a step costs as a network grows").conflicts("kernels"))
    .option("--only <regex>", "the cases of --kernels or --scale to time")
    .addOption(new Option("--runtime <name>", "where to run").choices([...browserNames, "node"]).default("chromium"));
}

async function main(): Promise<number> {
  const program = benchCommand().parse();
  const { peer, model, batch, blocks, json, gpu, kernels, scale, only, runtime } = program.opts<Options>();
  const given = {
    ...(blocks === undefined ? {} : { blocks }),
    ...(json === undefined ? {} : { json }),
  };
  const adapter = gpu ? "hardware" : "software";
  const cases = { ...given, ...(only === undefined ? {} : { only }), adapter, runtime } as const;
  if (kernels) return runKernels(cases);
  if (scale) return runScale(cases);
  if (only !== undefined) {
    throw new CommandError("--only filters the cases of --kernels and --scale; name one of them.");
  }
  const training = { ...(batch === undefined ? {} : { batch }), blocks: 5, ...given };
  if (runtime !== "node") {
    return runHeadToHead({ peers: peer, models: model, ...training, gpu, folder, browser: runtime });
  }
  if (program.getOptionValueSource("peer") === "cli" && peer.some((name) => name !== "wgrad")) {
    throw new CommandError("The peers train in browsers alone; with --runtime node name wgrad, or no engine.");
  }
  return runInNode("train", { model, ...training }, adapter);
}

await runMain(main);
